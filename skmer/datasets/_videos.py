"""Clips made of a video or a folder of frames."""

from numbers import Integral
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from skmer._utils._arguments import FLAG, JOBS, PATH, TEXT, Numbers, check_argument, checked, positive
from skmer.datasets._clips import MicroExpressionClips
from skmer.frames import numbered_images
from skmer.landmarks import find_apex

_MOST_FRAMES = 2_000  # that are decoded into memory; as many as a sequence may have


@checked(
    path=PATH,
    onset=[Integral, None],
    apex=[Integral, None],
    offset=[Integral, None],
    box=[Numbers(4), None],
    predictor=[*PATH, None],
    n_jobs=JOBS,
    sequence=FLAG,
    target=TEXT,
)
def clip_from_video(
    path,
    onset=None,
    apex=None,
    offset=None,
    *,
    box=None,
    predictor=None,
    n_jobs=None,
    sequence=False,
    fps=None,
    target="unknown",
):
    """Make a clip of a video or of a folder of frames.

    Parameters
    ----------
    path : str or path-like
        A video file that OpenCV reads (mp4, avi), or a folder of frames.
    onset, apex, offset : int, default=None
        Numbers of the three frames: in a video their position, from 0; in a folder the last number in the
        file's name. By default onset and offset are the first and the last frame, and `find_apex` finds the
        apex between them.
    box : tuple of float, default=None
        Left, top, right, bottom of the face on the onset, in px, for `find_apex`.
    predictor : str or path-like, default=None
        File of dlib's 68-point model, for `find_apex`.
    n_jobs : int, default=None
        Number of frames that `find_apex` tracks in parallel.
    sequence : bool, default=False
        Return a corpus of this one clip, with all its frames from onset to offset and their times.
    fps : float, default=None
        Frames a second of the sequence; by default the times that a video file holds, and none for a folder.
    target : str, default="unknown"
        Label of the clip in the corpus, whose predictions do not need it.

    Returns
    -------
    ndarray of shape (1, 3), object; or MicroExpressionClips
        One clip: onset, apex, offset, as paths or RGB images; frames as transformers and pipelines take them.
        With `sequence`, these as ``frames``, beside ``sequences`` and ``times`` (s, from the first frame of
        the video; in a folder number / `fps`).

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If it holds no frames, or not those asked for, or they are not in order; or more than 2,000 of a video
        would be held in memory.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmer.datasets import clip_from_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (8, 9, 10, 11):
    ...         (Path(folder) / f"img{number}.jpg").touch()
    ...     [frame.name for frame in clip_from_video(folder, apex=10)[0]]
    ...     clips = clip_from_video(folder, apex=10, sequence=True, fps=200)
    ...     [frame.name for frame in clips.sequences[0]], clips.times[0].tolist()
    ['img8.jpg', 'img10.jpg', 'img11.jpg']
    (['img8.jpg', 'img9.jpg', 'img10.jpg', 'img11.jpg'], [0.04, 0.045, 0.05, 0.055])
    """
    if fps is not None:
        check_argument("fps", fps, [positive()])
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"path: there is no video or folder {str(path)!r}.")
    frames, times = (_folder_frames(path), {}) if path.is_dir() else _video_frames(path, onset, offset)
    first, last = (
        given if given is not None else ends for given, ends in ((onset, min(frames)), (offset, max(frames)))
    )
    between = [number for number in sorted(frames) if first <= number <= last]
    if apex is None and len(frames) < 3:
        raise ValueError(f"path: a clip has at least three frames, {str(path)!r} has {len(frames)}.")
    if apex is None and {first, last} <= frames.keys() and first < last:
        tracked = [frames[number] for number in between]
        apex = between[find_apex(tracked, box=box, predictor=predictor, n_jobs=n_jobs)]
    chosen = (first, apex, last)
    _check_order(chosen, frames, path)
    clip = np.empty((1, 3), dtype=object)
    for position, number in enumerate(chosen):
        clip[0, position] = frames[number]
    if not sequence:
        return clip
    return _corpus(path, clip, chosen, {number: frames[number] for number in between}, times, fps, target)


def _check_order(chosen, frames, path):
    first, apex, last = chosen
    absent = [number for number in chosen if number is not None and number not in frames]
    if absent or not first <= (first if apex is None else apex) <= last or first == last:
        raise ValueError(
            f"onset, apex, offset: expected three frames in order out of {min(frames)} to {max(frames)} "
            f"in {str(path)!r}, got {chosen}."
        )


def _corpus(path, clip, chosen, frames, times, fps, target):
    """Corpus of one clip, whose times are those of a rate, or of the file where they ascend."""
    table = {"dataset": "own", "subject": path.stem, "clip": path.stem}
    table |= dict(zip(("onset", "apex", "offset"), chosen, strict=True))
    seconds = np.array([number / fps if fps else times.get(number, np.nan) for number in frames])
    known = np.isfinite(seconds).all() and (np.diff(seconds) > 0).all()
    sequences, all_times = np.empty((2, 1), dtype=object)
    sequences[0], all_times[0] = list(frames.values()), seconds if known else None
    return MicroExpressionClips(
        clip,
        [target],
        [f"own/{path.stem}"],
        table=pd.DataFrame([table]),
        sequences=sequences,
        times=all_times,
    )


def _folder_frames(folder):
    """Paths of the images in a folder, by the last number in their names."""
    frames = {}
    for number, path in numbered_images(sorted(folder.iterdir())):
        if number in frames:
            raise ValueError(
                f"path: {frames[number].name!r} and {path.name!r} in {str(folder)!r} have one number."
            )
        frames[number] = path
    if not frames:
        raise ValueError(f"path: the folder {str(folder)!r} holds no numbered image.")
    return frames


def _video_frames(path, onset, offset):
    """RGB images from onset to offset and their times in s, by their position in the video."""
    video = cv2.VideoCapture(str(path))
    frames, times = {}, {}
    try:
        number = 0
        while (offset is None or number <= offset) and video.grab():
            if onset is None or number >= onset:
                times[number] = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
                frames[number] = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
            number += 1
            if len(frames) > _MOST_FRAMES:
                raise ValueError(
                    f"path: {str(path)!r} holds more than {_MOST_FRAMES} frames between onset and offset; "
                    "give both, or find movements in a long video by skmer.spotting."
                )
        rate = video.get(cv2.CAP_PROP_FPS)
    finally:
        video.release()
    if not frames:
        raise ValueError(
            f"path: no frame could be read from {str(path)!r} at {onset} to {offset}; is it a video?"
        )
    if len(frames) > 1 and min(np.diff(list(times.values()))) <= 0 and rate > 0:
        times = {number: number / rate for number in frames}  # a file that holds a rate alone
    return frames, times
