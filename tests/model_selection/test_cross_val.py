import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, ShuffleSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from skorch.callbacks import EpochTimer

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import _fits, batched_cross_val_predict
from skmer.nn import DeReGRL

# scikit-learn's loop says so of every fold that misses a class, as most folds of this field do.
pytestmark = pytest.mark.filterwarnings("ignore:Number of classes in training fold")


@pytest.fixture(scope="module")
def corpus():
    clips = make_landmark_clips(n_subjects=6, n_clips=60, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips


@pytest.fixture
def both(corpus):
    """Factory: out-of-fold probabilities of scikit-learn's loop and of ours."""
    X, clips = corpus

    def run(clf, X=X, **options):
        options = {"groups": clips.groups, "cv": GroupKFold(2), "method": "predict_proba", **options}
        loop = {name: value for name, value in options.items() if name != "stack_size"}
        loop = cross_val_predict(clf, X, clips.target, **loop)
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
    {"reconstruction": False, "class_weight": None, "horizontal_flip": False, "noise": 0},
    {"schedule": None, "weight_decay": 0, "lr": 1e-3},
    {"batch_size": 64},
    {"channels": ("magnitude", "relative", "edge"), "linear_skip": False, "label_smoothing": 0.1},
    {"head_motion_noise": 0.0, "normalize_motion": False},
    {"optimizer__betas": (0.8, 0.9), "iterator_train__drop_last": False},
]


@pytest.mark.parametrize("options", EVERY_OPTION, ids=lambda options: "-".join(options) or "default")
def test_every_fit_is_an_ordinary_one_to_the_last_bit(both, options):
    loop, ours = both(net(max_epochs=3, **options), n_jobs=2)
    np.testing.assert_array_equal(ours, loop)


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


@pytest.mark.parametrize("options", [{"stack_size": 1}, {"stack_size": 1, "n_jobs": 2}], ids=str)
def test_stacks_and_jobs_do_not_matter(corpus, options):
    X, clips = corpus
    shared = {"groups": clips.groups, "cv": GroupKFold(2), "method": "predict_proba"}
    clf = net(max_epochs=2)
    whole = batched_cross_val_predict(clf, X, clips.target, **shared)
    parts = batched_cross_val_predict(clf, X, clips.target, **shared, **options)
    np.testing.assert_array_equal(parts, whole)


def test_labels_are_those_of_the_loop(corpus):
    X, clips = corpus
    options = {"groups": clips.groups, "cv": GroupKFold(2)}
    loop = cross_val_predict(net(dtype="float64"), X, clips.target, **options)
    assert list(batched_cross_val_predict(net(dtype="float64"), X, clips.target, **options)) == list(loop)


@pytest.fixture
def on_gpu(monkeypatch):
    """Let nets be stacked as on a GPU, unless they have callbacks; list of the stacks' sizes."""
    sizes = []

    def fit_stacked(estimators, data, *, stack_size):
        sizes.append(len(estimators))
        for estimator, (X, y, params) in zip(estimators, data, strict=True):
            estimator.fit(X, y, **params)

    def reason(estimator):
        if not isinstance(estimator, DeReGRLClassifier):
            return f"{type(estimator).__name__} is no net"
        return "callbacks is set" if estimator.callbacks else None

    monkeypatch.setattr(_fits, "fit_stacked", fit_stacked)
    monkeypatch.setattr(_fits, "stacking_reason", reason)
    monkeypatch.setattr(_fits, "stack_size_of", lambda estimator: 1 if reason(estimator) else 128)
    monkeypatch.setattr(_fits, "_is_on_gpu", lambda model: True)
    return sizes


def test_nets_on_a_gpu_are_fitted_in_stacks(both, corpus, on_gpu):
    loop, stacked = both(net(max_epochs=2), cv=GroupKFold(3), stack_size=2)
    np.testing.assert_array_equal(stacked, loop)
    assert on_gpu == [3]
    flat = corpus[0].reshape(len(corpus[0]), -1)[:, 62:]
    pipe = make_pipeline(StandardScaler(), net(graph="generic", max_epochs=2))
    loop, stacked = both(pipe, X=flat, cv=GroupKFold(3))
    np.testing.assert_array_equal(stacked, loop)
    assert on_gpu == [3, 3]


