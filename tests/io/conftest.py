import copy
import json
import os
import sys
from contextlib import contextmanager

import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from skmer.io import load, save
from skmer.io._container import _checksum
from skmer.io._table import CLASSES, OBJECTS

# What code from a file would have to do to matter: each of these raises an audit event of the interpreter.
_HARM = ("os.", "subprocess.", "pickle.", "socket.", "ctypes.", "shutil.", "tempfile.", "marshal.", "exec")
_HARMLESS = ("os.listdir", "os.scandir")
_MODULES = {name.rpartition(".")[0] for name in set().union(CLASSES, *OBJECTS.values())}
_watched: list | None = None


def _hook(event, args):
    if _watched is None:
        return
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _watched.append(f"open {args[0]}")
    elif event == "import" and args[0].partition(".")[0] not in (
        "skmer",
        "sklearn",
        "torch",
        "numpy",
        "scipy",
    ):
        _watched.append(f"import {args[0]}")
    elif event.startswith(_HARM) and event not in _HARMLESS:
        _watched.append(event)


# A hook of the interpreter cannot be removed; it looks at nothing while no test asks it to.
sys.addaudithook(_hook)


@contextmanager
def watch():
    """List the files written, commands run, objects unpickled and foreign modules imported inside."""
    global _watched
    for module in _MODULES:
        __import__(module)
    _watched = found = []
    try:
        yield found
    finally:
        _watched = None


def read(path):
    """Document and arrays of a file."""
    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["skmer"]), load_file(path)


def write_signed(document, tensors, path):
    """Write any document with a correct checksum, as one would who wants to be believed."""
    text = document if isinstance(document, str) else json.dumps(document)
    save_file(tensors, path, {"skmer": text, "sha256": _checksum(text, tensors)})


@pytest.fixture
def sign():
    return write_signed


@pytest.fixture
def rewrite():
    """Change the document, and maybe the arrays, of a file and sign it again."""

    def change_file(path, change):
        document, tensors = read(path)
        change(document, tensors)
        write_signed(document, tensors, path)

    return change_file


@pytest.fixture
def refused(monkeypatch):
    """Assert that a file is refused with a reason and its name, and that nothing was made, run or written."""

    def check(path, message, while_checked=True):
        built = []
        before = {entry: entry.read_bytes() for entry in path.parent.rglob("*") if entry.is_file()}
        with monkeypatch.context() as patch:
            if while_checked:
                patch.setattr("skmer.io._persistence.build", built.append)
            with watch() as harm, pytest.raises(ValueError, match=message) as caught:
                load(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
        assert harm == [] and built == []
        assert {entry: entry.read_bytes() for entry in path.parent.rglob("*") if entry.is_file()} == before

    return check


@pytest.fixture(scope="session")
def fitted_net(features, clips):
    from skmer.classifiers import DeReGRLClassifier

    options = {"n_members": 1} if "n_members" in DeReGRLClassifier().get_params() else {}
    clf = DeReGRLClassifier(n_actions=2, centers="learned", max_epochs=3, random_state=0, **options)
    return clf.fit(features, clips.target)


@pytest.fixture
def saved(fitted_net, tmp_path):
    """A fitted net and its file."""
    net = copy.deepcopy(fitted_net)
    save(net, tmp_path / "model.skmer")
    return net, tmp_path / "model.skmer"


@pytest.fixture
def put():
    """Set a key in the document of a dictionary."""

    def put_pair(pairs, key, value):
        for pair in pairs["$dict"]:
            if pair[0] == key:
                pair[1] = value
                return
        pairs["$dict"].append([key, value])

    return put_pair


@pytest.fixture
def get():
    """Value of a key in the document of a dictionary."""
    return lambda pairs, key: next(pair[1] for pair in pairs["$dict"] if pair[0] == key)
