import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from skmer.landmarks import LandmarkCache, cache_folder

KEY = "0123abcd"
ROW = {"landmarks": [[0.1 + 0.2, 1e-300, float(2**53)]], "flags": ["blink"]}


@pytest.fixture
def cache(tmp_path):
    return LandmarkCache(tmp_path / "deep" / "cache")


def files(cache):
    return [path for path in cache.folder.rglob("*") if path.is_file()]


def test_a_value_returns_bit_by_bit(cache):
    assert cache.get(KEY) is None
    cache.put(KEY, ROW)
    assert cache.get(KEY) == ROW


@pytest.mark.parametrize(
    "damage",
    [lambda c: c[:-5], lambda c: c.replace(b"blink", b"blonk"), lambda c: b"", lambda c: c[:30]],
    ids=["cut", "changed", "empty", "cut early"],
)
def test_a_damaged_file_is_not_read(cache, damage):
    cache.put(KEY, ROW)
    (path,) = files(cache)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(KEY) is None
    cache.put(KEY, ROW)
    assert cache.get(KEY) == ROW


def test_pruning_removes_what_was_used_longest_ago(cache):
    for index in range(6):
        cache.put(f"{index:08x}", ROW)
    for path in files(cache):
        os.utime(path, (int(path.stem, 16), int(path.stem, 16)))
    cache.get("00000000")
    cache.max_bytes = 3 * files(cache)[0].stat().st_size
    cache.prune()
    assert sorted(path.stem for path in files(cache)) == ["00000000", "00000004", "00000005"]


def test_a_folder_that_cannot_be_written_warns(tmp_path):
    (tmp_path / "file").touch()
    cache = LandmarkCache(tmp_path / "file")
    with pytest.warns(RuntimeWarning, match="memory: landmarks could not be written to .*file"):
        cache.put(KEY, ROW)
    assert cache.get(KEY) is None


def write_often(folder, worker):
    cache = LandmarkCache(folder)
    for index in range(40):
        cache.put(f"{index % 4:08x}", {"index": index % 4, "pad": [worker] * 500})
        value = cache.get(f"{(index + 1) % 4:08x}")
        assert value is None or (value["index"] == (index + 1) % 4 and len(set(value["pad"])) == 1)


def test_concurrent_writers_never_show_a_torn_value(cache):
    context = get_context("spawn")
    workers = [context.Process(target=write_often, args=(cache.folder, worker)) for worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert not list(cache.folder.rglob("*.part"))


def test_a_killed_writer_leaves_no_wrong_value(cache):
    code = (
        "import sys; from skmer.landmarks import LandmarkCache; cache = LandmarkCache(sys.argv[1])\n"
        "while True: cache.put('0123abcd', {'pad': [7] * 100000}); print('put', flush=True)"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(cache.folder)], stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout.readline() == "put\n"
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
    assert cache.get(KEY) == {"pad": [7] * 100000}


def test_resolve(tmp_path, monkeypatch):
    monkeypatch.setenv("SKMER_CACHE", str(tmp_path))
    assert LandmarkCache.resolve("auto").folder == tmp_path == cache_folder()
    assert LandmarkCache.resolve(tmp_path / "own").folder == tmp_path / "own"
    assert LandmarkCache.resolve(None) is None
    own = LandmarkCache(tmp_path, max_bytes=10)
    assert LandmarkCache.resolve(own) is own


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "{base}/skmer"),
        ("linux", None, "{home}/.cache/skmer"),
        ("darwin", None, "{home}/Library/Caches/skmer"),
        ("win32", "LOCALAPPDATA", "{base}/skmer"),
    ],
)
def test_the_platforms_rule(platform, variable, expected, tmp_path, monkeypatch):
    for name in ("SKMER_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == Path(expected.format(base=tmp_path, home=Path.home()))


def test_files_of_others_are_neither_counted_nor_removed(cache):
    place = cache.folder / "landmarks"
    others = [place / "sub01" / "openface.csv", place / "ab" / "abcd.json", place / "ab" / "notes.txt"]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(5000))
    cache.put(KEY, ROW)
    cache.max_bytes = 0
    cache.prune()
    assert files(cache) == sorted(others, key=files(cache).index)
    assert cache.get(KEY) is None


def test_drafts_of_writers_that_died_are_removed(cache):
    cache.put(KEY, ROW)
    old, new = (cache.folder / "landmarks" / KEY[:2] / f".draft-{k:016x}" for k in range(2))
    for path in (old, new):
        path.touch()
    os.utime(old, (1e9, 1e9))
    cache.prune()
    assert not old.exists() and new.exists()


def test_a_cache_whose_times_cannot_be_set_is_read(cache, monkeypatch):
    def refuse(*args):
        raise PermissionError("read-only")

    cache.put(KEY, ROW)
    monkeypatch.setattr(os, "utime", refuse)
    assert cache.get(KEY) == ROW


@pytest.mark.parametrize("key", ["../../x", "/abs", "ABCD", "ab", 5, None])
def test_keys_cannot_leave_the_folder(cache, key):
    for call in (cache.get, lambda name: cache.put(name, ROW)):
        with pytest.raises(ValueError, match="key must be 4 to 64 hexadecimal digits"):
            call(key)
