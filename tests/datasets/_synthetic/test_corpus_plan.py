import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.svm import SVC

from skmer.datasets import make_landmark_clips
from skmer.datasets._synthetic._corpus_plan import (
    SubjectEffects,
    blend,
    draw_plan,
    flip_labels,
    largest_remainder,
    numpy_generator,
    smooth_fields,
    subject_sizes,
    vary,
)
from skmer.datasets._synthetic._expressions import class_table, make_movement


def corpus(n_clips=300, n_subjects=30, **parameters):
    return make_landmark_clips(n_subjects, n_clips, noise=0.0, head_motion=0, random_state=0, **parameters)


def accuracy(clips):
    moved = clips.truth.displacement[:, 1].reshape(len(clips), -1)
    predicted = cross_val_predict(
        SVC(C=10), moved / moved.std(), clips.target, groups=clips.groups, cv=GroupKFold(5)
    )
    return np.mean(predicted == clips.target)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("class_sep", (1, 0.6, 0)),
        ("flip_y", (0, 0.3, 1)),
        ("subject_effects", (0, 0.7, 2)),
        ("within_class_variation", (0, 0.7, 2)),
    ],
)
def test_each_makes_a_corpus_harder(name, values):
    scores = [accuracy(corpus(**{name: value})) for value in values]
    assert scores[0] - 0.03 > scores[1] > scores[2] + 0.03


@pytest.mark.parametrize("name", ["flip_y", "subject_effects", "within_class_variation", "class_sep"])
def test_none_changes_who_is_there_and_how_much_they_move(name):
    plain, varied = corpus(), corpus(**{name: 0.5})
    assert np.array_equal(plain.groups, varied.groups)
    assert np.array_equal(plain.truth.label, varied.truth.label)
    np.testing.assert_array_equal(plain.truth.amplitude, varied.truth.amplitude)
    largest = np.linalg.norm(varied.truth.displacement, axis=3).max(axis=2)
    np.testing.assert_allclose(largest, varied.truth.amplitude)
    np.testing.assert_array_equal(varied.frames, varied.truth.points)


def test_flipped_labels_keep_their_counts_and_the_truth():
    plain, flipped = corpus(), corpus(flip_y=0.4)
    assert sorted(plain.target) == sorted(flipped.target)
    assert np.array_equal(flipped.truth.label, plain.target)
    np.testing.assert_array_equal(plain.frames, flipped.frames)
    label = np.repeat(["a", "b", "c", "d"], 2500)
    dealt = flip_labels(label, 0.4, np.random.default_rng(0))
    assert np.mean(dealt != label) == pytest.approx(0.4 * 0.75, abs=0.02)


def test_a_blend_is_the_weighted_sum_and_has_the_units_of_both():
    smile, frown = make_movement((12,), (1.0,), "left"), make_movement((4, 12), (1.0, 0.5), "both")
    mixed = blend(smile, frown, 0.75)
    expected = 0.75 * smile.field + 0.25 * frown.field
    np.testing.assert_allclose(mixed.field, expected / np.linalg.norm(expected, axis=1).max())
    assert set(mixed.units) == {4, 12}
    first, second = (dict(zip(one.units, one.strengths, strict=True)) for one in (mixed, frown))
    assert first[12] / first[4] == pytest.approx(
        (0.75 * smile.strengths[0] + 0.25 * second[12]) / (0.25 * second[4])
    )
    assert set(blend(smile, frown, 0).units) == {4, 12}
    assert blend(smile, frown, 1).units == (12,)
    np.testing.assert_allclose(blend(smile, frown, 0).field, frown.field)


def test_variation_has_the_stated_size():
    smile, rng = make_movement((12,), (1.0,), "both"), np.random.default_rng(0)
    turns = []
    for _ in range(400):
        field = vary(smile, 0.3, rng).field
        turn = (field[48] @ [1, 1j]) / (smile.field[48] @ [1, 1j])
        turns.append(np.angle(turn))
    assert np.std(turns) == pytest.approx(0.3, abs=0.06)  # the added movement, .09 of the rms, included
    assert abs(np.mean(turns)) < 0.06


def test_smooth_fields_are_smooth_and_of_unit_rms():
    fields = smooth_fields((200,), np.random.default_rng(0))
    np.testing.assert_allclose(np.mean(fields**2, axis=(1, 2)), 1)
    assert np.corrcoef(fields[:, 50, 0], fields[:, 51, 0])[0, 1] > 0.9
    assert abs(np.corrcoef(fields[:, 17, 0], fields[:, 8, 0])[0, 1]) < 0.25


