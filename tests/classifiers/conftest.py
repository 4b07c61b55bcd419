import numpy as np
import pytest


@pytest.fixture(scope="session")
def maps():
    """Sixty maps of 28 px with noise and a patch whose place and direction tell three classes apart."""
    rng = np.random.default_rng(0)
    X = rng.normal(scale=0.3, size=(60, 3, 28, 28)).astype(np.float32)
    y = np.array(["negative", "positive", "surprise"] * 20)
    for k, name in enumerate(("negative", "positive", "surprise")):
        X[y == name, k % 2, 8 * k : 8 * k + 8, 4:24] += (-1) ** k
    X.setflags(write=False)
    return X, y