@pytest.mark.parametrize(
    ("clf", "reason"),
    [
        (net(callbacks=[EpochTimer()], max_epochs=2), "callbacks is set"),
        (SVC(probability=True, random_state=0), "SVC is no net"),
    ],
    ids=["callbacks", "no net"],
)
@pytest.mark.filterwarnings("ignore:The `probability` parameter")
def test_on_a_gpu_a_warning_says_what_does_not_train_in_stacks(both, corpus, on_gpu, clf, reason):
    X = corpus[0] if isinstance(clf, DeReGRLClassifier) else corpus[0].reshape(len(corpus[0]), -1)
    with pytest.warns(
        UserWarning, match=f"the nets are trained one after the other, since {reason}"
    ) as caught:
        loop, ours = both(clf, X=X)
    assert [w.filename for w in caught if "one after" in str(w.message)] == [__file__]
    np.testing.assert_array_equal(ours, loop)
    assert on_gpu == []


def test_on_a_cpu_there_is_no_warning(both):
    loop, ours = both(net(callbacks=[EpochTimer()], max_epochs=2))
    np.testing.assert_array_equal(ours, loop)


@pytest.mark.parametrize(
    "clf",
    [LogisticRegression(), make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))],
    ids=["classifier", "pipeline"],
)
def test_any_classifier_will_do(both, corpus, clf):
    loop, ours = both(clf, X=corpus[0].reshape(len(corpus[0]), -1), cv=LeaveOneGroupOut(), n_jobs=2)
    np.testing.assert_array_equal(ours, loop)


def test_fit_parameters_are_split_with_the_clips(corpus):
    X, clips = corpus
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    weight = np.random.default_rng(0).uniform(size=len(X))
    params = {"logisticregression__sample_weight": weight}
    args = (pipe, X.reshape(len(X), -1), clips.target)
    options = {"groups": clips.groups, "cv": GroupKFold(2), "method": "predict_proba", "params": params}
    expected = cross_val_predict(*args, **options)
    np.testing.assert_array_equal(batched_cross_val_predict(*args, **options), expected)
    plain = batched_cross_val_predict(*args, **options | {"params": None})
    assert not np.allclose(plain, expected)


class OwnNet(DeReGRL):
    """A module that the compiled loops do not know."""


@pytest.mark.parametrize(
    "own", [{"module": OwnNet}, {"optimizer": torch.optim.Adafactor}], ids=["module", "optimizer"]
)
def test_modules_and_optimizers_of_ones_own(both, own):
    loop, stack = both(net(**own, max_epochs=2))
    np.testing.assert_array_equal(stack, loop)


def test_wrong_arguments_are_refused(corpus):
    X, clips = corpus
    with pytest.raises(ValueError, match=r"method='predict_proba' needs an estimator .* got RidgeClassifier"):
        batched_cross_val_predict(RidgeClassifier(), X, clips.target, method="predict_proba")
    with pytest.raises(ValueError, match="stack_size must be 'auto' or a positive number of nets, got 0"):
        batched_cross_val_predict(net(), X, clips.target, stack_size=0)
    with pytest.raises(ValueError, match="cv must hold out every clip exactly once"):
        batched_cross_val_predict(net(), X, clips.target, cv=ShuffleSplit(3, random_state=0))
    with pytest.raises(ValueError, match="method must be one of"):
        batched_cross_val_predict(net(), X, clips.target, method="transform")
    nested = [[[label]] for label in clips.target]
    with pytest.raises(ValueError, match="y should be a 1d array, a value for every clip"):
        batched_cross_val_predict(net(), X, nested)
    with pytest.raises(ValueError, match="y should be a 1d array"):
        batched_cross_val_predict(net(), X, np.stack([clips.target, clips.target], axis=1))


def test_labels_and_subjects_in_a_table(corpus):
    X, clips = corpus
    columns = pd.DataFrame({"subject": clips.groups}), pd.DataFrame({"label": clips.target})
    options = {"cv": GroupKFold(2)}
    usual = batched_cross_val_predict(net(), X, clips.target, groups=clips.groups, **options)
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        found = batched_cross_val_predict(net(), X, columns[1], groups=columns[0], **options)
    np.testing.assert_array_equal(found, usual)
