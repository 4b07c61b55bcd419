import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from skmer.io import load
from skmer.io._container import MAX_HEADER, pack, parse_json, unpack


def write(path, header, data=b"", length=None):
    """Write a file of any header, with any length of it."""
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(header) if length is None else length).to_bytes(8, "little") + header + data)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.skmer"


META = {"skmer": "{}", "sha256": ""}


def array(dtype="F32", shape=(2,), begin=0, end=8):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def test_what_is_packed_is_unpacked(path):
    tensors = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.array(True),
        "c": np.empty((0, 4)),
        "d": np.arange(3, dtype=np.uint8),
        "e": np.array([np.nan, -0.0, np.inf]),
    }
    path.write_bytes(pack({"format": 2, "text": "é\ud800"}, tensors))
    document, again = unpack(path)
    assert document == {"format": 2, "text": "é\ud800"}
    for name, values in tensors.items():
        np.testing.assert_array_equal(again[name], values)
        assert again[name].dtype == values.dtype and again[name].shape == values.shape
    path.write_bytes(pack({}, {}))
    assert unpack(path) == ({}, {})


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        (b"", b"", "is not JSON"),
        (b"\xff\xfe{}", b"", "header is no text"),
        (b"{", b"", "is not JSON"),
        ([], b"", "no JSON object"),
        ({}, b"", "no document of skmer"),
        ({"__metadata__": {}}, b"", "no document of skmer"),
        ({"__metadata__": {**META, "more": ""}}, b"", "no document of skmer"),
        ({"__metadata__": {"skmer": "{}", "sha256": None}}, b"", "holds no text"),
        ({"__metadata__": []}, b"", "no document of skmer"),
        (b'{"__metadata__": {"skmer": "", "skmer": "", "sha256": ""}}', b"", "'skmer' stands twice"),
        (b'{"__metadata__": {}, "__metadata__": {}}', b"", "'__metadata__' stands twice"),
        (b"[" * 200_000, b"", "nested too deeply"),
        (b'{"a": NaN}', b"", "NaN is no number"),
        (b'{"a": 1e999}', b"", "1e999 is no finite number"),
        (b'{"a": ' + b"9" * 5000 + b"}", b"", "limit"),
        (b'{"a": [' + b"," * 6_000_000 + b"]}", b"", "more than 5,000,000 items"),
        ({"__metadata__": META, "a": 3}, b"", "needs dtype, shape and data_offsets"),
        ({"__metadata__": META, "a": {"dtype": "F32"}}, b"", "needs dtype, shape and data_offsets"),
        ({"__metadata__": META, "a": array("F128", (2,), 0, 32)}, bytes(32), "unknown dtype"),
        ({"__metadata__": META, "a": array(["F32"])}, bytes(8), "unknown dtype"),
        ({"__metadata__": META, "a": array("BF16")}, bytes(8), "unknown dtype"),
        ({"__metadata__": META, "a": array(shape=(-2,))}, bytes(8), "impossible shape"),
        ({"__metadata__": META, "a": array(shape=(2.0,))}, bytes(8), "impossible shape"),
        ({"__metadata__": META, "a": array(shape=(True, 2))}, bytes(8), "impossible shape"),
        ({"__metadata__": META, "a": array(shape=(2**62, 2**62))}, bytes(8), "impossible shape"),
        ({"__metadata__": META, "a": array(shape=(2**30,) * 32)}, bytes(8), "do not fit its dtype and shape"),
        ({"__metadata__": META, "a": array(shape=(1,) * 70)}, bytes(8), "impossible shape"),
        ({"__metadata__": META, "a": array(begin=-8, end=0)}, bytes(8), "impossible offsets"),
        ({"__metadata__": META, "a": array(begin=8, end=0)}, bytes(8), "do not fit"),
        ({"__metadata__": META, "a": array(begin=0, end=2**60)}, bytes(8), "impossible offsets"),
        ({"__metadata__": META, "a": array(shape=(3,))}, bytes(8), "do not fit"),
        ({"__metadata__": META, "a": array("F64")}, bytes(8), "do not fit"),
        ({"__metadata__": META, "a": array()}, bytes(4), "4 bytes follow the header, its arrays have 8"),
        ({"__metadata__": META, "a": array()}, bytes(12), "12 bytes follow the header, its arrays have 8"),
        ({"__metadata__": META}, bytes(3), "3 bytes follow the header, its arrays have 0"),
        ({"__metadata__": META, "a": array(), "b": array()}, bytes(8), "begins at byte 0, where 8"),
        ({"__metadata__": META, "a": array(), "b": array(begin=4, end=12)}, bytes(12), "begins at byte 4"),
        ({"__metadata__": META, "a": array(), "b": array(begin=12, end=20)}, bytes(20), "begins at byte 12"),
        ({"__metadata__": META, "a": array("BOOL", (2,), 0, 2)}, b"\1\2", "other bytes than 0 and 1"),
        ({"__metadata__": META, "a": array()}, bytes(8), "has been changed since it was written"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_layout_that_lies_is_refused(path, refused, header, data, message):
    refused(write(path, header, data), message)


@pytest.mark.parametrize("length", [2**64 - 1, 2**63, 3, 1000])
def test_a_header_of_another_length_is_refused(path, refused, length):
    refused(write(path, {"__metadata__": META}, length=length), "not a whole file|is not JSON")


def test_huge_files_are_refused_before_they_are_read(path, monkeypatch):
    write(path, b"{}")
    with open(path, "r+b") as file:  # a hole: it takes no room on the disk
        file.truncate(2**31 + 1)
    with pytest.raises(ValueError, match="2,147,483,648 is the most"):
        load(path)
    with open(path, "r+b") as file:
        file.write((MAX_HEADER + 1).to_bytes(8, "little"))
        file.truncate(MAX_HEADER + 100)
    with pytest.raises(ValueError, match="67,108,864 is the most"):
        load(path)


def test_empty_short_and_foreign_files(path, refused):
    for content in (b"", b"1234567", bytes(8), b"PK\3\4" + bytes(100), b"\x80\x04" + b"x" * 200):
        path.write_bytes(content)
        refused(path, "not a whole file|is not JSON")
    save_file({"a": np.zeros(3)}, path)
    refused(path, "not a whole file")


def test_json_with_repeated_keys_in_the_document_is_refused():
    with pytest.raises(ValueError, match="the key 'a' stands twice"):
        parse_json('{"b": {"a": 1, "a": 2}}', "it")
    assert parse_json('{"a": [1, 2.5, null, "x"]}', "it") == {"a": [1, 2.5, None, "x"]}
