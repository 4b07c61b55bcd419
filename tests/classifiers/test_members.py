import numpy as np
import pytest
import torch
from sklearn.base import clone

from skmer.classifiers import DeReGRLClassifier
from skmer.io import load, save
from skmer.model_selection import batched_cross_val_predict


@pytest.fixture
def make_ensemble():
    return lambda **params: DeReGRLClassifier(
        **{"n_members": 3, "max_epochs": 3, "n_channels": 4, "dtype": "float64", "random_state": 0, **params}
    )


def test_the_first_member_is_the_net_alone(features, clips, make_ensemble):
    ensemble = make_ensemble().fit(features, clips.target)
    alone = make_ensemble(n_members=1).fit(features, clips.target)
    np.testing.assert_allclose(ensemble.action_weights(features), alone.action_weights(features), atol=1e-9)
    np.testing.assert_allclose(ensemble.history[:, "train_loss"], alone.history[:, "train_loss"], atol=1e-9)
    assert alone.others_ == [] and len(ensemble.others_) == 2


def test_probabilities_are_the_mean_of_fits_with_the_members_seeds(features, clips, make_ensemble):
    ensemble = make_ensemble(dropout=0.2).fit(features, clips.target)
    seeds = [0, *(other.random_state for other in ensemble.others_)]
    assert len(set(seeds)) == 3
    alone = [
        make_ensemble(dropout=0.2, n_members=1, random_state=seed)
        .fit(features, clips.target)
        .predict_proba(features)
        for seed in seeds
    ]
    assert np.abs(alone[0] - alone[1]).max() > 1e-3
    np.testing.assert_allclose(ensemble.predict_proba(features), np.mean(alone, axis=0), atol=1e-9)


def test_trained_one_by_one_they_are_the_same(features, clips, make_ensemble, capsys):
    stacked = make_ensemble().fit(features, clips.target).predict_proba(features)
    one_by_one = make_ensemble(verbose=1).fit(features, clips.target).predict_proba(features)
    np.testing.assert_allclose(one_by_one, stacked, atol=1e-9)
    assert "train_loss" in capsys.readouterr().out


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.SGD])
def test_more_epochs_go_on_where_the_stack_ended(features, clips, make_ensemble, optimizer):
    two = [make_ensemble(verbose=verbose, schedule=None, optimizer=optimizer) for verbose in (0, 1)]
    stacked, one_by_one = (net.fit(features, clips.target).partial_fit(features, clips.target) for net in two)
    np.testing.assert_allclose(stacked.predict_proba(features), one_by_one.predict_proba(features), atol=1e-9)


def test_more_epochs_reach_every_member(features, clips, make_ensemble):
    ensemble = make_ensemble(schedule=None, max_epochs=2).partial_fit(features, clips.target)
    before = [other.predict_proba(features) for other in ensemble.others_]
    ensemble.set_params(lr=1e-2).partial_fit(features, clips.target)
    for other, old in zip(ensemble.others_, before, strict=True):
        assert np.abs(other.predict_proba(features) - old).max() > 1e-4
        assert other.lr == 1e-2 and len(other.history) == 4


def test_another_number_of_members_starts_anew(features, clips, make_ensemble):
    ensemble = make_ensemble(warm_start=True).fit(features, clips.target)
    ensemble.set_params(n_members=2).fit(features, clips.target)
    assert len(ensemble.others_) == 1 and len(ensemble.history) == 3


def test_a_file_holds_all_members(features, clips, make_ensemble, tmp_path):
    ensemble = make_ensemble().fit(features, clips.target)
    save(ensemble, tmp_path / "ensemble.skmer")
    again = load(tmp_path / "ensemble.skmer")
    np.testing.assert_array_equal(again.predict_proba(features), ensemble.predict_proba(features))
    assert [other.history[-1, "train_loss"] for other in again.others_] == [
        other.history[-1, "train_loss"] for other in ensemble.others_
    ]


def test_folds_of_ensembles_go_into_stacks(features, clips, make_ensemble):
    folds = np.arange(len(features)) % 2
    splits = [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(2)]
    got = batched_cross_val_predict(
        make_ensemble(), features, clips.target, cv=splits, method="predict_proba", chunk_size=4
    )
    for train, test in splits:
        alone = clone(make_ensemble()).fit(features[train], clips.target[train])
        np.testing.assert_allclose(got[test], alone.predict_proba(features[test]), atol=1e-9)


def test_views_and_a_random_state_of_ones_own(features, clips, make_ensemble):
    views = np.stack([features, features * 1.01], axis=1)
    ensemble = make_ensemble(random_state=np.random.RandomState(0)).fit(views, clips.target)
    np.testing.assert_allclose(ensemble.predict_proba(views).sum(axis=1), 1)
