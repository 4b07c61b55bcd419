"""Bad inputs to every public name, and damaged files to every reader; the commands try more of both."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("script", "n"), [pytest.param("run.py", 500, id="inputs"), pytest.param("files.py", 50, id="files")]
)
def test_what_is_wrong_is_refused(script, n):
    """A process of its own: what hangs, fills the memory or ends it does not end the tests."""
    run = subprocess.run(
        [sys.executable, HERE / script, "--n", str(n)], capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert int(run.stdout.splitlines()[-1].split()[0]) == n
