"""The compiled loops touch no memory but their own, over random nets; see `checked_loops.py`."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="without numba nothing is compiled")

SCRIPT = Path(__file__).with_name("checked_loops.py")


def run(*arguments, code=None):
    command = [sys.executable, str(SCRIPT), *arguments] if code is None else [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=SCRIPT.parent, check=False)


def test_no_access_outside_of_an_array():
    done = run("4", "0")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "4 nets, no access outside of an array" in done.stdout


def test_an_access_outside_is_seen():
    code = (
        "from checked_loops import *; import numpy as np; a = np.zeros(64); register([a]); "
        "at = a.ctypes.data // 8; where_positive(at, at, at, np.float64(0), 64); "
        "where_positive(at + 1, at, at, np.float64(0), 64)"
    )
    done = run(code=code)
    assert done.returncode == 1 and "are in no array" in done.stderr
