import importlib.util
from pathlib import Path

import numpy as np
import pytest

PATH = Path(__file__).parents[3] / "benchmarks" / "families.py"


@pytest.fixture(scope="module")
def families():
    spec = importlib.util.spec_from_file_location("families", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_family_is_in_both_halves(families):
    halves = [[families.FAMILIES[name] for name in families.names_of(half)] for half in ("choose", "report")]
    assert [len(half) for half in halves] == [12, 12]
    assert len(families.FAMILIES) == 24
    assert len({family.seed for half in halves for family in half}) == 24
    chosen = [{**family.parameters, "unit_rms": family.unit_rms} for family in halves[0]]
    sizes = {"n_clips", "n_subjects"}
    for family in halves[1]:
        own = {**family.parameters, "unit_rms": family.unit_rms}
        assert all({k: v for k, v in own.items() if k not in sizes and other.get(k) != v} for other in chosen)


def test_each_half_has_each_kind(families):
    for half in ("choose", "report"):
        members = [families.FAMILIES[name] for name in families.names_of(half)]
        sizes = [family.parameters["n_clips"] for family in members]
        assert (min(sizes), max(sizes)) == (50, 1000)
        assert sorted(sizes)[1] >= 120
        assert {family.unit_rms for family in members} == {True, False}
        assert {family.parameters.get("offset", True) for family in members} == {True, False}
        parameters = (
            "noise",
            "amplitude",
            "class_sep",
            "flip_y",
            "subject_effects",
            "within_class_variation",
        )
        for name in parameters:
            assert len({family.parameters.get(name) for family in members}) > 1


def test_a_family_is_features_classes_and_subjects(families):
    X, y, groups = families.load_family("doubtful")
    assert (X.shape, X.dtype) == ((320, 3, 31, 2), np.float32)
    assert (len(set(y)), len(set(groups))) == (3, 40)
    np.testing.assert_allclose(np.mean(X[:, 1] ** 2, axis=(1, 2)), 1, rtol=1e-5)
    again, _, _ = families.load_family("doubtful")
    np.testing.assert_array_equal(X, again)
    with pytest.raises(ValueError, match='half must be "choose" or "report"'):
        families.names_of("test")
