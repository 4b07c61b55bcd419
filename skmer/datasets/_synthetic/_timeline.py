"""Synthetic movements in time: the course of one, and the movements, blinks and speech of a long video."""

from dataclasses import dataclass

import numpy as np

from skmer._utils._arguments import check_argument, positive
from skmer.datasets._synthetic._expressions import Movement

_DURATION = (0.12, 0.7)  # s, from onset to offset
_APEX = (0.3, 0.6)  # share of the duration
_FPS = (20, 1000)  # the shortest movement then has three frames, the longest 701


@dataclass(frozen=True, eq=False)
class Course:
    """Positions of apex and offset among the frames of each clip, whose onset is frame 0, and their rate.

    Attributes
    ----------
    apex, offset : ndarray of shape (n_clips,), int
        Positions; a clip has ``offset + 1`` frames.
    fps : float
        Frames a second.
    """

    apex: np.ndarray
    offset: np.ndarray
    fps: float

    def keyframes(self, clip):
        """Positions of onset, apex and offset; tuple of int."""
        return 0, int(self.apex[clip]), int(self.offset[clip])

    def times(self, clip):
        """Times of the frames in s; ndarray of shape (n_frames,)."""
        return np.arange(self.offset[clip] + 1) / self.fps


def draw_course(n_clips, fps, rng):
    """Draw durations and apexes.

    Parameters
    ----------
    n_clips : int
        Number of clips.
    fps : float
        Frames a second.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Course
    """
    check_argument("fps", fps, [positive()])
    if not _FPS[0] <= fps <= _FPS[1]:
        raise ValueError(f"fps must be from {_FPS[0]} to {_FPS[1]} frames a second, got {fps!r}.")
    offset = np.rint(rng.uniform(*_DURATION, n_clips) * fps).astype(int)
    apex = np.clip(np.rint(rng.uniform(*_APEX, n_clips) * offset).astype(int), 1, offset - 1)
    return Course(apex, offset, float(fps))


def raised_cosine(keyframes, values):
    """Values of all frames, which rise and fall between those of the keyframes by half a cosine wave.

    Parameters
    ----------
    keyframes : (int, int, int)
        Positions of onset, apex and offset.
    values : ndarray of shape (3, ...)
        Values at the three.

    Returns
    -------
    ndarray of shape (n_frames, ...)
    """
    return _between(keyframes, values, lambda share: (1 - np.cos(np.pi * share)) / 2)


def constant_speed(keyframes, values):
    """Values of all frames, linear between those of the keyframes; as :func:`raised_cosine`."""
    return _between(keyframes, values, lambda share: share)


def _between(keyframes, values, shape):
    _, apex, offset = keyframes
    k = np.arange(offset + 1)
    rise, fall = shape(np.minimum(k / apex, 1)), shape(np.maximum((k - apex) / (offset - apex), 0))
    weights = np.stack([1 - rise, rise - fall, fall], axis=1)
    return np.tensordot(weights, values, 1)


VISIBLE = 0.05  # share of the apex from which on a movement counts: before it nobody would see it
_GAP = 0.7  # s between events
_MICRO_SECONDS, _MACRO_SECONDS, _SPEECH_SECONDS = (0.24, 0.5), (0.7, 3.0), (1.5, 5.0)
_BLINK_SECONDS = (0.18, 0.36)
_SYLLABLES = (2.5, 5.0)  # a second


@dataclass(frozen=True, eq=False)
class Event:
    """One event: its kind, start, length and, for movements, class, field and amplitude at the apex in px.

    `rise` and `hold` are the shares of the length until the apex is reached and left again.
    """

    kind: str
    start: float
    length: float
    rise: float
    hold: float
    amplitude: float
    emotion: str = ""
    movement: Movement | None = None

    def profile(self, times):
        """Share of the apex at some seconds; zero outside of the event."""
        place = (times - self.start) / self.length
        falls = 1 - self.rise - self.hold
        up, down = place / self.rise, (1 - place) / falls
        return _smooth(np.clip(np.minimum(up, down), 0, 1))

    @property
    def apex(self):
        """Second in the middle of the hold."""
        return self.start + self.length * (self.rise + self.hold / 2)


def _smooth(x):
    """The step of least jerk from 0 to 1."""
    return x**3 * (10 - 15 * x + 6 * x**2)


@dataclass(frozen=True)
class Rates:
    """Events a minute, the share of time that is spoken, and ranges of amplitudes in px."""

    micro: float
    macro: float
    blinks: float
    speech: float
    micro_amplitude: tuple[float, float]
    macro_amplitude: tuple[float, float]


