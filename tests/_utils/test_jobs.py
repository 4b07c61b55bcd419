"""Tasks over processes and over a cluster, whose workers are killed while they work."""

import operator
import os
import re
import signal
from pathlib import Path

import dask
import joblib
import numpy as np
import pytest
from sklearn.base import clone

from skmer._utils import _jobs
from skmer._utils._jobs import run_jobs
from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import FaceLandmarker, LandmarkCache
from skmer.model_selection import BatchedGridSearchCV
from skmer.model_selection._run import _checkpoint

PAGE = (Path(__file__).parents[2] / "docs" / "distributed.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client():
    """A cluster of two processes, in which Dask itself gives a task up at its first worker's death."""
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": "CRITICAL"}
    no_patience = dask.config.set({"distributed.scheduler.allowed-failures": 0})
    with no_patience, LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def submitted(monkeypatch):
    """Numbers of the tasks that went to the cluster, in their order."""
    numbers = []
    submit = _jobs._Cluster.submit

    def recorded(cluster, more):
        more = list(more)
        numbers.extend(more)
        submit(cluster, more)

    monkeypatch.setattr(_jobs._Cluster, "submit", recorded)
    return numbers


@pytest.fixture
def kill_one(client):
    """Kill a worker in the middle of a task, the first time that this is called."""
    client.wait_for_workers(2)
    pids = client.run(os.getpid)
    killed = []

    def kill(*_):
        if not killed:
            worker = next((worker for worker, tasks in client.processing().items() if tasks), None)
            if worker is None:
                return  # between two tasks: the next call will find one
            os.kill(pids[worker], signal.SIGSTOP)  # it cannot finish what it has in hand
            assert client.processing()[worker]
            os.kill(pids[worker], signal.SIGKILL)
            killed.append(worker)

    yield kill
    assert killed


def called(tasks, shared, **options):
    return dict(run_jobs(operator.call, tasks, n_jobs=None, shared=shared, **options))


def test_each_task_meets_what_is_shared():
    assert called([abs, float, str], -3) == {0: 3, 1: -3.0, 2: "-3"}


def test_an_error_in_a_worker_is_an_error_here(client, submitted):
    with joblib.parallel_config("dask"), pytest.raises(ValueError, match="could not convert string to float"):
        called([float], "three")
    assert submitted == [0]


def test_the_pages_example(client, submitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    assert "tcp://scheduler:8786" in code
    names = {}
    exec(code.replace("tcp://scheduler:8786", client.scheduler.address), names)
    names["client"].close()
    assert names["landmarks"].shape == (6, 3, 68, 2)
    assert names["search"].best_params_["n_actions"] in (2, 3)
    assert len(submitted) == 6 + len(list(tmp_path.glob("search/fits*.json")))


def test_a_search_loses_a_worker_and_nothing_else(client, tmp_path, monkeypatch, submitted, kill_one):
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    net = DeReGRLClassifier(max_epochs=2, n_channels=4, random_state=0, batch_size=16)
    search = BatchedGridSearchCV(net, {"n_actions": [2, 3]}, refit=False)
    alone = clone(search).fit(X, clips.target, groups=clips.groups)
    write = _checkpoint.Checkpoint.write
    monkeypatch.setattr(
        _checkpoint.Checkpoint, "write", lambda keep, *content: write(keep, *content) or kill_one()
    )
    search.set_params(checkpoint=tmp_path)
    with joblib.parallel_config("dask"):
        search.fit(X, clips.target, groups=clips.groups)
    assert 8 < len(submitted) <= 12
    assert len(list(tmp_path.glob("fits*.json"))) == 8
    for name, values in alone.cv_results_.items():
        if name.endswith("_score"):
            np.testing.assert_array_equal(search.cv_results_[name], values, err_msg=name)


def test_extraction_loses_a_worker_and_nothing_else(client, tmp_path, submitted, kill_one):
    frames = make_face_clips(n_subjects=2, n_clips=6, face_size=140.0, random_state=0).frames
    alone = FaceLandmarker(memory=None).extract(frames)

    class Cache(LandmarkCache):
        def put(self, key, value):
            super().put(key, value)
            kill_one()

    with joblib.parallel_config("dask"):
        found = FaceLandmarker(memory=Cache(tmp_path)).extract(frames)
    assert 6 < len(submitted) <= 10
    np.testing.assert_array_equal(found.landmarks, alone.landmarks)
    assert found.table.equals(alone.table)


def test_data_that_were_lost_with_every_worker_are_sent_again(client, submitted):
    with joblib.parallel_config("dask"):
        results = run_jobs(operator.call, [np.sum, np.max] * 10, n_jobs=None, shared=np.arange(1000.0))
        found = [next(results)]
        for pid in client.run(os.getpid).values():
            os.kill(pid, signal.SIGKILL)
        found.extend(results)
    assert sorted(found) == [(k, (499500.0, 999.0)[k % 2]) for k in range(20)]
    assert len(submitted) > 20


def test_a_task_that_kills_its_workers_is_named(client, submitted, monkeypatch):
    monkeypatch.setattr(_jobs, "ATTEMPTS", 2)
    with (
        joblib.parallel_config("dask"),
        pytest.raises(RuntimeError, match="exit 1 was lost with its worker 2 times"),
    ):
        called([os._exit], 1, label=lambda task: "exit 1")
    assert submitted == [0, 0]


def test_a_worker_that_goes_while_data_are_sent_is_no_end(client, submitted, monkeypatch):
    scatter, failures = type(client).scatter, [OSError("closed"), OSError("closed")]

    def fails_twice(self, *args, **kwargs):
        if failures:
            raise failures.pop()
        return scatter(self, *args, **kwargs)

    monkeypatch.setattr(type(client), "scatter", fails_twice)
    with joblib.parallel_config("dask"):
        assert called([np.sum], np.arange(4.0)) == {0: 6.0}
    assert not failures


def _length(path, shared):
    return len(Path(path).read_text())


def test_relative_paths_lead_to_the_same_files_in_workers_that_were_started_elsewhere(tmp_path, monkeypatch):
    """Workers live on between calls, in the folder in which they were started."""
    for k, name in enumerate(("a", "b")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file.txt").write_text("x" * (k + 1))
        monkeypatch.chdir(folder)
        assert dict(run_jobs(_length, ["file.txt"] * 4, n_jobs=2, shared=None)) == dict.fromkeys(
            range(4), k + 1
        )
