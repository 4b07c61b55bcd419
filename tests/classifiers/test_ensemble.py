import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.io import load, save
from skmer.model_selection import batched_cross_val_predict


@pytest.fixture
def make_net():
    return lambda **params: DeReGRLClassifier(**{"max_epochs": 3, "n_channels": 8, **params})


@pytest.fixture
def make_ensemble(make_net):
    def make(n_estimators=3, random_state=0, n_jobs=None, **params):
        return SeedEnsemble(make_net(**params), n_estimators, random_state=random_state, n_jobs=n_jobs)

    return make


def test_the_first_is_the_net_alone(features, clips, make_ensemble, make_net):
    ensemble = make_ensemble().fit(features, clips.target)
    alone = make_net(random_state=0).fit(features, clips.target)
    np.testing.assert_array_equal(ensemble.action_weights(features)[0], alone.action_weights(features))
    np.testing.assert_array_equal(ensemble.action_maps(features)[0], alone.action_maps(features))
    assert ensemble.estimators_[0].history[:, "train_loss"] == alone.history[:, "train_loss"]
    assert ensemble.action_weights(features).shape == (3, len(features), 9)
    one = make_ensemble(n_estimators=1).fit(features, clips.target)
    np.testing.assert_array_equal(one.predict_proba(features), alone.predict_proba(features))


def test_seeds_are_those_of_the_members_of_version_0_1(make_ensemble, features, clips):
    ensemble = make_ensemble(max_epochs=1).fit(features, clips.target)
    generator = np.random.RandomState(0)
    generator.randint(2**31 - 1, size=4)
    want = [0, *generator.randint(2**31 - 1, size=2)]
    assert [net.random_state for net in ensemble.estimators_] == want


def test_probabilities_are_the_mean_of_fits_with_the_members_seeds(features, clips, make_ensemble, make_net):
    ensemble = make_ensemble().fit(features, clips.target)
    seeds = [net.random_state for net in ensemble.estimators_]
    assert len(set(seeds)) == 3
    alone = [
        make_net(random_state=seed).fit(features, clips.target).predict_proba(features) for seed in seeds
    ]
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    np.testing.assert_array_equal(ensemble.predict_proba(features), sum(alone) / 3)
    want = ensemble.classes_[ensemble.predict_proba(features).argmax(axis=1)]
    assert ensemble.predict(features).tolist() == want.tolist()


@pytest.mark.parametrize("params", [{}, {"activation": "gelu"}], ids=["compiled", "stacked"])
def test_the_result_does_not_depend_on_the_jobs(features, clips, make_ensemble, params):
    one, two = (
        make_ensemble(n_jobs=n, max_epochs=2, **params).fit(features, clips.target) for n in (None, 2)
    )
    np.testing.assert_array_equal(one.predict_proba(features), two.predict_proba(features))


def test_nets_that_are_not_compiled_are_stacked_to_rounding(features, clips, make_ensemble, make_net):
    params = {"activation": "gelu", "dropout": 0.2, "dtype": "float64"}
    ensemble = make_ensemble(**params).fit(features, clips.target)
    for net in ensemble.estimators_:
        alone = make_net(random_state=net.random_state, **params).fit(features, clips.target)
        np.testing.assert_allclose(net.predict_proba(features), alone.predict_proba(features), atol=1e-9)
        assert len(net.history) == 3


def test_seed_of_the_net_where_the_ensemble_has_none(features, clips, make_ensemble):
    own = make_ensemble(random_state=None).set_params(estimator__random_state=0, estimator__max_epochs=1)
    want = make_ensemble(random_state=0, max_epochs=1).fit(features, clips.target)
    np.testing.assert_array_equal(
        own.fit(features, clips.target).predict_proba(features), want.predict_proba(features)
    )
    of_a_generator = make_ensemble(random_state=np.random.RandomState(0), max_epochs=1)
    seeds = [net.random_state for net in of_a_generator.fit(features, clips.target).estimators_]
    assert len(set(seeds)) == 3


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.SGD])
def test_more_epochs_reach_every_net(features, clips, make_ensemble, optimizer):
    ensemble = make_ensemble(schedule=None, max_epochs=2, optimizer=optimizer)
    ensemble.partial_fit(features, clips.target)
    before = [net.predict_proba(features) for net in ensemble.estimators_]
    ensemble.set_params(estimator__lr=2e-2).partial_fit(features, clips.target)
    for net, old in zip(ensemble.estimators_, before, strict=True):
        assert np.abs(net.predict_proba(features) - old).max() > 1e-5
        assert net.lr == 2e-2 and len(net.history) == 4


def test_warm_start(features, clips, make_ensemble):
    ensemble = make_ensemble(warm_start=True).fit(features, clips.target).fit(features, clips.target)
    assert [len(net.history) for net in ensemble.estimators_] == [6, 6, 6]
    ensemble.set_params(n_estimators=2).fit(features, clips.target)
    assert [len(net.history) for net in ensemble.estimators_] == [3, 3]


def test_a_file_holds_all_nets(features, clips, make_ensemble, tmp_path):
    ensemble = make_ensemble().fit(features, clips.target)
    save(ensemble, tmp_path / "ensemble.skmer")
    again = load(tmp_path / "ensemble.skmer")
    np.testing.assert_array_equal(again.predict_proba(features), ensemble.predict_proba(features))
    for loaded, net in zip(again.estimators_, ensemble.estimators_, strict=True):
        assert loaded.history[-1, "train_loss"] == net.history[-1, "train_loss"]


def test_folds_of_ensembles_are_the_fits_alone(features, clips, make_ensemble):
    folds = np.arange(len(features)) % 2
    splits = [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(2)]
    got = batched_cross_val_predict(
        make_ensemble(), features, clips.target, cv=splits, method="predict_proba", n_jobs=2
    )
    for train, test in splits:
        alone = clone(make_ensemble()).fit(features[train], clips.target[train])
        np.testing.assert_array_equal(got[test], alone.predict_proba(features[test]))


def test_it_is_searched_as_any_estimator(features, clips, make_ensemble):
    search = GridSearchCV(make_ensemble(max_epochs=1), {"estimator__n_actions": [2, 3]}, cv=2)
    assert search.fit(features, clips.target).best_params_.keys() == {"estimator__n_actions"}


def test_views(features, clips, make_ensemble):
    views = np.stack([features, features * 1.01], axis=1)
    ensemble = make_ensemble(max_epochs=1).fit(views, clips.target)
    np.testing.assert_allclose(ensemble.predict_proba(views).sum(axis=1), 1)


def test_other_classifiers_with_a_seed(features, clips):
    X = features.reshape(len(features), -1)
    ensemble = SeedEnsemble(SGDClassifier(loss="log_loss", max_iter=5, tol=None), random_state=0, n_jobs=2)
    assert ensemble.fit(X, clips.target).predict_proba(X).shape == (len(X), 5)
    assert ensemble.n_features_in_ == X.shape[1]


def test_bad_input(features, clips, make_net):
    from sklearn.naive_bayes import GaussianNB

    with pytest.raises(ValueError, match="estimator must have a parameter random_state, got GaussianNB"):
        SeedEnsemble(GaussianNB()).fit(features.reshape(len(features), -1), clips.target)
    with pytest.raises(ValueError, match="'n_estimators' parameter of SeedEnsemble"):
        SeedEnsemble(make_net(), n_estimators=0).fit(features, clips.target)
    with pytest.raises(ValueError, match="'estimator' parameter of SeedEnsemble"):
        SeedEnsemble(SVC(probability=False).fit).fit(features, clips.target)
