import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skmer.classifiers import VotingClassifierCV
from skmer.io import load, save
from skmer.metrics import uf1_score
from skmer.model_selection import evaluate_loso

GUESS = DummyClassifier(strategy="uniform", random_state=0)


@pytest.fixture
def data():
    """Rows of 8 subjects, each with a large mark of their own, and three classes."""
    rng = np.random.default_rng(0)
    groups, y = np.repeat(np.arange(8), 15), np.tile(["a", "b", "c"], 40)
    X = rng.normal(size=(120, 4))
    X[:, 0] += 1.5 * (np.unique(y, return_inverse=True)[1])
    return X, y, groups


def test_one_that_guesses_has_no_voice_and_a_good_one_has(data):
    X, y, groups = data
    model, tree = LogisticRegression(), LogisticRegression(C=10)
    vote = VotingClassifierCV([("model", model), ("guess", GUESS), ("other", tree)]).fit(X, y, groups=groups)
    assert vote.weights_.tolist() == [1, 0, float(vote.scores_[2] > vote.scores_[0])]
    assert vote.scores_[1] == vote.scores_[0]  # alike odds for all classes change no vote
    alone = VotingClassifierCV([("model", model), ("guess", GUESS)]).fit(X, y, groups=groups)
    np.testing.assert_array_equal(alone.predict_proba(X), model.fit(X, y).predict_proba(X))
    assert list(alone.named_estimators_) == ["model", "guess"]
    both = VotingClassifierCV([("guess", GUESS), ("model", model)]).fit(X, y, groups=groups)
    assert both.weights_.tolist() == [1, 1]
    plain = VotingClassifier([("guess", GUESS), ("model", model)], voting="soft").fit(X, y)
    np.testing.assert_allclose(both.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(both.predict(X), plain.predict(X))


def test_scores_are_pooled_over_folds_of_whole_subjects(data):
    X, y, groups = data
    model = LogisticRegression()
    vote = VotingClassifierCV([("model", model)], cv=8).fit(X, y, groups=groups)
    predicted = np.empty_like(y)
    for subject in range(8):
        own = groups == subject
        predicted[own] = model.fit(X[~own], y[~own]).predict(X[own])
    assert vote.scores_[0] == pytest.approx(uf1_score(y, predicted))
    assert VotingClassifierCV([("model", model)], cv=50).fit(X, y, groups=groups).scores_ == vote.scores_


def test_each_is_tried_beside_those_that_have_joined(data):
    X, y, groups = data
    models = [
        LogisticRegression(C=0.01),
        GUESS,
        KNeighborsClassifier(20),
        DecisionTreeClassifier(random_state=0),
    ]
    vote = VotingClassifierCV([(str(k), model) for k, model in enumerate(models)]).fit(X, y, groups=groups)
    held_out = [
        cross_val_predict(model, X, y, groups=groups, cv=GroupKFold(3), method="predict_proba")
        for model in models
    ]
    joined, best = held_out[0], 0.0
    for k, proba in enumerate(held_out):
        total = joined + proba if k else proba
        score = uf1_score(y, np.array(["a", "b", "c"])[total.argmax(axis=1)])
        assert vote.scores_[k] == pytest.approx(score)
        assert vote.weights_[k] == (score > best)
        joined, best = (total, score) if score > best else (joined, best)
    assert 0 < vote.weights_[1:].sum() < 3


def test_who_knows_the_subjects_scores_only_where_folds_know_them_too(data):
    """A neighbour's label is worth a lot when it is of the same person, and nothing otherwise."""
    X, y, groups = data
    rng = np.random.default_rng(1)
    habit = np.array(["a", "b", "c"])[rng.permutation(8) % 3]
    y = np.where(rng.random(120) < 0.9, habit[groups], y)
    X = np.column_stack([X, 50.0 * rng.permutation(8)[groups]])
    order = rng.permutation(120)
    X, y, groups = X[order], y[order], groups[order]
    voters = [
        ("model", DummyClassifier(strategy="stratified", random_state=0)),
        ("near", KNeighborsClassifier()),
    ]
    leaky, honest = (VotingClassifierCV(voters).fit(X, y, groups=own).scores_[1] for own in (None, groups))
    assert leaky > 0.6 > 0.45 > honest


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers what its fits are given."""

    seen = []

    def fit(self, X, y, sample_weight=None, groups=None):
        self.seen.append((len(y), sample_weight, groups))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.resize(self.classes_, len(X))

    def predict_proba(self, X):
        return np.eye(len(self.classes_))[np.arange(len(X)) % len(self.classes_)]


def test_weights_and_groups_reach_the_inner_fits(data):
    X, y, groups = data
    weights = np.arange(120.0)
    Spy.seen.clear()
    VotingClassifierCV([("spy", Spy())]).fit(X, y, groups=groups, sample_weight=weights)
    assert [n for n, _, _ in Spy.seen] == [120, 75, 75, 90]
    assert all(len(own) == n and given is None for n, own, given in Spy.seen)
    Spy.seen.clear()
    with config_context(enable_metadata_routing=True):
        spy = Spy().set_fit_request(sample_weight=True, groups=True)
        VotingClassifierCV([("spy", spy)]).fit(X, y, groups=groups, sample_weight=weights)
    assert all(len(own) == len(given) == n for n, own, given in Spy.seen)
    assert not set(Spy.seen[1][2]) & set(groups) - set(Spy.seen[1][2])


def test_evaluations_hand_it_the_subjects(data, monkeypatch):
    X, y, groups = data
    seen = []
    folds = VotingClassifierCV._folds
    monkeypatch.setattr(
        VotingClassifierCV, "_folds", lambda self, y, groups: seen.append(groups) or folds(self, y, groups)
    )
    evaluate_loso(VotingClassifierCV([("model", LogisticRegression())]), X, y, groups, n_jobs=1, audit=False)
    assert len(seen) == 8
    assert all(len(np.unique(own)) == 7 for own in seen)


@pytest.mark.parametrize("groups", [None, [0, 0, 0], [0, 1, 1]])
def test_few_rows_leave_everyone_a_voice(groups):
    X, y = np.array([[0.0], [1.0], [2.0]]), ["a", "b", "c"]
    tree = DecisionTreeClassifier()
    vote = VotingClassifierCV([("tree", tree), ("guess", GUESS)]).fit(X, y, groups=groups)
    assert vote.weights_.any()
    assert vote.predict(X).shape == (3,)
    if groups is None:
        assert np.isnan(vote.scores_).all()
        assert vote.weights_.tolist() == [1, 1]


def test_dropped_estimators_and_nested_parameters(data):
    X, y, groups = data
    vote = VotingClassifierCV([("model", LogisticRegression()), ("guess", "drop")]).fit(X, y, groups=groups)
    assert vote.weights_.shape == (1,)
    assert vote.set_params(model__C=3.0).get_params()["model__C"] == 3.0
    assert vote.transform(X).shape == (120, 3)


def test_it_is_saved_and_a_vote_without_a_voter_is_refused(data, tmp_path):
    X, y, groups = data
    vote = VotingClassifierCV([("model", LogisticRegression()), ("guess", GUESS)]).fit(X, y, groups=groups)
    save(vote, tmp_path / "vote.skmer")
    loaded = load(tmp_path / "vote.skmer")
    np.testing.assert_array_equal(loaded.predict_proba(X), vote.predict_proba(X))
    np.testing.assert_array_equal(loaded.scores_, vote.scores_)
    for weights in (np.zeros(2), np.ones(3)):
        vote.weights_ = weights
        with pytest.raises(ValueError, match="weights_"):
            save(vote, tmp_path / "other.skmer")


@pytest.mark.parametrize(
    ("params", "groups", "message"),
    [
        ({"cv": 1}, None, "The 'cv' parameter of VotingClassifierCV must be"),
        ({"n_jobs": "two"}, None, "The 'n_jobs' parameter of VotingClassifierCV must be"),
        ({}, [0, 1], "groups must have one entry per clip, 120, got 2"),
    ],
)
def test_what_it_refuses(data, params, groups, message):
    X, y, _ = data
    with pytest.raises(ValueError, match=message):
        VotingClassifierCV([("model", LogisticRegression())], **params).fit(X, y, groups=groups)


def test_one_class_is_told_by_its_label(data):
    X = data[0]
    with pytest.raises(ValueError, match=r"at least two classes, got one class: \['fear'\]"):
        VotingClassifierCV([("a", DummyClassifier())]).fit(X, ["fear"] * len(X))
