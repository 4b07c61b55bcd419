import errno
import os
import stat
import subprocess
import sys

import pytest

from skmer._utils._files import write_atomically


def test_text_and_bytes(tmp_path):
    write_atomically(tmp_path / "a", "né\n")
    write_atomically(str(tmp_path / "b"), b"\x00\r\n")
    assert (tmp_path / "a").read_bytes() == "né\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\r\n"
    write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_mode_honours_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


class Full:
    """A file on a disk that is full after a few bytes."""

    def __init__(self, file, error):
        self.file, self.error = file, error

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.file.close()

    def write(self, data):
        self.file.write(data[:3])
        self.file.flush()
        raise self.error


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt(), MemoryError()]
)
def test_a_full_disk_leaves_no_draft_and_the_old_file(tmp_path, monkeypatch, error):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    own_open = open
    monkeypatch.setattr("builtins.open", lambda *args, **kw: Full(own_open(*args, **kw), error))
    with pytest.raises(type(error)) as caught:
        write_atomically(path, b"new content")
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    if isinstance(error, OSError):
        assert str(path) in str(caught.value) and "draft" not in str(caught.value)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_step_that_fails_leaves_no_draft(tmp_path, monkeypatch, step):
    def fail(*args):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="input/output error"):
        write_atomically(tmp_path / "a", b"new")
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.{1,2}a'"):
        write_atomically(tmp_path / "gone" / "a", b"new")


def test_a_name_of_the_greatest_length(tmp_path):
    write_atomically(tmp_path / ("n" * 255), b"x")
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_a_file_that_the_system_stops_half_way(tmp_path):
    code = (
        "import resource, signal, sys; from skmer._utils._files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "write_atomically(sys.argv[1], bytes(1000))"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], capture_output=True, text=True)
    assert run.returncode == 1 and "OSError" in run.stderr and str(tmp_path / "a") in run.stderr
    assert not list(tmp_path.iterdir())
