"""A search that is interrupted, in whatever way, goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, BatchedRandomizedSearchCV, _fits


@pytest.fixture(scope="module")
def data():
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    return LandmarkGraphTransformer().fit_transform(clips.frames), clips.target, clips.groups


def net(**params):
    return DeReGRLClassifier(max_epochs=2, n_channels=4, random_state=0, batch_size=16, **params)


GRID = {"n_actions": [2, 3], "lambda_center": [0.1, 1.0]}


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def parts_in(folder):
    return sorted(folder.glob("fits*.json"))


@pytest.fixture
def interruptible(monkeypatch):
    """Factory: let the n-th fit from now on be interrupted, and return the list of those made."""
    original = _fits.run_job

    def interrupt(after=np.inf):
        fitted = []

        def run_job(tasks, shared):
            if len(fitted) >= after:
                raise KeyboardInterrupt
            fitted.append(len(tasks))
            return original(tasks, shared)

        monkeypatch.setattr(_fits, "run_job", run_job)
        return fitted

    return interrupt


def test_finished_fits_are_kept_and_the_rest_is_fitted(data, tmp_path, interruptible):
    X, y, groups = data
    search = BatchedGridSearchCV(net(), GRID, seeds=2, cv=2)
    all_fits = interruptible()
    whole = clone(search).fit(X, y, groups=groups)
    interruptible(after=5)
    kept = clone(search).set_params(checkpoint=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        kept.fit(X, y, groups=groups)
    assert len(parts_in(tmp_path)) == 5
    rest = interruptible()
    kept.fit(X, y, groups=groups)
    assert len(rest) == len(all_fits) - 5 == 11
    for name in whole.cv_results_:
        if not name.endswith("_time"):
            np.testing.assert_array_equal(kept.cv_results_[name], whole.cv_results_[name])
    none = interruptible()
    again = clone(kept).fit(X, y, groups=groups)
    assert none == []
    same(again.cv_results_, kept.cv_results_)
    np.testing.assert_array_equal(again.predict_proba(X), kept.predict_proba(X))


def test_another_metric_is_read_from_what_is_there(data, tmp_path, interruptible):
    X, y, groups = data
    search = BatchedGridSearchCV(net(), GRID, cv=2, checkpoint=tmp_path).fit(X, y, groups=groups)
    none = interruptible()
    other = clone(search).set_params(scoring="uar", refit=False).fit(X, y, groups=groups)
    assert none == []
    plain = clone(other).set_params(checkpoint=None).fit(X, y, groups=groups)
    np.testing.assert_array_equal(other.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda search, X, y, g: (search, X + 1e-6, y, g), "data"),
        (lambda search, X, y, g: (search, X, y[::-1].copy(), g), "data"),
        (lambda search, X, y, g: (search.set_params(param_grid={"n_actions": [2]}), X, y, g), "candidates"),
        (
            lambda search, X, y, g: (search.set_params(estimator__lr=0.1), X, y, g),
            "candidates and parameters",
        ),
        (lambda search, X, y, g: (search.set_params(cv=4), X, y, g), "splits"),
        (lambda search, X, y, g: (search.set_params(seeds=[1]), X, y, g), "candidates and seeds"),
    ],
    ids=["rows", "labels", "grid", "parameter", "splits", "seeds"],
)
def test_another_searchs_folder_is_refused(data, tmp_path, change, named):
    X, y, groups = data
    search = BatchedGridSearchCV(net(), {"n_actions": [2, 3]}, cv=2, checkpoint=tmp_path, refit=False)
    search.fit(X, y, groups=groups)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    other, *arrays, subjects = change(clone(search), X, y, groups)
    with pytest.raises(ValueError, match=f"run with other {named}"):
        other.fit(*arrays, groups=subjects)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


class Scaled(TransformerMixin, BaseEstimator):
    """A step whose setting is an object of its own in the grid."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X * self.factor


def test_steps_in_the_grid_are_told_apart_by_their_settings(data, tmp_path):
    X, y, groups = data
    pipe = Pipeline([("scale", Scaled()), ("net", net())])
    search = BatchedGridSearchCV(pipe, {"scale": [Scaled(1.0)]}, cv=2, checkpoint=tmp_path, refit=False)
    search.fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="other candidates"):
        clone(search).set_params(param_grid={"scale": [Scaled(2.0)]}).fit(X, y, groups=groups)


