import numpy as np
import pytest

from skmer.datasets import MicroExpressionClips, concatenate_clips, make_landmark_clips


def path_clips(n=4, dataset="casme2"):
    frames = np.array([[f"{row}/{name}.jpg" for name in "abc"] for row in range(n)], object)
    target = ["happiness", "others"] * (n // 2)
    return MicroExpressionClips(frames, target, [f"{dataset}/sub{row % 2:02d}" for row in range(n)])


def test_concatenation_joins_sets_and_refuses_shared_subjects():
    first, second = path_clips(), path_clips(dataset="samm")
    both = concatenate_clips([first, second])
    assert len(both) == 8
    assert both.truth is None
    assert set(both.table["dataset"]) == {"casme2", "samm"}
    with pytest.raises(ValueError, match="must not share subjects"):
        concatenate_clips([first, first])
    with pytest.raises(ValueError, match="at least one"):
        concatenate_clips([])
    with pytest.raises(ValueError, match="all hold landmarks"):
        concatenate_clips([first, make_landmark_clips(4, 20, random_state=0)])


def test_concatenation_keeps_the_truth():
    parts = [make_landmark_clips(4, 20, dataset=name, random_state=0) for name in ("casme2", "samm")]
    both = concatenate_clips(parts)
    assert np.array_equal(both.truth.label, both.target)
    assert both.frames.dtype == float
