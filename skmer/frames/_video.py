"""Long videos, frame by frame: files, folders and sequences of images, in memory that does not grow."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from skmer._utils._arguments import PATH, Items, Numbers, check_argument, checked, integer, option, real
from skmer.frames._names import is_path, numbered_images
from skmer.frames._read import read_image

_MOST_BAD = 300  # frames in a row that cannot be decoded: then the rest of the file is taken for lost
_RATES = (1.0, 2000.0)  # frames a second of any camera; files without a rate state 0 or 90000


class VideoFrame(NamedTuple):
    """One frame of a video.

    Attributes
    ----------
    number : int
        Position in the video, from 0.
    time : float
        Seconds from the start.
    image : ndarray of shape (H, W) or (H, W, 3), uint8
        The pixels.
    """

    number: int
    time: float
    image: np.ndarray


class VideoReader:
    """Reader of a long video that holds one frame at a time.

    Parameters
    ----------
    source : str, path-like, or sequence of paths or images
        A video file that OpenCV reads (mp4, avi, ...), a folder of numbered images, or the frames themselves.
        Files are turned upright as phones mark them.
    fps : float, default=None
        Frames a second, for folders and sequences, and for files that do not tell their times; it takes the
        place of a file's own times.
    times : array-like of shape (n_frames,), default=None
        Seconds of each frame, instead of a rate; for folders and sequences.
    mode : {"L", "RGB"}, default="L"
        Grey or colour.

    Attributes
    ----------
    n_frames : int
        Number of frames; of a file what it states, which may be a few too many.
    fps : float
        Frames a second, stated or given; NaN where only times are known.
    missing : list of int
        Numbers of the frames that could not be decoded in the last reading; of a folder numbers in the names,
        those that the numbering leaves out among them.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If it is no video, holds no frames, or the rate has to be given.

    Notes
    -----
    The seconds of a file's frames are its own time stamps, so that a variable frame rate, as of phones, is
    read as it was filmed. A folder whose numbering has gaps keeps their time. Reading is by iteration, which
    starts anew each time.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.frames import VideoReader
    >>> video = VideoReader(np.zeros((5, 4, 6), np.uint8), fps=25)
    >>> [(frame.number, frame.time, frame.image.shape) for frame in video][-1]
    (4, 0.16, (4, 6))
    """

    @checked(
        source=[*PATH, Items()],
        fps=[real(1e-6, 1e6), None],
        times=[Numbers(None), None],
        mode=[option("L", "RGB")],
    )
    def __init__(self, source, *, fps=None, times=None, mode="L"):
        self.source, self.mode, self.missing = source, mode, []
        self._given_rate = fps is not None
        if is_path(source) and not Path(source).is_dir():
            self._images = None
            self.n_frames, stated = _probe(Path(source))
            self.fps = float(fps) if fps is not None else stated
            self._times = None
            return
        self._images, self._numbers = _listed(source)
        self.n_frames, numbers = len(self._images), self._numbers
        self._left_out = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
        self.missing = list(self._left_out)
        self.fps = np.nan if fps is None else float(fps)
        self._times = _given_times(times, fps, np.array(numbers) - numbers[0])

    def __iter__(self):
        """Yield each frame as a `VideoFrame`."""
        return self.read()

    def __len__(self):
        return self.n_frames

    def read(self, start=0, stop=None, step=1):
        """Return an iterator over the frames of a span.

        Parameters
        ----------
        start : int, default=0
            Number of the first frame.
        stop : int, default=None
            Number after the last frame; None reads to the end.
        step : int, default=1
            Every so many frames; those between are not decoded where the source allows it.

        Returns
        -------
        frames : iterator of VideoFrame
            Each is decoded when its turn comes.
        """
        check_argument("start", start, [integer(0)])
        check_argument("stop", stop, [integer(0), None])
        check_argument("step", step, [integer(1)])
        return self._read(start, np.inf if stop is None else stop, step)

    def _read(self, start, stop, step):
        if self._images is None:
            yield from self._read_file(start, stop, step)
            return
        self.missing, is_read = list(self._left_out), False
        numbers = range(start, int(min(stop, self.n_frames)), step)
        for number in numbers:
            label = f"frame {number} of {_name(self.source)}"
            try:
                image = read_image(self._images[number], self.mode, label)
            except ValueError:
                # A file that is damaged is passed over, as in a video; one without a good frame is no video.
                if not is_path(self._images[number]) or (number == numbers[-1] and not is_read):
                    raise
                self.missing = sorted([*self.missing, self._numbers[number]])
                continue
            is_read = True
            yield VideoFrame(number, float(self._times[number]), image)

    def _read_file(self, start, stop, step):
        video = cv2.VideoCapture(str(self.source))
        self.missing, clock, bad = [], _Clock(self.fps, self._given_rate, self.source), 0
        try:
            number = 0
            # Frames are read from the first on: seeking is inexact in many files.
            while number < stop and bad <= _MOST_BAD:
                if not video.grab():
                    if number >= self.n_frames:
                        break
                    self.missing.append(number)  # a damaged frame; the file says that there are more
                    number, bad = number + 1, bad + 1
                    continue
                time = clock.read(number, video.get(cv2.CAP_PROP_POS_MSEC))
                if number >= start and (number - start) % step == 0:
                    done, image = video.retrieve()
                    if done:
                        yield VideoFrame(number, time, self._converted(image))
                        bad = 0
                    else:
                        self.missing.append(number)
                number += 1
        finally:
            video.release()
        if bad:
            self.missing = self.missing[:-bad]  # frames that the file states and does not have
        if not number:
            raise ValueError(f"source: no frame could be read from {_name(self.source)}; is it a video?")

    def _converted(self, image):
        code = cv2.COLOR_BGR2GRAY if self.mode == "L" else cv2.COLOR_BGR2RGB
        return cv2.cvtColor(image, code) if image.ndim == 3 else read_image(image, self.mode)


class _Clock:
    """Seconds of a file's frames: its time stamps, or its rate where it has none."""

    def __init__(self, fps, is_given, source):
        self.fps, self.is_given, self.source = fps, is_given, source
        self.first, self.last, self.stamped = None, -1.0, True

    def read(self, number, milliseconds):
        if self.is_given:
            return number / self.fps
        seconds = milliseconds / 1000
        self.first = seconds if self.first is None else self.first
        if self.stamped and number and not seconds - self.first > self.last:
            self.stamped = False  # stamps that stand still or run back: a container without times
        if not self.stamped and not self.fps == self.fps:
            raise ValueError(
                f"fps must be given for {_name(self.source)}: the file tells neither times nor a rate."
            )
        at = seconds - self.first if self.stamped else max(number / self.fps, self.last + 1e-6)
        self.last = at
        return at


