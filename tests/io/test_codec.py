import math
from pathlib import Path

import numpy as np
import pytest
import torch

from skmer.face import FaceGraph
from skmer.io._codec import Encoder, EstimatorNode, GraphNode, ObjectNode, Parser
from skmer.io._estimators import build


def refuse(*args):
    raise ValueError("no names here")


def there_and_back(value):
    encoder = Encoder(refuse, refuse)
    document = encoder.encode(value)
    parser = Parser(encoder.tensors)
    again = build(parser.parse(document))
    assert not parser.unused
    return again


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64 - 1,
        1.5,
        -0.0,
        "",
        "é\n\ud800",
        [],
        (),
        {},
        [1, (2, {"a": [None]})],
        {1: "a", "1": "b", 2.5: None},
        np.int8(-3),
        np.uint64(2**64 - 1),
        np.float32(0.1),
        np.float16(2),
        np.bool(True),
        np.dtype("float32"),
        FaceGraph.preset("brow-nose-lip31"),
        FaceGraph.generic(5),
    ],
    ids=repr,
)
def test_plain_values(value):
    again = there_and_back(value)
    assert again == value and type(again) is type(value) and repr(again) == repr(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan"), np.float64("-inf")])
def test_what_is_not_finite_has_a_kind_of_its_own(value):
    again = there_and_back(value)
    assert type(again) is type(value)
    np.testing.assert_array_equal(again, value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">i4"),
        np.array(3),
        np.empty((0, 3), np.float32),
        np.array([True, False]),
        np.array(["a", "bcd"]),
        np.array(["a"], dtype="U9"),
        np.array([], dtype="U3"),
        np.array(["a", 1, None, 2.5, True], dtype=object),
        np.array([["a"], ["b"]], dtype=object),
        np.array([np.int64(3), np.float32(0.1)], dtype=object),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays(array):
    again = there_and_back(array)
    assert again.dtype == array.dtype.newbyteorder("=") and again.shape == array.shape
    assert again.flags.c_contiguous == array.flags.c_contiguous and again.flags.writeable
    np.testing.assert_array_equal(again, array)


def test_paths_and_devices_are_text():
    assert there_and_back([Path("a") / "b", torch.device("cpu")]) == [str(Path("a") / "b"), "cpu"]


def endless():
    value: list = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        1j,
        {1, 2},
        b"bytes",
        np.datetime64("2020-01-01"),
        np.array([1j]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.array([object()]),
        np.array([[1, 2], [3]], dtype=object),
        np.ma.masked_array([1, 2], [True, False]),
        np.longdouble(1),
        np.zeros(2, dtype=[("a", "f8")]),
        np.random.RandomState(0),
        object(),
        endless(),
        2**70,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_needs_pickle_is_refused(value):
    with pytest.raises(
        ValueError, match=r"cannot be saved|does not fit|impossible|no names|in one another|unknown"
    ):
        there_and_back(value)


GRAPH = {"name": "g", "nodes": {"$tuple": [0, 1]}, "edges": {"$tuple": []}, "n_frames": 1}
GRAPH |= {"components": {"$dict": [["a", {"$tuple": [0, 1]}]]}, "mirror": None}


def nested(depth):
    value: dict | int = 1
    for _ in range(depth):
        value = {"$list": [value]}
    return value


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([1], "unknown kind"),
        ({}, "unknown kind"),
        ({"a": 1}, "unknown kind"),
        ({"$code": "1"}, r"unknown kind '\$code'"),
        ({"$list": 1}, "where a list is due"),
        ({"$list": [], "more": 1}, "must have the keys"),
        ({"$list": [], "$tuple": []}, "must have the keys"),
        ({"$dict": {"a": 1}}, "no list of pairs"),
        ({"$dict": [[1]]}, "no list of pairs"),
        ({"$dict": [["a", 1], ["a", 2]]}, "impossible or repeated key 'a'"),
        ({"$dict": [[1, 1], [True, 2]]}, "repeated key True"),
        ({"$dict": [[{"$list": []}, 2]]}, r"impossible or repeated key \[\]"),
        ({"$dict": [[{"$object": "os.system"}, 2]]}, "impossible or repeated key"),
        (nested(100), "more than 40 containers"),
        (2**64, "does not fit 64 bits"),
        ({"$float": "1e5"}, "is no number"),
        ({"$float": 3}, "is no number"),
        ({"$float": ["nan"]}, "is no number"),
        ({"$scalar": 1, "dtype": "O"}, "unknown dtype"),
        ({"$scalar": 1, "dtype": ["<i8"]}, "unknown dtype"),
        ({"$scalar": 1, "dtype": "<f8"}, "is no number of dtype"),
        ({"$scalar": True, "dtype": "<i8"}, "is no number of dtype"),
        ({"$scalar": "a", "dtype": "<f8"}, "is no number of dtype"),
        ({"$scalar": 300, "dtype": "|i1"}, "does not fit dtype"),
        ({"$scalar": -1, "dtype": "|u1"}, "does not fit dtype"),
        ({"$scalar": {"$object": "os.system"}, "dtype": "<f8"}, "is no number of dtype"),
        ({"$dtype": "O"}, "no type of numbers"),
        ({"$dtype": "<U1000000000"}, "no type of numbers"),
        ({"$array": "1", "order": "C"}, "is not in the file"),
        ({"$array": 0, "order": "C"}, "is not in the file"),
        ({"$array": ["0"], "order": "C"}, "is not in the file"),
        ({"$array": "0", "order": "K"}, "neither 'C' nor 'F'"),
        ({"$array": "0", "order": ["C"]}, "neither 'C' nor 'F'"),
        ({"$list": [{"$array": "0", "order": "C"}] * 2}, "used twice"),
        ({"$items": ["a"], "dtype": "<U1", "shape": [2]}, "does not fit its items"),
        ({"$items": ["a"], "dtype": "<U1", "shape": [-1]}, "impossible shape"),
        ({"$items": ["a"], "dtype": "<U1", "shape": [True]}, "impossible shape"),
        ({"$items": ["a"], "dtype": "<U1", "shape": 1}, "impossible shape"),
        ({"$items": ["a"], "dtype": "<U1", "shape": [1] * 40}, "does not fit its items"),
        ({"$items": [], "dtype": "<U999999999", "shape": [0, 2**60]}, "take more than 67,108,864 bytes"),
        ({"$items": ["a"], "dtype": "<U999999999", "shape": [1]}, "take more than 67,108,864 bytes"),
        ({"$items": ["a"], "dtype": "<U9999999999", "shape": [1]}, "unknown dtype"),
        ({"$items": ["a"], "dtype": "<U\u0663", "shape": [1]}, "unknown dtype"),
        ({"$items": ["abc"], "dtype": "<U1", "shape": [1]}, "what does not fit its dtype"),
        ({"$items": [1], "dtype": "<U1", "shape": [1]}, "what does not fit its dtype"),
        ({"$items": ["a"], "dtype": "S1", "shape": [1]}, "unknown dtype"),
        ({"$items": [1], "dtype": "<M8[s]", "shape": [1]}, "unknown dtype"),
        ({"$items": [{"$list": []}], "dtype": "|O", "shape": [1]}, "unknown dtype"),
        ({"$items": [{"$object": "os.system"}], "dtype": "|O", "shape": [1]}, "unknown dtype"),
        ({"$object": "os:system"}, "no dotted name"),
        ({"$object": "system"}, "no dotted name"),
        ({"$object": "os..system"}, "no dotted name"),
        ({"$object": 3}, "no dotted name"),
        ({"$object": "os.system()"}, "no dotted name"),
        ({"$estimator": "a.B", "params": {"$list": []}, "state": {"$dict": []}}, "by name"),
        ({"$estimator": "a.B", "params": {"$dict": [[1, 1]]}, "state": {"$dict": []}}, "by name"),
        ({"$estimator": "a.B", "params": {"$dict": []}}, "must have the keys"),
        ({"$estimator": None, "params": {"$dict": []}, "state": {"$dict": []}}, "no dotted name"),
        ({"$graph": {}}, "must have the fields"),
        ({"$graph": []}, "must have the fields"),
        ({"$graph": {**GRAPH, "__class__": 1}}, "must have the fields"),
        ({"$graph": {**GRAPH, "name": 1}}, "impossible field 'name'"),
        ({"$graph": {**GRAPH, "nodes": {"$tuple": [-1]}}}, "impossible field 'nodes'"),
        ({"$graph": {**GRAPH, "nodes": {"$tuple": ["a"]}}}, "impossible field 'nodes'"),
        ({"$graph": {**GRAPH, "nodes": {"$tuple": list(range(9000))}}}, "impossible field 'nodes'"),
        ({"$graph": {**GRAPH, "n_frames": 10**9}}, "impossible field 'n_frames'"),
        ({"$graph": {**GRAPH, "n_frames": True}}, "impossible field 'n_frames'"),
        ({"$graph": {**GRAPH, "components": {"$list": []}}}, "impossible field 'components'"),
        ({"$graph": {**GRAPH, "edges": {"$tuple": [{"$tuple": [0, 1, 2]}]}}}, "impossible field 'edges'"),
        ({"$graph": {**GRAPH, "mirror": {"$object": "os.system"}}}, "impossible field 'mirror'"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_entries_that_no_encoder_writes_are_refused(entry, message):
    with pytest.raises(ValueError, match=message):
        Parser({"0": np.zeros(2)}).parse(entry)


def test_many_wide_labels_are_refused_together():
    one = {"$items": ["a"], "dtype": "<U9000000", "shape": [1]}
    with pytest.raises(ValueError, match="its labels and names take more than 67,108,864 bytes"):
        Parser({}).parse({"$list": [one, one]})
    assert len(Parser({}).parse({"$list": [one]})) == 1


def test_nodes_are_names_alone():
    parser = Parser({})
    assert isinstance(parser.parse({"$graph": GRAPH}), GraphNode)
    assert parser.parse({"$object": "no.such.thing"}).name == "no.such.thing"
    node = parser.parse({"$estimator": "no.Such", "params": {"$dict": []}, "state": {"$dict": []}})
    assert isinstance(node, EstimatorNode) and (node.name, node.params, node.state) == ("no.Such", {}, {})
    assert isinstance(parser.parse({"$list": [{"$object": "a.b"}]})[0], ObjectNode)
