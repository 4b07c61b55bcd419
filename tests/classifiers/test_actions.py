"""Actions that are action units: what a fit takes, what it learns, what can be read."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import make_landmark_clips
from skmer.face import ACTION_UNITS, FaceGraph
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.io import load, save
from skmer.training import CompiledEpochs

GRAPH = FaceGraph.preset("brow-nose-lip31")


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(n_subjects=6, n_clips=150, noise=0.02, random_state=0)


@pytest.fixture(scope="module")
def X(clips):
    return LandmarkGraphTransformer().fit_transform(clips.frames)


@pytest.fixture(scope="module")
def units(clips):
    table = clips.action_units()
    return table.loc[:, table.sum() >= 6]


@pytest.fixture(scope="module")
def fitted(X, clips, units):
    net = DeReGRLClassifier(4, max_epochs=25, init_actions="units", random_state=0)
    return net.fit(X, clips.target, action_units=units)


def test_units_are_learned_and_read_off_actions_of_their_component(fitted, X, units):
    assert fitted.action_units_.tolist() == list(units.columns)
    owners = dict(zip(units.columns, fitted.architecture_key_["unit_actions"], strict=True))
    for unit, component in {1: 0, 2: 0, 4: 0, 9: 1, 12: 2, 15: 2}.items():
        if unit in owners:
            assert owners[unit] // 4 == component
    found = fitted.predict_action_units(X)
    assert found.shape == units.shape and ((found > 0) & (found < 1)).all()
    assert roc_auc_score(units.to_numpy(), found, average="macro") > 0.85


def test_uncoded_entries_have_no_part(X, clips, units):
    def trained(table):
        net = DeReGRLClassifier(max_epochs=2, random_state=0).fit(X, clips.target, action_units=table)
        return net.predict_action_units(X)

    coded = units.astype(float)
    some = coded.copy()
    some.iloc[::2] = np.nan
    other = coded.copy()
    other.iloc[::2] = 1 - other.iloc[::2]
    weight = np.where(np.arange(len(X)) % 2, 1.0, 0.0)
    assert not np.array_equal(trained(some), trained(other))
    # With the uncoded rows out of the fit, what their entries were makes no difference.
    nets = [DeReGRLClassifier(max_epochs=2, random_state=0) for _ in range(2)]
    for net, table in zip(nets, (some, other), strict=True):
        net.fit(X, clips.target, weight, action_units=table)
    np.testing.assert_array_equal(*(net.predict_action_units(X) for net in nets))
    all_out = DeReGRLClassifier(max_epochs=2, random_state=0)
    all_out.fit(X, clips.target, action_units=np.full(units.shape, np.nan))
    assert np.isfinite(all_out.predict_proba(X)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda u: u.to_numpy()[:-1],
            r"action_units must be .* of shape \(150, n\) or None, got ndarray of shape \(149, ",
        ),
        (lambda u: u.to_numpy(float) * 2, "0, 1 or NaN"),
        (lambda u: u.to_numpy()[:, 0], r"got ndarray of shape \(150,\)"),
        (lambda u: u.to_numpy()[:, :0], r"got ndarray of shape \(150, 0\)"),
    ],
)
def test_other_action_units_are_refused(X, clips, units, change, message):
    with pytest.raises(ValueError, match=message):
        DeReGRLClassifier(max_epochs=1).fit(X, clips.target, action_units=change(units))


def test_without_units_the_default_is_as_it_was(X, clips):
    net = DeReGRLClassifier(max_epochs=1, random_state=0).fit(X, clips.target)
    assert net.action_units_.size == 0
    with pytest.raises(ValueError, match="predict_action_units needs action_units in fit"):
        net.predict_action_units(X)


@pytest.mark.parametrize(
    "params", [{"lambda_sparsity": 1.0}, {"lambda_orthogonality": 1.0}, {"init_actions": "units"}]
)
def test_losses_and_maps_that_compiled_loops_lack_are_trained_by_autograd(X, clips, params):
    net = DeReGRLClassifier(max_epochs=1, random_state=0, **params).fit(X, clips.target)
    assert not CompiledEpochs.supports(net)


def test_sparse_maps_have_less_entropy_and_orthogonal_ones_less_overlap(X, clips):
    def maps(**params):
        net = DeReGRLClassifier(max_epochs=10, random_state=0, **params).fit(X, clips.target)
        return net.action_maps(X)[:, 1]

    def entropy(found):
        return -(found * np.log(np.maximum(found, 1e-12))).sum(1).mean()

    def overlap(found):
        brows = found[:, :10, :3] / np.linalg.norm(found[:, :10, :3], axis=1, keepdims=True)
        return np.einsum("bnk,bnl->bkl", brows, brows)[:, *np.triu_indices(3, 1)].mean()

    plain = maps()
    assert entropy(maps(lambda_sparsity=3.0)) < entropy(plain) - 0.1
    assert overlap(maps(lambda_orthogonality=3.0)) < overlap(plain) - 0.1


def test_maps_begin_as_units_whatever_the_seed(X, clips):
    nets = [DeReGRLClassifier(max_epochs=1, lr=1e-9, init_actions="units", random_state=s) for s in (0, 1)]
    first, second = (net.fit(X, clips.target).action_maps(X)[:, 1].mean(0) for net in nets)
    np.testing.assert_allclose(first, second, atol=1e-4)
    shares = np.linalg.norm(ACTION_UNITS[4].field[list(GRAPH.nodes)][:10], axis=1) ** 2
    best = max(np.corrcoef(first[:10, k], shares)[0, 1] for k in range(3))
    assert best > 0.8


def test_fields_are_those_of_the_units(fitted, X, units):
    fields = fitted.action_fields(X)
    assert fields.shape == (12, 31, 2)
    np.testing.assert_allclose(np.linalg.norm(fields, axis=-1).max(1), 1)
    assert (fields[:4, 10:] == 0).all() and (fields[8:, :19] == 0).all()
    owners = dict(zip(units.columns, fitted.architecture_key_["unit_actions"], strict=True))
    cosines = []
    for unit, action in owners.items():
        true, own = ACTION_UNITS[unit].field[list(GRAPH.nodes)], fields[action]
        true = true * (np.linalg.norm(own, axis=1, keepdims=True) > 0)
        if np.any(true):
            cosines.append((true * own).sum() / np.linalg.norm(true) / np.linalg.norm(own))
    assert len(cosines) > 5 and np.mean(cosines) > 0.65


@pytest.mark.parametrize("flip", [True, False])
def test_contributions_add_up_to_the_logits(X, clips, flip):
    net = DeReGRLClassifier(max_epochs=2, horizontal_flip=flip, random_state=0).fit(X, clips.target)
    parts = net.contributions(X)
    assert parts.shape == (len(X), 11, len(net.classes_))
    logits = [
        net.forward(image)[0].numpy() for image in (X, net.augmentation_.reflect(torch.as_tensor(X)).numpy())
    ]
    expected = np.mean(logits, axis=0) if flip else logits[0]
    np.testing.assert_allclose(parts.sum(1), expected, atol=1e-5)
    if not flip:
        np.testing.assert_allclose(softmax(parts.sum(1), axis=1), net.predict_proba(X), atol=1e-6)


def test_ensembles_hand_units_on_and_files_keep_them(X, clips, units, tmp_path):
    ensemble = SeedEnsemble(DeReGRLClassifier(max_epochs=2), 2, random_state=0)
    ensemble.fit(X, clips.target, action_units=units)
    save(ensemble, tmp_path / "ensemble.skmer")
    loaded = load(tmp_path / "ensemble.skmer")
    for mine, theirs in zip(ensemble.estimators_, loaded.estimators_, strict=True):
        np.testing.assert_array_equal(mine.predict_action_units(X), theirs.predict_action_units(X))


def test_training_goes_on_with_the_same_columns(X, clips, units):
    net = DeReGRLClassifier(max_epochs=1, random_state=0).fit(X, clips.target, action_units=units)
    net.partial_fit(X, clips.target, action_units=units, epochs=1)
    assert len(net.history) == 2
    with pytest.raises(ValueError, match="columns of the first fit"):
        net.partial_fit(X, clips.target, action_units=pd.DataFrame(units.to_numpy()), epochs=1)


def test_tables_of_other_tools_name_the_same_units(X, clips, units):
    fits = [
        DeReGRLClassifier(max_epochs=1, random_state=0).fit(X, clips.target, action_units=table)
        for table in (
            units,
            units.rename(columns=lambda number: f"AU{int(number):02d}"),
            units.rename(columns=float),
            units.astype("boolean"),
        )
    ]
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.action_units_, fits[0].action_units_)
        np.testing.assert_array_equal(fit.predict_proba(X), fits[0].predict_proba(X))
    uncoded = units.mask(np.repeat(np.arange(len(units))[:, None] % 2 == 0, units.shape[1], axis=1))
    assert uncoded.isna().any().any()
    fit = DeReGRLClassifier(max_epochs=1, random_state=0).fit(X, clips.target, action_units=uncoded)
    np.testing.assert_array_equal(fit.action_units_, fits[0].action_units_)
