"""Parameters are told apart by their content, in any process; content that cannot be read is refused."""

import functools
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array
from scipy.stats import loguniform
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmer.model_selection import evaluate_loso
from skmer.model_selection._run._identity import parameters_digest


class Weigh:
    def __init__(self, weight):
        self._weight = weight

    def __call__(self, X):
        return X * self._weight

    def apply(self, X):
        return X * self._weight


def scaled(X, by=1.0):
    return X * by


LONG = np.arange(2000.0)
OTHER = np.where(LONG == 1000, -1, LONG)


@pytest.mark.parametrize(
    "make",
    [
        lambda v: v,
        lambda v: pd.DataFrame({"w": v}),
        lambda v: pd.Series(v),
        lambda v: pd.Index(v),
        lambda v: torch.as_tensor(v),
        lambda v: torch.as_tensor(v).bfloat16(),
        lambda v: csr_array(v[None]),
        lambda v: [v],
        lambda v: {"of": {"a": v}},
        lambda v: {1.0, v[1000]},
        lambda v: Weigh(v),
        lambda v: Weigh(v).apply,
        lambda v: lambda X, w=v: X * w,
        lambda v: lambda X: X * v,
        lambda v: functools.partial(scaled, by=v),
        lambda v: np.random.RandomState(int(v[1000]) + 5),
        lambda v: np.random.default_rng(int(v[1000]) + 5),
        lambda v: GroupShuffleSplit(1, random_state=np.random.RandomState(int(v[1000]) + 5)),
        lambda v: loguniform(1, v[1000] + 5),
        lambda v: LogisticRegression(C=float(v[1000])),
    ],
)
def test_other_content_is_another_parameter(make):
    same, again, other = (FunctionTransformer(kw_args={"v": make(v)}) for v in (LONG, LONG.copy(), OTHER))
    assert parameters_digest(same) == parameters_digest(again)
    assert parameters_digest(same) != parameters_digest(other)


def test_no_process_gives_another_digest():
    code = """
import numpy as np
from sklearn.model_selection import GroupShuffleSplit
from sklearn.preprocessing import FunctionTransformer
from skmer.model_selection._run._identity import parameters_digest
keep = [bytearray(1000) for _ in range(__import__("os").getpid() % 1000)]
values = {"cv": GroupShuffleSplit(1, random_state=np.random.RandomState(0)), "of": {"a", "b", "c", "d", "e"}}
print(parameters_digest(FunctionTransformer(kw_args=values)))
"""
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)
    }
    assert len(found) == 1
    assert found != {""}


def test_what_cannot_be_read_is_refused_with_a_checkpoint_only(make_data, tmp_path):
    lock = threading.Lock()
    model = make_pipeline(FunctionTransformer(lambda X: X if lock else None), LogisticRegression())
    assert evaluate_loso(model, *make_data()).n_clips == 60
    with pytest.raises(ValueError, match="checkpoint cannot recognise a parameter of type lock"):
        evaluate_loso(model, *make_data(), checkpoint=tmp_path)