def test_another_number_of_jobs_finds_them_too(data, tmp_path):
    X, y, groups = data
    search = BatchedGridSearchCV(
        net(), {"lambda_center": [0.1, 1.0]}, cv=GroupKFold(4), refit=False, checkpoint=tmp_path
    )
    search.fit(X, y, groups=groups)
    before = parts_in(tmp_path)
    search.set_params(n_jobs=2).fit(X, y, groups=groups)
    assert parts_in(tmp_path) == before


def test_drawn_candidates_are_drawn_again(data, tmp_path, interruptible):
    X, y, groups = data
    space = {"n_actions": [2, 3, 4, 5], "lambda_center": [0.1, 0.5, 1.0]}
    options = {"n_iter": 3, "random_state": 2, "cv": 2, "checkpoint": tmp_path}
    first = BatchedRandomizedSearchCV(net(), space, **options).fit(X, y, groups=groups)
    none = interruptible()
    same(
        BatchedRandomizedSearchCV(net(), space, **options).fit(X, y, groups=groups).cv_results_,
        first.cv_results_,
    )
    assert none == []
    with pytest.raises(ValueError, match="other candidates"):
        BatchedRandomizedSearchCV(net(), space, **{**options, "random_state": 3}).fit(X, y, groups=groups)


def test_what_a_crash_left_half_written_is_trained_again(data, tmp_path, interruptible):
    X, y, groups = data
    search = BatchedGridSearchCV(net(), GRID, cv=GroupKFold(2), checkpoint=tmp_path)
    first = clone(search).fit(X, y, groups=groups)
    part = parts_in(tmp_path)[0]
    part.write_text(part.read_text()[:40])
    one = interruptible()
    again = clone(search).fit(X, y, groups=groups)
    assert len(one) == 1
    np.testing.assert_array_equal(again.cv_results_["mean_test_score"], first.cv_results_["mean_test_score"])


SCRIPT = """
import json, sys, time
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV

class Slow(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        time.sleep(float(sys.argv[2]))
        self.fitted_ = True
        return self

    def transform(self, X):
        return X

clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
X = LandmarkGraphTransformer().fit_transform(clips.frames)
clf = DeReGRLClassifier(max_epochs=1, n_channels=4, random_state=0, batch_size=16)
search = BatchedGridSearchCV(
    make_pipeline(Slow(), clf), {"deregrlclassifier__n_actions": [2, 3, 4]},
    checkpoint=sys.argv[1], n_jobs=int(sys.argv[3]), refit=False,
)
search.fit(X, clips.target, groups=clips.groups)
print(json.dumps({name: list(map(str, values)) for name, values in search.cv_results_.items()}))
"""


def test_a_search_that_is_killed_ends_as_if_nothing_had_been(data, tmp_path):
    (tmp_path / "run.py").write_text(SCRIPT)
    folder = tmp_path / "parts"

    def start(*arguments):
        command = [sys.executable, str(tmp_path / "run.py"), str(folder), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)

    run = start("0.5", "2")
    while run.poll() is None and len(parts_in(folder)) < 3:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    finished = {path: path.stat().st_mtime_ns for path in parts_in(folder)}
    assert 3 <= len(finished) < 12
    resumed = json.loads(start("0", "1").communicate()[0])
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert len(parts_in(folder)) == 12
    # The slow step changes nothing but the time, which is kept: those fits took half a second and more.
    X, y, groups = data
    clf = DeReGRLClassifier(max_epochs=1, n_channels=4, random_state=0, batch_size=16)
    whole = BatchedGridSearchCV(clf, {"n_actions": [2, 3, 4]}, refit=False)
    whole.fit(X, y, groups=groups)
    scores = [name for name in whole.cv_results_ if "_test_" in name]
    assert {name: resumed[name] for name in scores} == {
        name: list(map(str, whole.cv_results_[name])) for name in scores
    }
    assert max(map(float, resumed["mean_fit_time"])) > 0.12
