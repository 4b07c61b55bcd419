import numpy as np
import pytest

from skmer.io._codec import EstimatorNode, ObjectNode
from skmer.io._forms import LEARNED, check_attributes, is_plain, nodes, parse_forms


@pytest.mark.parametrize(
    ("form", "fits", "does_not"),
    [
        ("int", [0, 3, np.int64(3)], [-1, True, 1.0, "1", None, 2**63]),
        ("float", [0, 1.5, np.float32(1)], [np.nan, np.inf, True, "1", None, np.zeros(1)]),
        ("float~", [1, np.nan, -np.inf], [True, "nan", None]),
        ("bool", [True, np.bool(False)], [0, 1, None, "True"]),
        ("false", [False], [True, 0, None]),
        ("str", ["", "a"], [None, 1, b"a"]),
        ("none", [None], [0, ""]),
        ("none|str", [None, "a"], [0]),
        ("dtype", [np.dtype("f8")], ["f8", np.float64]),
        ("sizes", [(), (1, 2)], [[1], (1.0,), (True,)]),
        ("output", [{}, {"transform": "pandas"}], [{"transform": "x"}, {"fit": "pandas"}, None]),
        (
            "f[3]",
            [np.zeros(3), np.ones(3, np.float32)],
            [np.zeros(2), np.zeros((3, 1)), np.zeros(3, int), [0.0] * 3],
        ),
        ("f[2]", [], [np.array([0, np.nan]), np.array([np.inf, 0]), None]),
        ("f~[2]", [np.array([0, np.nan])], [np.zeros(3)]),
        ("i[2]", [np.zeros(2, np.int8), np.zeros(2, np.uint64)], [np.zeros(2), np.zeros(2, bool)]),
        ("b[2]", [np.zeros(2, bool)], [np.zeros(2, int)]),
        ("f[*,2]", [np.zeros((0, 2)), np.zeros((5, 2))], [np.zeros(2), np.zeros((2, 1))]),
        ("f[A,A]", [np.zeros((2, 2))], [np.zeros((2, 3))]),
        (
            "labels[2]",
            [np.array(["a", "b"]), np.array([1, 2]), np.array(["a", 1], object)],
            [np.array([None, 1])],
        ),
        ("names[1]", [np.array(["a"], object), np.array(["a"])], [np.array([1], object), np.array([1])]),
        ("plain", [[1, {"a": ()}], None], [ObjectNode("os.system"), [EstimatorNode("a.B", {}, {})]]),
        ("=a.B", [EstimatorNode("a.B", {}, {})], [EstimatorNode("a.C", {}, {}), ObjectNode("a.B"), "a.B"]),
        ("estimators", [[EstimatorNode("a.B", {}, {})]], [[], [1], EstimatorNode("a.B", {}, {})]),
    ],
)
def test_forms(form, fits, does_not):
    forms = parse_forms(f"x_:{form}")
    for value in fits:
        check_attributes(forms, {"x_": value})
    for value in does_not:
        with pytest.raises(ValueError, match="the attribute x_ has another type or shape"):
            check_attributes(forms, {"x_": value})


@pytest.mark.parametrize(("n_classes", "n_columns", "n_pairs"), [(2, 1, 1), (3, 3, 3), (4, 4, 6)])
def test_sizes_follow_from_features_and_classes(n_classes, n_columns, n_pairs):
    text = (
        "n_features_in_:int classes_:labels[C] coef_:f[D,F] pairs_:f[P] less_:f[C-1] again_:f[K] also_:f[K]"
    )
    attributes = {
        "also_": np.zeros(7),
        "again_": np.zeros(7),
        "coef_": np.zeros((n_columns, 5)),
        "pairs_": np.zeros(n_pairs),
        "less_": np.zeros(n_classes - 1),
        "classes_": np.arange(n_classes),
        "n_features_in_": 5,
    }
    check_attributes(parse_forms(text), attributes)
    for name in ("also_", "coef_", "pairs_", "less_"):
        with pytest.raises(ValueError, match="has another type or shape"):
            check_attributes(parse_forms(text), {**attributes, name: np.zeros(50)})


def test_names_of_learned_attributes():
    for name in ("coef_", "n_iter_", "x1_", "a_b_c_", "probA_"):
        assert LEARNED.fullmatch(name)
    for name in ("coef", "_coef_", "__class__", "predict", "a__b_", "a__", "é_", "a b_", "", "_", "a_\n"):
        assert not LEARNED.fullmatch(name)


def test_nodes_are_found_at_any_depth():
    inner = ObjectNode("a.b")
    assert list(nodes([1, {"a": (inner, [inner])}])) == [inner, inner]
    assert is_plain([1, {"a": ()}]) and not is_plain({"a": [inner]})
