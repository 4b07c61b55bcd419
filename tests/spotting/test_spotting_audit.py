import pytest

from skmer.pipelines import baseline
from skmer.spotting import (
    MotionSpotter,
    OpticalFlowSpotter,
    SpotThenRecognise,
    audit_spotting,
    evaluate_spotting,
    spotting_score,
)
from skmer.spotting._spotting_audit import _numbers


def kinds(audit):
    return [finding.kind for finding in audit.findings]


def test_an_honest_spotter_passes(videos):
    audit = audit_spotting(MotionSpotter(), videos)
    assert audit.passed
    assert (audit.n_clips, audit.n_subjects, len(audit.folds)) == (12, 6, 2)


def test_dropped_videos_are_found(videos):
    moving = videos.select([name in set(videos.intervals["video"]) for name in videos.names])
    assert kinds(audit_spotting(MotionSpotter(), moving, n_folds=0)) == ["empty-videos"]
    result = evaluate_spotting(MotionSpotter([(0.07, 0.35)], macro_windows=[(0.12, 3)]), moving)
    audit = audit_spotting(MotionSpotter(), videos, result=result, n_folds=0)
    assert "leaves out 3 of 12 videos, 3 of them without a movement" in audit.findings[0].message


def test_a_window_of_all_samples_is_found(videos):
    lengths = videos.intervals["offset_s"] - videos.intervals["onset_s"]
    mean = float(lengths[videos.intervals["type"] == "macro"].mean())
    audit = audit_spotting(MotionSpotter(macro_windows=[(0.12, mean)]), videos, n_folds=0)
    assert kinds(audit) == ["window"]
    assert "macro_windows, entry 1" in audit.findings[0].message
    assert audit_spotting(MotionSpotter(macro_windows=[(0.12, 1.07 * mean)]), videos, n_folds=0).passed


def test_a_threshold_that_is_best_on_the_test_is_found(films):
    videos, tracks = films
    heights = [0.5 * 1.2**k for k in range(12)]

    def f1(height):
        found = OpticalFlowSpotter(height).fit(tracks, videos.intervals).predict(tracks)
        return spotting_score(videos.intervals, found, videos=videos, zero_division=0).loc["all", "f1"]

    best = max(heights, key=f1)
    audit = audit_spotting(OpticalFlowSpotter(best), videos, tracks, n_folds=0)
    assert "threshold" in kinds(audit)
    assert "let fit choose it" in audit.findings[-1].message
    assert "threshold" not in kinds(
        audit_spotting(OpticalFlowSpotter(height=None), videos, tracks, n_folds=0)
    )


def test_one_recording_of_two_subjects_is_found(videos):
    tracks = videos.tracks()
    twin = [*tracks[:-1], type(tracks[0])(tracks[0].points, tracks[0].times, name=tracks[-1].name)]
    assert "duplicate" in kinds(audit_spotting(MotionSpotter(), videos, twin, n_folds=0))


def test_a_fit_that_reaches_the_held_out_subject_is_found(videos):
    class Peeping(MotionSpotter):
        def fit(self, tracks, intervals, *, groups=None):
            return super().fit(videos.tracks(), videos.intervals, groups=videos.groups)

    before = videos.intervals.copy()
    assert "state" in kinds(audit_spotting(Peeping(), videos, n_folds=1))
    assert videos.intervals.equals(before)


def test_one_subject_is_refused(videos):
    with pytest.raises(ValueError, match="at least two subjects"):
        audit_spotting(MotionSpotter(), videos[:2])


class Given(MotionSpotter):
    """A spotter whose first argument has no default, and whose fit learns nothing."""

    def __init__(self, height, micro_windows=None):
        super().__init__()
        self.height = height
        self.micro_windows = micro_windows


def test_the_spotter_of_a_recogniser_is_audited(films, monkeypatch):
    videos, tracks = films
    seen = []
    monkeypatch.setattr(
        "skmer.spotting._spotting_audit._thresholds", lambda *args: seen.append(args[0]) or []
    )
    rule = OpticalFlowSpotter(2.0)
    audit_spotting(SpotThenRecognise(rule, baseline("lda", input="frames")), videos, tracks, n_folds=0)
    assert seen == [rule]


def test_a_spotter_with_required_arguments_is_audited(videos):
    numbers = dict(_numbers(Given(1.5)))
    assert numbers == {"height": 1.5}
