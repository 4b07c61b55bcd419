"""Signed files with random changes: refused by a ValueError or read, never anything else.

``SKMER_MUTATIONS=500 python -m pytest tests/io/test_mutations.py`` tries 500 of each model.
"""

import copy
import os
from contextlib import suppress

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.svm import SVC

from skmer.io import load, save

N_MUTATIONS = int(os.environ.get("SKMER_MUTATIONS", "15"))
JUNK = [
    None,
    True,
    -1,
    0,
    2**63,
    2**70,
    1.5,
    1e300,
    "",
    "predict",
    "__class__",
    [],
    {},
    {"$list": []},
    {"$tuple": [1]},
    {"$dict": [["a", 1]]},
    {"$float": "nan"},
    {"$object": "os.system"},
    {"$object": "skmer.nn.DeReGRL"},
    {"$object": "sklearn.feature_selection.f_classif"},
    {"$estimator": "sklearn.svm.SVC", "params": {"$dict": []}, "state": {"$dict": []}},
    {"$array": "0", "order": "F"},
    {"$items": ["a", "b"], "dtype": "<U1", "shape": [2]},
    {"$scalar": 3, "dtype": "|i1"},
    {"$dtype": "<f4"},
]


def places(value, parent=None, key=None):
    """Every place in a document, as its container and key."""
    if parent is not None:
        yield parent, key
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for inner, item in items:
        yield from places(item, value, inner)


def mutate(document, tensors, rng):
    """Change one or two places of a document, or one array."""
    if rng.random() < 0.3:
        name = rng.choice(sorted(tensors))
        array = tensors[name]
        changes = [array[:1], array[..., None], array.astype(np.float64) * 1e9, np.zeros_like(array), array.T]
        changes += [array.astype(np.int64) - 2**40, array.astype(bool)]
        tensors[name] = np.ascontiguousarray(changes[rng.integers(len(changes))])
        return
    for _ in range(rng.integers(1, 3)):
        found = list(places(document["estimator"]))
        parent, key = found[rng.integers(len(found))]
        action = rng.random()
        if action < 0.6:
            parent[key] = copy.deepcopy(JUNK[rng.integers(len(JUNK))])
        elif action < 0.8:
            del parent[key]
        else:
            other, place = found[rng.integers(len(found))]
            parent[key] = copy.deepcopy(other[place])


@pytest.fixture(params=["net", "svm", "neighbors"])
def model(request, fitted_net, features, tmp_path):
    """A model's file, and rows to predict."""
    X, y = np.random.default_rng(0).normal(size=(30, 4)), np.array(list("abc") * 10)
    if request.param == "net":
        estimator, X = fitted_net, features
    elif request.param == "svm":
        estimator = make_pipeline(StandardScaler(), PowerTransformer(), SVC()).fit(X, y)
    else:
        last = KNeighborsClassifier(algorithm="brute")
        estimator = make_pipeline(LinearDiscriminantAnalysis(), last).fit(X, y)
    save(estimator, tmp_path / "m")
    return tmp_path / "m", X


@pytest.mark.filterwarnings("ignore")
def test_signed_mutations_are_refused_or_read(model, rewrite):
    path, X = model
    content, refused = path.read_bytes(), 0
    rng = np.random.default_rng(0)
    for _ in range(N_MUTATIONS):
        path.write_bytes(content)
        rewrite(path, lambda document, tensors: mutate(document, tensors, rng))
        try:
            again = load(path)
        except ValueError as error:
            assert str(error).startswith(str(path))
            refused += 1
            continue
        # A parameter or an attribute may be missing, of which the estimator itself says so.
        with suppress(ValueError, AttributeError, TypeError, IndexError):
            again.predict(X)
    assert refused > N_MUTATIONS / 3
