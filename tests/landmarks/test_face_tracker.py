import numpy as np
import pytest
from PIL import Image

from skmer.datasets import LongVideos, make_long_videos
from skmer.landmarks import FaceTracker, LandmarkCache


@pytest.fixture(scope="module")
def film():
    """Four seconds of a head that moves, and its true landmarks."""
    pytest.importorskip("skimage")
    videos = make_long_videos(
        1, 1, duration=4, fps=25, face_size=180, images=True, empty=0, macro_per_minute=60, random_state=2
    )
    return list(videos.frames[0]), videos.truth.points[0]


@pytest.fixture(scope="module")
def track(film):
    return FaceTracker(chunk=1.5, memory=None).track(film[0], fps=25)


def still_error(points, truth):
    """Error of the movement since the first frame, in px: the detector's own bias does not count."""
    error = points - truth
    return error - error[:1]


def test_movements_are_followed(film, track):
    error = still_error(track.points, film[1])
    assert track.found.all()
    assert np.sqrt(np.mean(error[:, 17:] ** 2)) < 0.6
    assert np.diff(error[:, 27:36], axis=0).std() / np.sqrt(2) < 0.15
    assert np.abs(film[1] - film[1][:1]).max() > 3
    assert (track.quality["photometric_correlation"] > 0.8).all()
    assert track.fps == 25


def test_chunks_do_not_show(film, track):
    whole = FaceTracker(chunk=10, memory=None).track(film[0], fps=25)
    assert np.abs(whole.points - track.points)[:, 27:48].max() < 0.7


def test_jobs_and_cache_change_nothing(film, track, tmp_path):
    cache = LandmarkCache(tmp_path)
    made = FaceTracker(chunk=1.5, memory=cache, n_jobs=2).track(film[0], fps=25, name="a")
    np.testing.assert_array_equal(made.points, track.points)
    assert made.name == "a"
    files = list(tmp_path.rglob("*.json"))
    assert len(files) == 3
    files[0].unlink()
    again = FaceTracker(chunk=1.5, memory=cache).track(film[0], fps=25)
    np.testing.assert_array_equal(again.points, track.points)
    assert len(list(tmp_path.rglob("*.json"))) == 3


def test_a_finished_chunk_is_not_tracked_again(film, tmp_path, monkeypatch):
    import skmer.landmarks._face_tracker as module

    tracker = FaceTracker(chunk=1.5, memory=LandmarkCache(tmp_path))
    first = tracker.track(film[0], fps=25)
    monkeypatch.setattr(module, "track_chunk", None)
    np.testing.assert_array_equal(tracker.track(film[0], fps=25).points, first.points)


def test_a_face_that_goes_is_lost_and_found(film):
    frames = list(film[0])
    frames[40:70] = [np.full_like(frames[0], 90)] * 30
    track = FaceTracker(chunk=10, memory=None).track(frames, fps=25)
    assert track.found[:40].all()
    assert not track.found[40:70].any()
    assert track.found[-10:].all()
    assert np.sqrt(np.mean(still_error(track.points, film[1])[-10:, 27:48] ** 2)) < 0.6


def test_one_of_two_people_is_followed(film):
    """The smaller face beside it, which is the same at another size, is never taken."""
    small = [np.asarray(Image.fromarray(frame).resize((140, 153))) for frame in film[0]]
    pairs = []
    for frame, other in zip(film[0], small, strict=True):
        canvas = np.full((frame.shape[0], frame.shape[1] + 140), 128, np.uint8)
        canvas[: other.shape[0], :140] = other
        canvas[:, 140:] = frame
        pairs.append(canvas)
    track = FaceTracker(chunk=1.5, memory=None).track(pairs, fps=25)
    assert (track.points[:, 30, 0] > 200).all()


def test_files_and_corpora(film, tmp_path):
    for k, frame in enumerate(film[0][:30]):
        Image.fromarray(frame).save(tmp_path / f"img{k}.png")
    made = FaceTracker(memory=None).track(tmp_path, fps=25)
    assert made.name == tmp_path.name
    paths = [str(tmp_path / f"img{k}.png") for k in range(30)]
    videos = LongVideos([paths], 25.0, [[]], ["x/1"], names=["v"])
    (track,) = FaceTracker(memory=None).track_all(videos)
    assert (track.name, len(track)) == ("v", 30)
    np.testing.assert_array_equal(track.points, made.points)


def test_what_cannot_be_tracked_is_refused(film):
    with pytest.raises(ValueError, match="no face was found in any frame of 'video'"):
        FaceTracker(memory=None).track([np.full((90, 90), 99, np.uint8)] * 3, fps=25)
    with pytest.raises(ValueError, match="fps must be given"):
        FaceTracker(memory=None).track(film[0])
    with pytest.raises(ValueError, match="The 'chunk' parameter"):
        FaceTracker(chunk=0).track(film[0], fps=25)
