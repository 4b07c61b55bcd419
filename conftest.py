import os
import sys
import tempfile

import pytest

# Set before anything imports torch or matplotlib. Not in tests/, because the doctests need it too.
os.environ["MPLBACKEND"] = "Agg"
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"


@pytest.fixture(scope="session", autouse=True)
def skmer_cache():
    """Keep every cached landmark of the run in a folder that goes when it ends."""
    with tempfile.TemporaryDirectory(prefix="skmer-tests-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKMER_CACHE", folder)
        yield folder


@pytest.fixture
def on_terminal(monkeypatch):
    """Call a function and return what it writes to standard error if that is a terminal."""
    termios = pytest.importorskip("termios", reason="Windows has no pseudo-terminals")

    def shown(call):
        master, slave = os.openpty()
        termios.tcsetwinsize(slave, (24, 100))
        with os.fdopen(slave, "w") as terminal, os.fdopen(master, "rb", buffering=0) as screen:
            with monkeypatch.context() as patch:
                patch.setattr(sys, "stderr", terminal)
                call()
            print("<end>", file=terminal, flush=True)
            text = b""
            while b"<end>" not in text:
                text += screen.read(1024)
        return text.decode().partition("<end>")[0]

    return shown