def test_a_subject_keeps_its_effects():
    subject_effects = SubjectEffects(1.0, 2, np.random.default_rng(0))
    smile = make_movement((6, 12), (1.0, 1.0), "both")

    def shown(subject, seed):
        return subject_effects.draw(subject, [smile], np.array([1.0]), np.random.default_rng(seed))

    np.testing.assert_array_equal(shown(0, 0).field, shown(0, 1).field)
    ratio = [np.divide(*shown(subject, 0).strengths) for subject in (0, 1)]
    assert abs(np.log(ratio[0] / ratio[1])) > 0.1
    assert np.abs(shown(0, 0).field - shown(1, 0).field).max() > 0.1


def test_people_prefer_units_and_sides():
    def entropy(clips):
        """Mean entropy over subjects of what positive clips show."""
        found = []
        for subject in set(clips.groups):
            rows = (clips.groups == subject) & (clips.target == "positive")
            shown = [
                f"{unit}{side}"
                for unit, side in zip(clips.truth.units[rows], clips.truth.side[rows], strict=True)
            ]
            if len(shown) > 20:
                share = np.unique(shown, return_counts=True)[1] / len(shown)
                found.append(-np.sum(share * np.log(share)))
        return np.mean(found)

    plain, peculiar = (corpus(900, 8, n_classes=3, subject_effects=effects) for effects in (0.0, 1.5))
    assert entropy(peculiar) < entropy(plain) - 0.2


@pytest.mark.parametrize(
    ("dataset", "n_classes", "names"),
    [
        ("casme2", None, 5),
        ("casme2", 3, ["negative", "positive", "surprise"]),
        ("samm", 3, ["negative", "positive", "surprise"]),
        ("samm", 7, ["anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise"]),
        ("casme3", None, ["anger", "disgust", "fear", "happiness", "others", "sadness", "surprise"]),
        ("casme3", 3, ["negative", "positive", "surprise"]),
        ("megc2019", None, ["negative", "positive", "surprise"]),
    ],
)
def test_number_of_classes(dataset, n_classes, names):
    clips = corpus(120, 10, dataset=dataset, n_classes=n_classes)
    assert len(clips.class_names) == names if isinstance(names, int) else clips.class_names == names
    for expression in class_table(dataset, n_classes).values():
        assert sum(expression.units.values()) == pytest.approx(1)
        assert 0 <= expression.one_sided <= 1


def test_counts_of_merged_classes_add_up():
    counts = {name: expression.count for name, expression in class_table("casme2", 3).items()}
    assert counts == {"negative": 91, "positive": 32, "surprise": 25}
    counts = {name: expression.count for name, expression in class_table("megc2019").items()}
    assert counts == {"negative": 250, "positive": 109, "surprise": 83}


def test_without_an_offset_its_frame_is_the_onset():
    clips = make_landmark_clips(5, 30, offset=False, random_state=0)
    np.testing.assert_array_equal(clips.frames[:, 2], clips.frames[:, 0])
    np.testing.assert_array_equal(clips.truth.points[:, 2], clips.truth.points[:, 0])
    assert not clips.truth.amplitude[:, 2].any()
    assert not clips.truth.displacement[:, 2].any()
    whole = make_landmark_clips(5, 30, random_state=0)
    np.testing.assert_array_equal(clips.frames[:, :2], whole.frames[:, :2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_sep": 1.1}, "class_sep must be a number from 0 to 1, got 1.1"),
        ({"flip_y": -0.1}, "flip_y must"),
        ({"subject_effects": -1}, "subject_effects must"),
        ({"within_class_variation": "much"}, "within_class_variation must"),
        ({"within_class_variation": True}, "within_class_variation must"),
        ({"n_classes": 4}, r"n_classes must be one of \[3, 5\] for dataset='casme2', got 4"),
        ({"dataset": "casme3", "n_classes": 5}, r"n_classes must be one of \[3, 7\]"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make_landmark_clips(4, 20, **changes)


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
        ({"n_subjects": 1}, r"n_subjects must be an integer of at least 2, below 2\*\*31, got 1"),
        ({"n_subjects": 2.0}, "n_subjects must be an integer"),
        ({"n_clips": 4}, r"n_clips must be an int in the range \[5, "),
        ({"n_subjects": 9, "n_clips": 8}, r"n_clips must be an int in the range \[9, "),
        ({"amplitude": (0, 1)}, "amplitude must be a pair"),
        ({"amplitude": 2}, "amplitude must be a pair"),
        ({"amplitude": (3, 1)}, "amplitude must be a pair"),
    ],
)
def test_bad_plans_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        plan(**({"n_subjects": 3, "n_clips": 20} | changes))
