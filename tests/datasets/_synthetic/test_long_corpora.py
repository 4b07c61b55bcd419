import numpy as np
import pytest

from skmer.datasets import LongVideoTruth, make_long_videos
from skmer.face import RIGID_POINTS
from skmer.landmarks import align_landmarks


@pytest.fixture(scope="module")
def videos():
    return make_long_videos(n_subjects=3, n_videos=6, duration=40, random_state=0)


def test_movements_are_where_the_table_says(videos):
    truth = videos.truth
    every = zip(videos.names, truth.displacement, truth.blinks, truth.speech, strict=True)
    for name, moved, blinks, speech in every:
        size = np.linalg.norm(moved, axis=-1).max(axis=1)
        inside = blinks | speech
        for row in videos.intervals[videos.intervals["video"] == name].itertuples():
            inside[row.onset : row.offset + 1] = True
            assert size[row.apex] >= 0.9 * row.amplitude_px
        assert size[~inside].max() < 0.05 * 16
    assert isinstance(videos.truth, LongVideoTruth)


def test_lengths_and_shares(videos):
    seconds = (videos.intervals["offset"] - videos.intervals["onset"] + 1).astype(float) / 30
    assert (seconds[videos.intervals["type"] == "micro"] <= 0.5).all()
    assert (seconds[videos.intervals["type"] == "macro"] > 0.5).all()
    assert (~np.isin(videos.names, videos.intervals["video"])).sum() >= round(0.2 * 6)
    assert set(videos.groups) == {f"synthetic-casme2/s0{k}" for k in (1, 2, 3)}
    assert {"micro", "macro"} == set(videos.intervals["type"])


def test_what_happens_does_not_depend_on_the_rate(videos):
    for fps in (25, 100):
        other = make_long_videos(n_subjects=3, n_videos=6, duration=40, fps=fps, random_state=0)
        assert other.intervals["emotion"].tolist() == videos.intervals["emotion"].tolist()
        for end in ("onset_s", "apex_s", "offset_s"):
            assert np.abs(other.intervals[end] - videos.intervals[end]).max() <= 1 / 25 + 1e-9
        moments = np.arange(0, 1000, 5) * 0.04  # of the grid on which the head is drawn
        shown = [
            made.truth.points[0][:, 30, 0][np.round(moments[moments < 39] * rate).astype(int)]
            for made, rate in ((other, fps), (videos, 30))
        ]
        np.testing.assert_allclose(*shown, atol=1e-6)


def test_noise_and_drift_are_small(videos):
    error = videos.frames[0] - videos.truth.points[0]
    assert 0.08 < np.sqrt(np.mean(error**2)) < 0.25
    still = np.diff(error, axis=0).std() / np.sqrt(2)
    assert 0.045 < still < 0.06
    exact = make_long_videos(n_subjects=2, n_videos=2, duration=5, noise=0, random_state=0)
    assert (exact.frames[1] == exact.truth.points[1]).all()


def test_turns_of_the_head_leave_parallax(videos):
    """Turned heads move their points against each other, which a similarity does not take out."""
    quiet = make_long_videos(n_subjects=2, n_videos=2, duration=30, noise=0, head_motion=0, empty=1, speech=0)
    moving = make_long_videos(
        n_subjects=2, n_videos=2, duration=30, noise=0, empty=1, speech=0, random_state=0
    )
    rest = []
    for made in (quiet, moving):
        points = made.frames[0][~made.truth.blinks[0]]
        clips = np.stack([np.broadcast_to(points[0], points.shape), points, points], axis=1)
        aligned = align_landmarks(clips)
        rest.append(np.abs((aligned[:, 1] - points[0])[:, list(RIGID_POINTS)]).max())
    assert rest[0] < 1e-9
    assert 0.3 < rest[1] < 30


def test_images_show_the_truth():
    pytest.importorskip("skimage")
    videos = make_long_videos(
        n_subjects=2, n_videos=2, duration=6, face_size=120, images=True, random_state=1
    )
    film = videos.frames[1]
    assert (len(film), film[0].shape, film[0].dtype) == (180, (206, 189), np.uint8)
    assert (film[7] == film[7]).all()
    assert (film[-1] == film[179]).all()
    assert len(film[3:9]) == 6
    # The brightness at a point of the nose stays, where the truth says that it is.
    points = videos.truth.points[1]
    assert points.min() > 0
    shades = [float(film[k][tuple(np.round(points[k, 30, ::-1]).astype(int))]) for k in range(0, 180, 10)]
    assert np.std(shades) < 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_subjects": 0}, "n_subjects must be an integer"),
        ({"n_videos": 1}, "n_videos must be at least n_subjects=6"),
        ({"duration": 1}, "duration must be at least 2 s"),
        ({"fps": 0}, "fps must be a positive"),
        ({"empty": 2}, "empty must be a number from 0 to 1"),
        ({"noise": -1}, "noise must be a number"),
        ({"duration": 1e6}, "make at most"),
        ({"dataset": "affectnet"}, "dataset must be one of"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make_long_videos(**changes)


@pytest.mark.parametrize("share, expected", [(0, 0), (0.25, 5), (1, 20)])
def test_only_videos_that_are_to_be_empty_are(share, expected):
    """Movements are drawn at random: short videos would have none by chance."""
    made = make_long_videos(4, 20, duration=12, micro_per_minute=1, speech=0.3, empty=share, random_state=0)
    assert (~np.isin(made.names, made.intervals["video"])).sum() == expected
