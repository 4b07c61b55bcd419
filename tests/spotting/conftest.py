import pytest

from skmer.datasets import make_long_videos
from skmer.landmarks import FaceTrack


@pytest.fixture(scope="session")
def videos():
    """Six subjects, three of the twelve videos without a movement."""
    return make_long_videos(n_subjects=6, n_videos=12, empty=0.25, random_state=4)


@pytest.fixture(scope="session")
def films():
    """Videos as small images, and their tracks with the frames as source."""
    pytest.importorskip("skimage")
    made = make_long_videos(
        3,
        3,
        duration=24,
        face_size=110,
        images=True,
        micro_per_minute=8,
        macro_per_minute=8,
        head_motion=0.3,
        blinks_per_minute=4,
        speech=0,
        empty=0,
        random_state=5,
    )
    parts = zip(made.truth.points, made.times, made.names, made.frames, strict=True)
    return made, [FaceTrack(p, t, name=str(name), source=frames) for p, t, name, frames in parts]
