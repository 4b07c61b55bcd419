import numpy as np
import pandas as pd
import pytest

from skmer.model_selection import LOSOResult


@pytest.fixture(autouse=True)
def no_open_figures():
    """Close what a test drew."""
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


@pytest.fixture(scope="session")
def make_result():
    """Factory of results whose predictions are right with a given chance."""

    def make(right=0.7, n_clips=60, n_subjects=6, seeds=(0,)):
        rng = np.random.default_rng(1)
        truth = rng.choice(["disgust", "happiness", "others"], n_clips)
        groups = np.sort(rng.integers(n_subjects, size=n_clips))
        runs = [np.where(rng.uniform(size=n_clips) < right, truth, np.roll(truth, 1)) for _ in seeds]
        tables = [
            pd.DataFrame(
                {
                    "clip": range(n_clips),
                    "subject": [f"lab/s{g}" for g in groups],
                    "seed": seed,
                    "truth": truth,
                    "prediction": run,
                    "missing": False,
                }
            )
            for seed, run in zip(seeds, runs, strict=True)
        ]
        table = pd.concat(tables, ignore_index=True).astype({"seed": "Int64"})
        return LOSOResult(table, ["disgust", "happiness", "others"], {"estimator": "Pipeline"})

    return make


def texts(ax):
    """What stands written inside axes."""
    return [text.get_text() for text in ax.texts]


@pytest.fixture
def written():
    return texts
