"""A cache of numba that cannot be used costs a compilation and a warning, never a fit."""

import errno
import os
from functools import partial

import pytest
from numba import cfunc, config, njit, types
from numba.core.caching import IndexDataCacheFile

from skmer._utils import _numba
from skmer._utils._numba import cached, compile_cached


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def _double(value):
    return 2 * value


def _called():
    """Compile as a new process would; the product of 21 and 2."""
    return cached(njit(_double))(21)


def _called_back():
    compiled = compile_cached(partial(cfunc, types.int64(types.int64)), _double)
    return compiled.ctypes(21)


WAYS = [_called, _called_back]


def _files(folder, suffix):
    return [path for path in folder.rglob("*") if path.suffix == suffix]


@pytest.mark.parametrize("run", WAYS)
def test_what_was_compiled_is_found_again(folder, run, monkeypatch):
    assert run() == 42
    before = {path: path.stat().st_mtime_ns for path in _files(folder, ".nbc")}
    assert before and run() == 42
    assert {path: path.stat().st_mtime_ns for path in _files(folder, ".nbc")} == before


@pytest.mark.parametrize("run", WAYS)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_disk_that_takes_nothing(folder, run, monkeypatch, code):
    def refuse(self, *arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(IndexDataCacheFile, "_save_data", refuse)
    monkeypatch.setattr(IndexDataCacheFile, "_save_index", refuse)
    with pytest.warns(UserWarning, match=rf"(?s)numba's cache .*{os.strerror(code)}.*NUMBA_CACHE_DIR"):
        assert run() == 42


@pytest.mark.parametrize("run", WAYS)
@pytest.mark.parametrize("suffix", [".nbc", ".nbi"])
@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"not ours"])
def test_a_torn_file_is_told_of_once_and_mended(folder, run, suffix, damage):
    run()
    for path in _files(folder, suffix):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.warns(UserWarning, match="numba's cache"):
        assert run() == 42
    if run is _called_back:  # a callback is kept by the run after
        run()
    assert run() == 42  # any warning is an error here


@pytest.mark.parametrize("run", WAYS)
def test_a_file_that_may_not_be_read(folder, run, monkeypatch):
    run()
    monkeypatch.setattr(IndexDataCacheFile, "_load_index", lambda self: folder.read_bytes())
    with pytest.warns(UserWarning, match="numba's cache"):
        assert run() == 42


def test_no_folder_at_all_is_told(monkeypatch):
    def none(*arguments):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr("skmer._utils._numba.FunctionCache.__init__", none)
    with pytest.raises(RuntimeError, match="cannot cache"):
        _called()


def test_the_first_compilation_on_a_machine_is_told_once(folder, caplog):
    _numba._tell_of_compilation.cache_clear()
    for _ in range(2):
        _called_back()
        _called_back()
    told = [record for record in caplog.records if record.name == "skmer"]
    assert len(told) == 1 and "takes some seconds" in told[0].getMessage()
    _numba._tell_of_compilation.cache_clear()
    _called_back()  # found on the disk
    assert len([record for record in caplog.records if record.name == "skmer"]) == 1