def _probe(path):
    """Stated number of frames and rate of a file."""
    if not path.exists():
        raise FileNotFoundError(f"source: there is no video or folder {str(path)!r}.")
    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            broken = path.suffix.casefold() in (".mp4", ".mov", ".m4v")
            hint = "; a recording that has broken off has to be repaired first." if broken else "."
            raise ValueError(f"source: {str(path)!r} is no video that can be read{hint}")
        n_frames, fps = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
        if not (np.isfinite(n_frames) and n_frames > 0):  # a stream that states no length is counted
            n_frames = sum(1 for _ in iter(video.grab, False))
    finally:
        video.release()
    plausible = np.isfinite(fps) and _RATES[0] <= fps <= _RATES[1]
    return int(n_frames), float(fps) if plausible else np.nan


def _listed(source):
    """Images of a folder or a sequence, and their numbers."""
    if is_path(source):
        named = sorted(numbered_images(sorted(Path(source).iterdir())), key=lambda pair: pair[0])
        if not named:
            raise ValueError(f"source: the folder {str(source)!r} holds no numbered image.")
        numbers = [number for number, _ in named]
        if len(set(numbers)) < len(numbers):
            twice = next(number for number in numbers if numbers.count(number) > 1)
            raise ValueError(f"source: two images in {str(source)!r} have the number {twice}.")
        return [path for _, path in named], numbers
    if not isinstance(source, Sequence | np.ndarray) or not len(source):
        got = type(source).__name__ if not isinstance(source, Sequence | np.ndarray) else "none"
        raise ValueError(f"source must be a video file, a folder or a sequence of frames, got {got}.")
    return source, list(range(len(source)))


def _given_times(times, fps, numbers):
    if times is not None:
        times = np.asarray(times, dtype=np.float64)
        if times.shape != numbers.shape or not (np.diff(times) > 0).all():
            raise ValueError(f"times must ascend and have one entry for each of {len(numbers)} frames.")
        return times
    if fps is None:
        raise ValueError("fps must be given: images tell no times; pass fps=30 for 30 frames a second.")
    return numbers / float(fps)


def _name(source):
    return repr(str(source)) if is_path(source) else "the sequence"
