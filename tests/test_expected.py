"""Predictions of fixed seeds are those of version 0.1; `tests/expected/make_predictions.py` made them."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "expected"
EXPECTED = json.loads((FOLDER / "predictions.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def predictions():
    spec = importlib.util.spec_from_file_location("make_predictions", FOLDER / "make_predictions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.predictions


# Training in float32 makes another order of additions grow with the epochs; in float64 nothing is seen of it.
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-6), ("float32", 5e-3)])
def test_predictions_of_fixed_seeds(predictions, dtype, tolerance):
    found = predictions(dtype)
    assert found.keys() == EXPECTED[dtype].keys()
    for name, want in EXPECTED[dtype].items():
        np.testing.assert_allclose(found[name], want, atol=tolerance, err_msg=name)
        assert found[name].argmax(axis=1).tolist() == np.argmax(want, axis=1).tolist()
