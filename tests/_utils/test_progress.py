"""Progress in a log: nothing of short work, a line now and then of long work."""

import io
import sys

import pytest

from skmer._utils import _progress
from skmer._utils._progress import Progress


@pytest.fixture
def log(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: clock[0])

    def run(seconds, verbose=1, **options):
        with Progress(len(seconds), title="folds", unit="fit", verbose=verbose, **options) as progress:
            for wait in seconds:
                clock[0] += wait
                progress.add()
        return capsys.readouterr().err.splitlines()

    return run


def test_short_work_says_nothing(log):
    assert log([1.0] * 20) == []


def test_long_work_says_what_is_done_and_how_long_it_will_take(log):
    assert log([20.0] * 10) == [
        "folds: 2 of 10 fits (20%) after 40 s, about 2 min 40 s left",
        "folds: 5 of 10 fits (50%) after 1 min 40 s, about 1 min 40 s left",
        "folds: 8 of 10 fits (80%) after 2 min 40 s, about 40 s left",
        "folds: 10 of 10 fits in 3 min 20 s",
    ]


def test_hours(log):
    assert log([3600.0, 3700.0])[0] == "folds: 1 of 2 fits (50%) after 1 h 0 min, about 1 h 0 min left"


def test_it_can_be_told_to_be_quiet(log):
    assert log([100.0] * 3, verbose=0) == []


def test_on_a_terminal_it_is_a_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress(2, title="folds", unit="fit", verbose=1) as progress:
        progress.add(2)
        assert not progress.in_log
    assert "folds" in sys.stderr.getvalue()
