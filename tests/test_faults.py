"""A full disk, and a command that is told to end: no drafts left, a clear end or a result without a cache."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from skmer.classifiers import DeReGRLClassifier
from skmer.io import load, save
from skmer.landmarks import LandmarkCache
from skmer.magnification import MotionMagnifier
from skmer.model_selection import BatchedGridSearchCV, LOSOResult, evaluate_loso

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def fill_disk(monkeypatch):
    """A function after whose call a number of files can still be written, and no more."""
    own = os.fsync

    def fill(n_left=0):
        left = [2 * n_left]  # a file is synced, then its folder

        def fsync(descriptor):
            left[0] -= 1
            if left[0] < 0:
                raise FULL
            own(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    yield fill
    monkeypatch.undo()


def drafts(folder):
    return [path for path in Path(folder).rglob("*") if "draft" in path.name or path.suffix == ".part"]


def some_rows():
    y = np.array(["a", "b"] * 12)
    X = np.random.default_rng(0).normal(size=(24, 6)).astype(np.float32) + (y == "b")[:, None]
    return X, y, np.repeat(["d/1", "d/2", "d/3", "d/4"], 6)


def clips(side=32):
    return np.random.default_rng(0).integers(0, 255, (2, 5, side, side), dtype=np.uint8).tolist()


def test_a_cache_on_a_full_disk_costs_a_warning(tmp_path, fill_disk):
    frames = [[np.array(frame, np.uint8) for frame in clip] for clip in clips()]
    sequences = np.empty(2, dtype=object)
    sequences[:] = frames
    expected = MotionMagnifier(memory=None).fit_transform(sequences)
    fill_disk()
    with pytest.warns(RuntimeWarning, match="could not be written .*No space left on device"):
        LandmarkCache(tmp_path).put("0a1b", {"flags": [1]})
    with pytest.warns(RuntimeWarning, match="could not be written"):
        found = MotionMagnifier(memory=tmp_path / "images").fit_transform(sequences)
        pairs = [pair for clips in zip(found, expected, strict=True) for pair in zip(*clips, strict=True)]
    assert len(pairs) == 10 and all(np.array_equal(*pair) for pair in pairs)
    assert not drafts(tmp_path)


@pytest.mark.parametrize("n_left", [0, 1, 3])
def test_a_checkpoint_on_a_full_disk_serves_the_next_run(tmp_path, fill_disk, monkeypatch, n_left):
    model = DummyClassifier(strategy="stratified", random_state=0)
    expected = evaluate_loso(model, *some_rows(), verbose=0)
    fill_disk(n_left)
    with pytest.raises(OSError, match=r"No space left on device.*checkpoint"):
        evaluate_loso(model, *some_rows(), verbose=0, checkpoint=tmp_path / "checkpoint")
    monkeypatch.undo()
    assert not drafts(tmp_path)
    again = evaluate_loso(model, *some_rows(), verbose=0, checkpoint=tmp_path / "checkpoint")
    assert again.predictions.equals(expected.predictions)


@pytest.mark.parametrize("n_left", [0, 2])
def test_a_search_on_a_full_disk(tmp_path, fill_disk, monkeypatch, n_left):
    X, y, groups = some_rows()
    net = DeReGRLClassifier(graph="generic", max_epochs=1, random_state=0)
    search = BatchedGridSearchCV(net, {"n_actions": [2, 3]}, verbose=0, checkpoint=tmp_path / "search")
    fill_disk(n_left)
    with pytest.raises(OSError, match="No space left on device"):
        search.fit(X, y, groups=groups)
    monkeypatch.undo()
    assert not drafts(tmp_path)
    assert np.isfinite(search.fit(X, y, groups=groups).best_score_)


def test_results_and_models_on_a_full_disk_leave_the_old_file(tmp_path, fill_disk, monkeypatch):
    result = evaluate_loso(DummyClassifier(), *some_rows(), verbose=0)
    model = DummyClassifier().fit(*some_rows()[:2])
    writers = {
        "result.json": result.to_json,
        "report.html": result.to_html,
        "table.md": lambda path: result.to_markdown(path),
        "model.skmer": lambda path: save(model, path),
    }
    for name, write in writers.items():
        write(tmp_path / name)
    before = {name: (tmp_path / name).read_bytes() for name in writers}
    fill_disk()
    for name, write in writers.items():
        with pytest.raises(OSError, match=rf"No space left on device.*{name}"):
            write(tmp_path / name)
    monkeypatch.undo()
    assert {name: (tmp_path / name).read_bytes() for name in writers} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(writers)
    assert LOSOResult.from_json(tmp_path / "result.json").n_clips == 24
    assert load(tmp_path / "model.skmer").classes_.tolist() == ["a", "b"]


def test_the_command_line_on_a_full_disk(tmp_path, fill_disk, capsys, monkeypatch):
    from skmer._cli import main

    fill_disk(1)
    words = ["evaluate", "--dataset", "synthetic", "--n-subjects", "2", "--n-clips", "8", "--method", "lda"]
    code = main([*words, "--n-jobs", "1", "--output", str(tmp_path / "out")])
    monkeypatch.undo()
    assert code == 1
    assert "skmer: error: [Errno 28] No space left on device" in capsys.readouterr().err
    assert not drafts(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processes from /proc")
def test_a_command_that_is_told_to_end_takes_its_workers_with_it(tmp_path):
    """SIGTERM to the main process alone, as a job scheduler sends it."""
    code = (
        "import sys, time\n"
        "import skmer._cli._parser as parser\n"
        "def command(**options):\n"
        "    from joblib import Parallel, delayed\n"
        "    Parallel(n_jobs=2)(delayed(time.sleep)(60) for _ in range(4))\n"
        "parser._demo = command\n"
        "sys.exit(parser.main(['demo']))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        workers = _awaited(lambda: _workers(process.pid))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 143, said
        assert "Traceback" not in said
        assert _awaited(lambda: not any(map(_runs, workers)))
    finally:
        process.kill()


def _awaited(ask, seconds=60):
    for _ in range(10 * seconds):
        if found := ask():
            return found
        time.sleep(0.1)
    return ask()


def _workers(pid):
    """Workers of loky below a process, once there are two."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"popen_loky" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, ValueError):
            continue
    return found if len(found) >= 2 else []


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
