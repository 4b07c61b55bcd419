"""Settings that other code may have made, and what a fit makes of them."""

import warnings
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from sklearn import config_context

from skmer._utils._torch import drawing_weights, usual_torch
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.magnification import MagNet, train_magnet


@contextmanager
def _default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


SETTINGS = {
    "float64": lambda: _default_dtype(torch.float64),
    "bfloat16": lambda: _default_dtype(torch.bfloat16),
    "another device": lambda: torch.device("meta"),
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "deterministic": _deterministic,
    "numpy raises": lambda: np.errstate(all="raise"),
    "numpy prints": lambda: np.printoptions(precision=2, legacy="1.13"),
    "scikit-learn": lambda: config_context(assume_finite=True, transform_output="pandas"),
    "warnings": warnings.catch_warnings,
}
FITS = {
    "compiled": DeReGRLClassifier(max_epochs=2, random_state=0),
    "autograd": DeReGRLClassifier(max_epochs=2, random_state=0, dropout=0.2, centers="learned"),
    "stacked": SeedEnsemble(DeReGRLClassifier(max_epochs=1, random_state=0, activation="elu"), 2),
}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    y = np.tile(["a", "b", "c"], 12)
    return (rng.normal(size=(36, 3, 31, 2)) + (y == "a")[:, None, None, None]).astype(np.float32), y


@pytest.fixture(scope="module")
def usual(data):
    X, y = data
    return {name: fit.fit(X, y).predict_proba(X) for name, fit in FITS.items()}


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_seed_means_the_same_under_any_setting(data, usual, setting, fit):
    X, y = data
    with SETTINGS[setting]():
        found = FITS[fit].fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(found, usual[fit])


@pytest.mark.parametrize("setting", ["float64", "another device", "no gradients"])
def test_settings_are_put_back(setting, data):
    with SETTINGS[setting]():
        before = torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()
        FITS["autograd"].fit(*data)
        assert (torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()) == before


def test_magnet_is_trained_and_used_alike(tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (2, 24, 24), dtype=np.uint8)
    wanted = train_magnet(2, batch_size=1, size=16, random_state=0)
    torch.save(wanted.net.state_dict(), tmp_path / "weights.pt")
    for setting in ("float64", "another device", "no gradients", "inference"):
        with SETTINGS[setting]():
            found = train_magnet(2, batch_size=1, size=16, random_state=0)
            read = MagNet.load(tmp_path / "weights.pt").magnify(*frames, 4.0)
        assert found.losses == wanted.losses
        np.testing.assert_array_equal(read, wanted.net.magnify(*frames, 4.0))


def test_weights_are_drawn_in_float32_from_their_seed():
    before = torch.get_rng_state()
    with _default_dtype(torch.float64), drawing_weights(3):
        drawn = torch.rand(4)
    assert drawn.dtype is torch.float32 and torch.get_default_dtype() is torch.float32
    assert torch.equal(torch.get_rng_state(), before)
    with torch.device("meta"), usual_torch():
        assert torch.ones(1).device.type == "cpu"
