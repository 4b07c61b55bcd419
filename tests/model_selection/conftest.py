import numpy as np
import pytest


@pytest.fixture
def make_data():
    """Factory of (X, y, groups): subjects of unequal size that miss classes, and one feature that tells."""

    def make(n_clips=60, n_subjects=7, n_features=4, seed=0):
        rng = np.random.default_rng(seed)
        y = rng.choice(["disgust", "happiness", "others"], n_clips, p=[0.3, 0.2, 0.5])
        subjects = rng.integers(n_subjects, size=n_clips) % rng.integers(1, n_subjects + 1, size=n_clips)
        X = rng.normal(size=(n_clips, n_features))
        X[:, 0] += 2.0 * (y == "others") - 2.0 * (y == "disgust")
        return X, y, np.char.add("lab/s", subjects.astype(str))

    return make
