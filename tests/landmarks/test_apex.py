import cv2
import numpy as np
import pytest

from skmer.landmarks import find_apex, motion_curve


@pytest.fixture(scope="module")
def sequence(portrait, lift, move, head_motion):
    """Grey frames of a mouth that rises until its apex and falls, on a turning head, noisy."""

    def made(n_frames, apex, height=1.0, noise=2.0):
        rng = np.random.default_rng(n_frames)
        y, x = np.indices(portrait.shape, dtype=np.float32)
        frames = []
        for index in range(n_frames):
            part = index / apex if index < apex else (n_frames - 1 - index) / (n_frames - 1 - apex)
            image = cv2.remap(
                portrait,
                x,
                y + height / 2 * part * lift(x, y),
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT,
            )
            image = move(head_motion(0.5 * index / n_frames, (2.0 * index / n_frames, 0.0)), image)
            frames.append(
                np.clip(np.round(image + rng.normal(0, noise, image.shape)), 0, 255).astype(np.uint8)
            )
        return frames

    return made


@pytest.mark.parametrize(("n_frames", "apex"), [(20, 6), (50, 30), (100, 45)], ids=str)
def test_the_apex_is_found(sequence, n_frames, apex):
    assert abs(find_apex(sequence(n_frames, apex, height=2.0)) - apex) <= max(2, 0.06 * n_frames)


def test_the_curve_rises_and_falls_with_the_movement(sequence):
    curve = motion_curve(sequence(21, 10, height=2.0))
    expected = np.r_[np.linspace(0, 1, 11), np.linspace(0.9, 0, 10)]
    assert curve[0] < 0.01
    assert np.corrcoef(curve, expected)[0, 1] > 0.97


def test_paths_and_workers_make_no_difference(sequence, tmp_path):
    frames = sequence(4, 2)
    paths = [tmp_path / f"{index}.png" for index in range(4)]
    for path, frame in zip(paths, frames, strict=True):
        cv2.imwrite(str(path), frame)
    assert np.array_equal(motion_curve(paths, n_jobs=2), motion_curve(frames))


def test_what_was_found_is_kept_by_content(sequence, tmp_path, monkeypatch):
    frames = sequence(5, 2)
    found = find_apex(frames, memory=tmp_path)

    def refuse(*args, **kwargs):
        raise RuntimeError("computed")

    monkeypatch.setattr("skmer.landmarks._apex.motion_curve", refuse)
    assert find_apex([frame.copy() for frame in frames], memory=tmp_path) == found
    others = [(frames[1:], {}), (frames, {"box": (60, 60, 240, 240)}), (frames, {"memory": None})]
    for changed, options in others:
        with pytest.raises(RuntimeError, match="computed"):
            find_apex(changed, **{"memory": tmp_path, **options})


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "got none|got 0"),
        ([np.zeros((90, 90), np.uint8)], "got 1"),
        ([np.zeros((90, 90), np.uint8)] * 3, "frame 0: no face was found"),
        (["absent.png", "absent.png"], r"frame 0 \('absent.png'\): there is no such file"),
    ],
    ids=["none", "one", "no face", "absent"],
)
def test_sequences_without_an_apex(frames, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        find_apex(frames)
    if not frames:
        with pytest.raises(ValueError, match="got none"):
            motion_curve(frames)


def test_frames_of_other_sizes(portrait):
    with pytest.raises(ValueError, match="frame 1: expected"):
        motion_curve([portrait, portrait[:200]])
