import numpy as np
import pytest

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer

# Scripts that import each other by name, run in processes of their own; they hold no doctests.
collect_ignore_glob = ["bad_inputs/[!t]*.py"]


@pytest.fixture(scope="session")
def clips():
    """Eighty clips of eight subjects, five classes, clear motion."""
    return make_landmark_clips(n_subjects=8, n_clips=80, noise="flow", random_state=0)


@pytest.fixture(scope="session")
def features(clips):
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    X.setflags(write=False)
    return X


@pytest.fixture
def make_clf():
    """Factory of quick classifiers."""
    return lambda **params: DeReGRLClassifier(**{"max_epochs": 3, "random_state": 0, **params})


@pytest.fixture
def views(features):
    """Four slightly different views of every clip."""
    rng = np.random.default_rng(0)
    return (features[:, None] + 1e-3 * rng.standard_normal((len(features), 4, 3, 31, 2))).astype(np.float32)


@pytest.fixture
def same():
    """Whether two classifiers give the same probabilities, bit for bit."""
    return lambda a, b, X: np.array_equal(a.predict_proba(X), b.predict_proba(X))