def draw_events(duration, rates, classes, rng, *, is_empty):
    """Draw movements and speech of a video, none of which overlaps another, and blinks, which may.

    Parameters
    ----------
    duration : float
        Seconds.
    rates : Rates
        How many.
    classes : tuple of (list of str, ndarray, dict)
        Class names, their shares, and for each its movements and their probabilities.
    rng : numpy.random.Generator
        Source of randomness.
    is_empty : bool
        Whether the video has no movement.

    Returns
    -------
    list of Event
        By start.
    """
    counts = _movement_counts(duration / 60, rates, rng, is_empty)
    counts["speech"] = rng.poisson(duration * rates.speech / np.mean(_SPEECH_SECONDS))
    kinds = rng.permutation([kind for kind, number in counts.items() for _ in range(number)])
    drawn = [_draw(kind, rates, classes, rng) for kind in kinds]
    drawn = _fitting(drawn, duration - 2 * _GAP)
    free = duration - _GAP - sum(event.length + _GAP for event in drawn)
    waits = np.sort(rng.uniform(0, max(free, 0), len(drawn)))
    events, clock = [], _GAP
    for event, wait in zip(drawn, waits, strict=True):
        events.append(_at(event, clock + wait))
        clock += event.length + _GAP
    blinks = [_at(_blink(rng), second) for second in _blink_seconds(duration, rates.blinks, rng)]
    return sorted(events + blinks, key=lambda event: event.start)


def _movement_counts(minutes, rates, rng, is_empty):
    """Numbers of movements of each type: at least one of any, unless the video is to have none."""
    counts = {kind: rng.poisson(minutes * getattr(rates, kind)) for kind in ("micro", "macro")}
    if is_empty:
        return dict.fromkeys(counts, 0)
    if not sum(counts.values()) and rates.micro + rates.macro > 0:
        counts["macro" if rng.random() * (rates.micro + rates.macro) < rates.macro else "micro"] = 1
    return counts


def _fitting(drawn, room):
    """Leave out events for which the video has no room, speech before the last movement."""
    lengths = np.cumsum([event.length + _GAP for event in drawn])
    kept = drawn[: int(np.searchsorted(lengths, room))]
    if all(event.kind == "speech" for event in kept):
        movements = [event for event in drawn if event.kind != "speech" and event.length + _GAP <= room]
        kept = movements[:1] or kept
    return kept


def _at(event, start):
    return Event(**{**event.__dict__, "start": float(start)})


def _draw(kind, rates, classes, rng):
    if kind == "speech":
        return Event("speech", 0.0, rng.uniform(*_SPEECH_SECONDS), 0.1, 0.8, rng.uniform(3, 8))
    names, shares, tables = classes
    emotion = str(rng.choice(names, p=shares))
    movements, probabilities = tables[emotion]
    movement = movements[rng.choice(len(movements), p=probabilities)]
    is_micro = kind == "micro"
    seconds, amplitude = (
        (_MICRO_SECONDS, rates.micro_amplitude) if is_micro else (_MACRO_SECONDS, rates.macro_amplitude)
    )
    rise = rng.uniform(0.25, 0.5)
    hold = rng.uniform(0.0, 0.2) if is_micro else rng.uniform(0.1, 0.4) * (1 - rise)
    length, size = rng.uniform(*seconds), rng.uniform(*amplitude)
    return Event(str(kind), 0.0, length, rise, hold, size, emotion, movement)


def _blink(rng):
    return Event("blink", 0.0, rng.uniform(*_BLINK_SECONDS), 0.35, 0.1, rng.uniform(10, 16))


def _blink_seconds(duration, rate, rng):
    seconds = np.sort(rng.uniform(0.5, max(0.6, duration - 0.5), rng.poisson(duration * rate / 60)))
    return [second for k, second in enumerate(seconds) if k == 0 or second - seconds[k - 1] > 0.5]


def syllables(event, times, rng):
    """Opening of the mouth in speech, 0 to 1: syllables of unequal strength within the event's profile."""
    beats = np.cumsum(1 / rng.uniform(*_SYLLABLES, size=int(event.length * _SYLLABLES[1]) + 2))
    beats = event.start + np.concatenate([[0.0], beats])
    strength = rng.uniform(0.2, 1.0, len(beats) - 1)
    opening = np.zeros(len(times))
    for first, last, size in zip(beats[:-1], beats[1:], strength, strict=True):
        inside = (times >= first) & (times < last)
        opening[inside] = size * np.sin(np.pi * (times[inside] - first) / (last - first)) ** 2
    return opening * event.profile(times)
