import os
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
