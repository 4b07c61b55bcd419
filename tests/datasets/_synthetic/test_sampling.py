import numpy as np
import pytest

from skmer.datasets._synthetic._sampling import draw_plan, largest_remainder, numpy_generator, subject_sizes

CASME2 = {"disgust": 64, "happiness": 32, "others": 99, "repression": 27, "surprise": 25}


def plan(dataset="casme2", n_subjects=26, n_clips=247, amplitude=(0.5, 2.5), seed=0):
    return draw_plan(dataset, n_subjects, n_clips, amplitude, numpy_generator(seed))


@pytest.mark.parametrize("seed", range(3))
def test_class_counts_and_subject_sizes_are_those_of_casme2(seed):
    drawn = plan(seed=seed)
    names, counts = np.unique(drawn.label, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == CASME2
    sizes = np.bincount(drawn.subject)
    assert (len(sizes), sizes.min(), sizes.max(), sizes.sum()) == (26, 2, 34, 247)
    missing = [len(set(drawn.label[drawn.subject == subject])) < 5 for subject in range(26)]
    assert np.mean(missing) > 0.75


@pytest.mark.parametrize(("n_subjects", "n_clips"), [(2, 5), (12, 120), (30, 40), (27, 136), (5, 5)])
def test_other_sizes_have_every_subject_and_class(n_subjects, n_clips):
    for dataset in ("casme2", "samm"):
        drawn = plan(dataset, n_subjects, n_clips)
        assert len(drawn.label) == n_clips
        assert len(set(drawn.label)) == 5
        assert set(drawn.subject) == set(range(n_subjects))
    assert subject_sizes(n_subjects, n_clips).sum() == n_clips


def test_largest_remainder_sums_and_keeps_the_least():
    assert largest_remainder([1, 1, 1], 10).tolist() == [4, 3, 3]
    assert largest_remainder([1000, 1, 1], 10, at_least=1).tolist() == [8, 1, 1]


def test_amplitudes():
    drawn = plan(n_clips=1000)
    onset, apex, offset = drawn.amplitude.T
    assert not onset.any()
    assert 0.5 <= apex.min() < 0.55
    assert 2.45 < apex.max() <= 2.5
    assert (offset / apex).min() >= 0
    assert 0.28 < (offset / apex).max() <= 0.3
    np.testing.assert_allclose(np.linalg.norm(drawn.displacement, axis=3).max(axis=2), drawn.amplitude)


def test_one_sided_movements_have_their_share():
    drawn = plan(n_subjects=10, n_clips=4000)
    sides = np.array([movement.side for movement in drawn.movement])
    for name, share in {
        "disgust": 0.22,
        "happiness": 0.41,
        "surprise": 0.56,
        "repression": 0,
        "others": 0.06,
    }.items():
        assert np.mean(sides[drawn.label == name] != "both") == pytest.approx(share, abs=0.07)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "smic"}, r"dataset must be one of \['casme2', 'casme3', .*\], got 'smic'"),
        ({"n_subjects": 1}, "n_subjects must be an integer of at least 2, got 1"),
        ({"n_subjects": 2.0}, "n_subjects must be an integer"),
        ({"n_clips": 4}, "n_clips must be an integer of at least 5"),
        ({"n_subjects": 9, "n_clips": 8}, "n_clips must be an integer of at least 9"),
        ({"amplitude": (0, 1)}, "amplitude must be a pair"),
        ({"amplitude": 2}, "amplitude must be a pair"),
        ({"amplitude": (3, 1)}, "amplitude must be a pair"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        plan(**({"n_subjects": 3, "n_clips": 20} | changes))
