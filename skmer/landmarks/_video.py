"""A clip out of a new video, or out of a folder of frames."""

import re
from pathlib import Path

import cv2
import numpy as np

from skmer.landmarks._apex import find_apex

_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def clip_from_video(path, onset=None, apex=None, offset=None, *, box=None, predictor=None, n_jobs=None):
    """Make a clip of a video.

    Parameters
    ----------
    path : str or path-like
        A video file that OpenCV reads (mp4, avi), or a folder of frames.
    onset, apex, offset : int, default=None
        Frames: in a video counted from 0, in a folder the last number in the file's name. None takes the
        first frame, the one that `find_apex` finds between the others, and the last.
    box : tuple of float, default=None
        Left, top, right, bottom of the face on the onset, in px, for `find_apex`.
    predictor : str or path-like, default=None
        File of dlib's 68-point model, for `find_apex`.
    n_jobs : int, default=None
        Frames tracked at once by `find_apex`.

    Returns
    -------
    ndarray of shape (1, 3), object
        One clip: onset, apex, offset, as paths or RGB images; frames as transformers and pipelines take them.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If it holds no frames, or not those asked for, or they are not in order.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmer.landmarks import clip_from_video
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (8, 9, 10, 11):
    ...         (Path(folder) / f"img{number}.jpg").touch()
    ...     [frame.name for frame in clip_from_video(folder, apex=10)[0]]
    ['img8.jpg', 'img10.jpg', 'img11.jpg']
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"path: there is no video or folder {str(path)!r}.")
    sequence = _folder_frames(path) if path.is_dir() else _video_frames(path, onset, offset)
    first, last = (
        given if given is not None else ends
        for given, ends in ((onset, min(sequence)), (offset, max(sequence)))
    )
    if apex is None and {first, last} <= sequence.keys() and first < last:
        between = [number for number in sorted(sequence) if first <= number <= last]
        found = find_apex(
            [sequence[number] for number in between], box=box, predictor=predictor, n_jobs=n_jobs
        )
        apex = between[found]
    chosen = (first, apex, last)
    absent = [number for number in chosen if number is not None and number not in sequence]
    if absent or not first <= (first if apex is None else apex) <= last or first == last:
        raise ValueError(
            f"onset, apex, offset: expected three frames in order out of {min(sequence)} to {max(sequence)} "
            f"in {str(path)!r}, got {chosen}."
        )
    clip = np.empty((1, 3), dtype=object)
    for position, number in enumerate(chosen):
        clip[0, position] = sequence[number]
    return clip


def _folder_frames(folder):
    """Paths by the last number in their names."""
    frames = {}
    for path in sorted(folder.iterdir()):
        numbers = re.findall(r"\d+", path.stem)
        if path.suffix.lower() not in _SUFFIXES or not numbers:
            continue
        number = int(numbers[-1])
        if number in frames:
            raise ValueError(
                f"path: {frames[number].name!r} and {path.name!r} in {str(folder)!r} have one number."
            )
        frames[number] = path
    if not frames:
        raise ValueError(f"path: the folder {str(folder)!r} holds no numbered image.")
    return frames


def _video_frames(path, onset, offset):
    """RGB images from onset to offset by their position in the video."""
    video = cv2.VideoCapture(str(path))
    frames = {}
    try:
        number = 0
        while (offset is None or number <= offset) and video.grab():
            if onset is None or number >= onset:
                frames[number] = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
            number += 1
    finally:
        video.release()
    if not frames:
        raise ValueError(
            f"path: no frame could be read from {str(path)!r} at {onset} to {offset}; is it a video?"
        )
    return frames
