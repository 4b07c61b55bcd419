import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, ShuffleSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochTimer

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import batched_cross_val_predict
from skmer.nn import DeReGRL

# scikit-learn's loop says so of every fold that misses a class, as most folds of this field do.
pytestmark = pytest.mark.filterwarnings("ignore:Number of classes in training fold")


@pytest.fixture(scope="module")
def corpus():
    clips = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips


@pytest.fixture
def both(corpus):
    """Factory: out-of-fold probabilities of the loop and of the stack."""
    X, clips = corpus

    def run(clf, X=X, **options):
        options = {"groups": clips.groups, "cv": GroupKFold(2), "method": "predict_proba", **options}
        loop = cross_val_predict(clf, X, clips.target, **options)
        return loop, batched_cross_val_predict(clf, X, clips.target, **options)

    return run


def net(**params):
    return DeReGRLClassifier(**{"max_epochs": 30, "random_state": 0, "batch_size": 20, **params})


EVERY_OPTION = [
    {},
    {"dropout": 0.3},
    {"random_state": 7, "n_actions": 2, "n_channels": 8, "n_layers": 1},
    {"adjacency": "learned", "relations": "full", "activation": "gelu"},
    {"adjacency": "full", "relations": "component", "activation": "tanh"},
    {"action_softmax": "actions", "weight_norm": "l2", "weight_sigmoid": False, "fusion": "sum"},
    {"centers": "learned", "balance": "absolute", "loss_reduction": "sum"},
    {"decomposition": False, "reconstruction": False},
    {"reconstruction": False, "class_weight": None, "mirror": False, "noise": 0},
    {"schedule": None, "weight_decay": 0, "lr": 1e-3},
    {"batch_size": 64},
    {"channels": ("magnitude", "relative", "edge"), "linear_path": False, "label_smoothing": 0.1},
    {"rigid_noise": 0.0, "unit_rms": False},
    {"optimizer__betas": (0.8, 0.9), "iterator_train__drop_last": False},
]


@pytest.mark.filterwarnings("ignore:the nets are trained one after the other")
@pytest.mark.parametrize("options", EVERY_OPTION, ids=lambda options: "-".join(options) or "default")
def test_the_stack_is_the_loop(both, options):
    loop, stack = both(net(dtype="float64", **options))
    np.testing.assert_allclose(stack, loop, atol=1e-6)


@pytest.mark.parametrize("options", EVERY_OPTION[-4:], ids=lambda options: "-".join(options))
def test_compiled_loops_are_autograd(corpus, monkeypatch, options):
    X, clips = corpus
    compiled = net(dtype="float64", max_epochs=10, **options).fit(X, clips.target)
    monkeypatch.setattr("skmer.classifiers._net.is_compiled", lambda net: False)
    monkeypatch.setattr("skmer.training._stack.is_compiled", lambda net: False)
    slow = net(dtype="float64", max_epochs=10, **options).fit(X, clips.target)
    np.testing.assert_allclose(slow.predict_proba(X), compiled.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(slow.history[:, "train_loss"], compiled.history[:, "train_loss"], atol=1e-6)


def test_single_precision_agrees_too(both):
    loop, stack = both(net(max_epochs=10))
    np.testing.assert_allclose(stack, loop, atol=1e-4)


def test_folds_that_miss_a_class_or_have_fewer_batches(both, corpus):
    loop, stack = both(net(dtype="float64", max_epochs=5), cv=LeaveOneGroupOut())
    np.testing.assert_allclose(stack, loop, atol=1e-6)
    rare = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0).target.copy()
    X, clips = corpus
    rare[:] = np.where(clips.groups == clips.groups[0], rare, np.where(rare == "surprise", "others", rare))
    options = {"groups": clips.groups, "cv": LeaveOneGroupOut(), "method": "predict_proba"}
    proba = batched_cross_val_predict(net(max_epochs=2), X, rare, **options)
    np.testing.assert_allclose(proba.sum(1), 1)


def test_pipelines_learn_their_steps_on_the_training_rows(both, corpus):
    flat = corpus[0].reshape(len(corpus[0]), -1)[:, 62:]
    pipe = make_pipeline(StandardScaler(), net(graph="generic", dtype="float64", max_epochs=3))
    loop, stack = both(pipe, X=flat)
    np.testing.assert_allclose(stack, loop, atol=1e-6)


def test_stateless_steps_run_once(both, corpus, monkeypatch):
    calls = []
    transform = LandmarkGraphTransformer.transform
    monkeypatch.setattr(
        LandmarkGraphTransformer, "transform", lambda self, X: calls.append(len(X)) or transform(self, X)
    )
    X, clips = corpus
    pipe = make_pipeline(LandmarkGraphTransformer(), net(max_epochs=2))
    options = {"groups": clips.groups, "cv": GroupKFold(2), "method": "predict_proba"}
    stack = batched_cross_val_predict(pipe, clips.frames, clips.target, **options)
    assert calls == [60]
    direct = batched_cross_val_predict(pipe[-1], X, clips.target, **options)
    np.testing.assert_array_equal(stack, direct)


@pytest.mark.parametrize("options", [{"chunk_size": 1}, {"chunk_size": 1, "n_jobs": 2}], ids=str)
def test_chunks_and_jobs_do_not_matter(corpus, options):
    X, clips = corpus
    shared = {"groups": clips.groups, "cv": GroupKFold(2), "method": "predict_proba"}
    clf = net(max_epochs=2, dtype="float64")
    whole = batched_cross_val_predict(clf, X, clips.target, **shared)
    parts = batched_cross_val_predict(clf, X, clips.target, **shared, **options)
    np.testing.assert_allclose(parts, whole, atol=1e-9)


def test_labels_are_those_of_the_loop(corpus):
    X, clips = corpus
    options = {"groups": clips.groups, "cv": GroupKFold(2)}
    loop = cross_val_predict(net(dtype="float64"), X, clips.target, **options)
    assert list(batched_cross_val_predict(net(dtype="float64"), X, clips.target, **options)) == list(loop)


def test_what_cannot_be_stacked_is_looped_over_with_a_reason(both):
    with pytest.warns(UserWarning, match="one after the other, since callbacks is set"):
        loop, stack = both(net(callbacks=[EpochTimer()], max_epochs=3))
    np.testing.assert_array_equal(stack, loop)


class OwnNet(DeReGRL):
    """A module that the stack knows nothing of."""


@pytest.mark.parametrize(
    "own", [{"module": OwnNet}, {"optimizer": torch.optim.Adafactor}], ids=["module", "optimizer"]
)
def test_modules_and_optimizers_of_ones_own_are_looped_over(both, own):
    with pytest.warns(UserWarning, match="one after the other, since"):
        loop, stack = both(net(**own, max_epochs=2))
    np.testing.assert_array_equal(stack, loop)


def test_wrong_arguments_are_refused(corpus):
    X, clips = corpus
    with pytest.raises(ValueError, match=r"estimator must be a net .* got LogisticRegression"):
        batched_cross_val_predict(LogisticRegression(), X, clips.target)
    with pytest.raises(ValueError, match="cv must hold out every clip exactly once"):
        batched_cross_val_predict(net(), X, clips.target, cv=ShuffleSplit(3, random_state=0))
    with pytest.raises(ValueError, match="method must be one of"):
        batched_cross_val_predict(net(), X, clips.target, method="transform")
