"""Synthetic long videos with known movements, as landmark tracks or as images."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from skmer._utils._arguments import FLAG, SEED, Numbers, check_argument, checked, integer, positive, real
from skmer.datasets._long_videos import MOVEMENT_COLUMNS, LongVideos
from skmer.datasets._synthetic._corpus_plan import FACE_WIDTH, REFERENCE_SIZE, check_range, numpy_generator
from skmer.datasets._synthetic._expressions import class_movements, class_table
from skmer.datasets._synthetic._head_motion import draw_head, slow_noise, turned
from skmer.datasets._synthetic._landmark_clips import correlated_noise, identity_shapes
from skmer.datasets._synthetic._timeline import VISIBLE, Rates, draw_events, syllables
from skmer.face import action_unit_field

_DRIFT = 0.12  # px of a 280 px face: slow errors of a tracker, and a neutral face that is never quite still
_BROW_IN_BLINK = 0.04  # of the lids' movement
_MOST_FRAMES = 2_000_000  # bounds the memory


@dataclass(frozen=True, eq=False)
class LongVideoTruth:
    """Ground truth of synthetic long videos.

    Attributes
    ----------
    points : ndarray of shape (n_videos,), object
        True positions (n_frames, 68, 2) in px, head motion included.
    displacement : ndarray of shape (n_videos,), object
        Displacement (n_frames, 68, 2) by movements of the face alone, in px.
    blinks, speech : ndarray of shape (n_videos,), object
        Frames (n_frames,) of each, bool.
    """

    points: np.ndarray
    displacement: np.ndarray
    blinks: np.ndarray
    speech: np.ndarray

    def take(self, rows):
        """Select the truth of some videos.

        Parameters
        ----------
        rows : array-like or slice
            Any numpy index of rows.

        Returns
        -------
        LongVideoTruth
        """
        return LongVideoTruth(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@checked(
    duration=[real(0, 1e6), Numbers(2)],
    micro_per_minute=[real(0, 1e3)],
    macro_per_minute=[real(0, 1e3)],
    blinks_per_minute=[real(0, 1e3)],
    images=FLAG,
    random_state=SEED,
)
def make_long_videos(
    n_subjects=6,
    n_videos=12,
    *,
    duration=(40.0, 80.0),
    fps=30.0,
    micro_per_minute=3.0,
    macro_per_minute=4.0,
    blinks_per_minute=14.0,
    speech=0.08,
    empty=0.2,
    micro_amplitude=(0.8, 3.0),
    macro_amplitude=(3.0, 9.0),
    head_motion=1.0,
    noise=0.05,
    dataset="casme2",
    face_size=280.0,
    images=False,
    random_state=None,
):
    """Make long videos of neutral faces that move now and then.

    Heads sway, turn and nod; eyes blink; mouths speak; and sometimes a face shows a macro- or a
    micro-expression of a class of the data set, by the displacement fields of its action units.

    Parameters
    ----------
    n_subjects : int, default=6
        Subjects, each with at least one video.
    n_videos : int, default=12
        Videos, at least one for every subject.
    duration : float or (float, float), default=(40, 80)
        Seconds of a video, or the range that they are drawn from.
    fps : float, default=30
        Frames a second. What happens does not depend on it.
    micro_per_minute, macro_per_minute, blinks_per_minute : float, default=3, 4, 14
        Expected number of events a minute.
    speech : float, default=0.08
        Share of the time that is spoken.
    empty : float, default=0.2
        Share of the videos without a movement; the others have at least one, if they are long enough for it
        and any is expected.
    micro_amplitude, macro_amplitude : (float, float), default=(0.8, 3), (3, 9)
        Range of the apex's largest displacement in px of a 280 px face.
    head_motion : float, default=1
        Factor of the head's motion.
    noise : float, default=0.05
        Standard deviation of the landmarks' noise in px, of each frame; where it is not zero there is a slow
        drift beside it, of .12 px of a 280 px face. Images have pixel noise of 2 grey levels instead.
    dataset : {"casme2", "samm", "casme3"}, default="casme2"
        Data set whose classes and action units are used.
    face_size : float, default=280
        Width of the face in px, between the first and the last jaw point.
    images : bool, default=False
        Frames are grey images, which are made when they are asked for, instead of landmarks.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same videos every time.

    Returns
    -------
    LongVideos
        With a `truth`. A movement's interval holds the frames in which it has at least 5 % of its apex.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ImportError
        If images are asked for and scikit-image, which holds the picture, is not installed.

    Notes
    -----
    Micro-expressions last up to half a second, macro-expressions .7 to 3. Movements and speech do not
    overlap; blinks, with a small pull at the brows, may fall anywhere. Turns of the head out of the image
    plane move points by their depth, which no similarity takes out.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> videos = make_long_videos(n_subjects=2, n_videos=2, duration=60, empty=0, random_state=0)
    >>> videos.intervals.columns[:7].tolist()
    ['video', 'onset', 'apex', 'offset', 'type', 'emotion', 'action_units']
    >>> faster = make_long_videos(n_subjects=2, n_videos=2, duration=60, empty=0, fps=100, random_state=0)
    >>> bool(abs(faster.intervals["apex_s"] - videos.intervals["apex_s"]).max() < 0.04)
    True
    """
    low, high = _check(n_subjects, n_videos, duration, fps, empty, face_size)
    for name, value in (("head_motion", head_motion), ("noise", noise), ("speech", speech)):
        _check_share(name, value, np.inf if name != "speech" else 0.9)
    amplitudes = (
        check_range("micro_amplitude", micro_amplitude),
        check_range("macro_amplitude", macro_amplitude),
    )
    rates = Rates(micro_per_minute, macro_per_minute, blinks_per_minute, speech, *amplitudes)
    rng = numpy_generator(random_state)
    classes = _classes(dataset)
    subject = np.sort(np.arange(n_videos) % n_subjects)
    is_empty = rng.permutation(n_videos) < round(empty * n_videos)
    shapes = identity_shapes(n_subjects, rng)
    # Each video has a stream of its own, and its noise another: what happens is the same at any frame rate.
    streams = rng.spawn(n_videos)
    videos = []
    for video, own in enumerate(streams):
        seconds = own.uniform(low, high)
        events = draw_events(seconds, rates, classes, own, is_empty=is_empty[video])
        scene = _Scene(
            seconds, events, draw_head(seconds, head_motion, own), shapes[subject[video]], face_size
        )
        videos.append(scene.film(fps, *own.spawn(2)))
    if images:
        frames = _render(videos, subject, face_size, rng)
        points = [video.points for video in frames]
    else:
        frames = [_noisy(film, noise, face_size) for film in videos]
        points = [film.points + _place(face_size) for film in videos]
    return _corpus(frames, points, videos, subject, fps, dataset, random_state)


def _check(n_subjects, n_videos, duration, fps, empty, face_size):
    check_argument("n_subjects", n_subjects, [integer(1)])
    check_argument("n_videos", n_videos, [integer(1)])
    if n_videos < n_subjects:
        raise ValueError(f"n_videos must be at least n_subjects={n_subjects}, got {n_videos}.")
    check_argument("fps", fps, [positive()])
    check_argument("face_size", face_size, [positive()])
    _check_share("empty", empty, 1)
    low, high = check_range("duration", (duration, duration) if np.ndim(duration) == 0 else duration)
    if low < 2:
        raise ValueError(f"duration must be at least 2 s, got {duration!r}.")
    if high * fps * n_videos > _MOST_FRAMES:
        raise ValueError(
            f"n_videos, duration and fps must make at most {_MOST_FRAMES} frames, they make "
            f"{high * fps * n_videos:.0f}; make several corpora."
        )
    return low, high


def _check_share(name, value, most):
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not 0 <= value <= most
        or value == np.inf
    ):
        raise ValueError(f"{name} must be a number from 0 to {most:g}, got {value!r}.")


def _classes(dataset):
    table = class_table(dataset)
    names = sorted(table)
    counts = np.array([table[name].count for name in names], dtype=float)
    return names, counts / counts.sum(), {name: class_movements(table[name]) for name in names}


@dataclass(frozen=True, eq=False)
class Film:
    """Frames of a scene: seconds, true points and displacements in px, events, and a stream for noise."""

    times: np.ndarray
    neutral: np.ndarray
    displacement: np.ndarray
    parallax: np.ndarray
    motion: np.ndarray
    blinks: np.ndarray
    speech: np.ndarray
    events: list
    noise: np.random.Generator

    @property
    def points(self):
        """True points (n_frames, 68, 2), without the place of the face in the image."""
        moved = self.neutral + self.displacement + self.parallax
        return np.einsum("tij,tpj->tpi", self.motion[..., :2], moved) + self.motion[:, None, :, 2]


@dataclass(frozen=True, eq=False)
class _Scene:
    seconds: float
    events: list
    head: tuple
    shape: np.ndarray
    face_size: float

    def film(self, fps, speech_rng, noise_rng):
        """The scene at a frame rate."""
        times = np.arange(int(self.seconds * fps + 1e-6)) / fps
        unit = self.face_size / FACE_WIDTH
        scale = self.face_size / REFERENCE_SIZE
        moved = np.zeros((len(times), 68, 2))
        blinks, speech = np.zeros((2, len(times)), dtype=bool)
        for event in self.events:
            share = event.profile(times)
            if event.kind == "blink":
                moved += scale * event.amplitude * share[:, None, None] * _BLINK
                blinks |= share > VISIBLE
            elif event.kind == "speech":
                opening = syllables(event, times, speech_rng.spawn(1)[0])
                moved += scale * event.amplitude * opening[:, None, None] * _SPEECH
                speech |= share > 0
            else:
                moved += scale * event.amplitude * share[:, None, None] * event.movement.field
        parallax, motion = turned(self.head, times, unit)
        return Film(times, unit * self.shape, moved, parallax, motion, blinks, speech, self.events, noise_rng)


_BLINK = action_unit_field(43) + _BROW_IN_BLINK * action_unit_field(4)
_SPEECH = action_unit_field(25) - 0.6 * action_unit_field(17)


def _place(face_size):
    """Centre of an image of the default size in px."""
    return np.array([11, 12]) / 14 * face_size


def _noisy(film, noise, face_size):
    """Points as a tracker gives them, about the centre of an image."""
    points = film.points + _place(face_size)
    if not noise:
        return points
    white, slow = film.noise.spawn(2)
    scale = face_size / REFERENCE_SIZE
    grid, curves = slow_noise(film.times[-1], 136, slow)
    drift = np.stack([np.interp(film.times, grid, curve) for curve in curves], axis=-1)
    mixed = correlated_noise((), slow)  # one smooth field, so that near points drift alike
    drift = scale * _DRIFT * (0.5 * drift.reshape(-1, 68, 2) + 0.5 * drift[:, :1, None] * mixed)
    return points + drift + noise * white.standard_normal(points.shape)


def _render(films, subject, face_size, rng):
    from skmer.datasets._synthetic._rendered import render_films

    return render_films(films, subject, face_size, rng)


def _corpus(frames, points, films, subject, fps, dataset, random_state):
    group = [f"synthetic-{dataset}/s{number + 1:02d}" for number in subject]
    order = pd.Series(group).groupby(group).cumcount() + 1
    names = [f"s{number + 1:02d}_{k}" for number, k in zip(subject, order, strict=True)]
    rows = [row for name, film in zip(names, films, strict=True) for row in _movements(name, film)]
    truth = LongVideoTruth(
        _objects(points),
        *(_objects([getattr(film, name) for film in films]) for name in ("displacement", "blinks", "speech")),
    )
    seed = random_state if isinstance(random_state, (int, np.integer)) else "unseeded"
    return LongVideos(
        frames,
        [film.times for film in films],
        pd.DataFrame(rows, columns=[*MOVEMENT_COLUMNS, "amplitude_px"]),
        group,
        names=names,
        fingerprint=f"synthetic {dataset}, {fps:g} frames a second, random_state={seed}",
        truth=truth,
    )


def _objects(values):
    made = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        made[k] = value
    return made


def _movements(name, film):
    for event in film.events:
        if event.movement is None:
            continue
        shown = np.flatnonzero(event.profile(film.times) >= VISIBLE)
        if len(shown):
            apex = int(np.argmin(np.abs(film.times - event.apex)))
            units = "+".join(map(str, event.movement.units))
            yield (name, shown[0], apex, shown[-1], event.kind, event.emotion, units, event.amplitude)
