"""Synthetic corpora of landmarks with a known generative model and so a known best score."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from skmer._utils._arguments import (
    FLAG,
    SEED,
    TEXT,
    Numbers,
    check_argument,
    checked,
    integer,
    positive,
    real,
)
from skmer.datasets._clips import ClipTruth, MicroExpressionClips
from skmer.datasets._layouts import clip_name, subject_name
from skmer.datasets._synthetic._corpus_plan import (
    FACE_WIDTH,
    REFERENCE_SIZE,
    Variability,
    covariance_root,
    draw_plan,
    numpy_generator,
)
from skmer.datasets._synthetic._timeline import constant_speed, draw_course, raised_cosine
from skmer.face import MEAN_SHAPE

# name -> (rms error of the onset-apex displacement per coordinate in px at a 280 px face, gain)
NOISE_LEVELS = {"single": (0.77, 0.82), "averaged": (0.19, 0.82), "flow": (0.03, 0.9)}

_IDENTITY_SIZE = 0.035  # rms deviation of a person's points from the mean shape, in eye-corner distances
_IDENTITY_RANGE = 0.5
_NOISE_RANGE = 0.25
_OWN_NOISE = 0.3  # share of the noise variance that a point does not share with its neighbours


@checked(
    n_subjects=[integer(1, 10**6)],
    n_clips=[integer(1, 10**7)],
    dataset=TEXT,
    noise=[str, real(0, 1e3)],
    gain=[real(0, 1e6), None],
    amplitude=[Numbers(2)],
    head_motion=[real(0, 1e6)],
    face_size=[real(1, 1e4)],
    n_classes=[Integral, None],
    class_sep=[real(0, 1e6)],
    flip_y=[real(0, 1)],
    subject_effects=[real(0, 1e6)],
    within_class_variation=[real(0, 1e6)],
    offset=FLAG,
    sequence=FLAG,
    fps=[real(1e-3, 1e6)],
    random_state=SEED,
)
def make_landmark_clips(
    n_subjects=26,
    n_clips=247,
    *,
    dataset="casme2",
    noise="flow",
    gain=None,
    amplitude=(0.5, 2.5),
    head_motion=1.0,
    face_size=280.0,
    n_classes=None,
    class_sep=1.0,
    flip_y=0.0,
    subject_effects=0.0,
    within_class_variation=0.0,
    offset=True,
    sequence=False,
    fps=200,
    random_state=None,
):
    """Make landmarks of synthetic micro-expressions.

    Every clip is a person's neutral shape (mean shape plus smooth individual variation) moved by the action
    units of its class, seen through head motion and a landmark detector's gain and noise. Class counts, units
    per class and one-sided shares are those of the data set; subjects have few clips or many and most miss a
    class. By default the clips of a class show its units and nothing else, which is easier than real
    data: `within_class_variation`, `subject_effects`, `class_sep` and `flip_y` make a corpus as hard as real
    ones.

    Parameters
    ----------
    n_subjects : int, default=26
        Subjects, at least two.
    n_clips : int, default=247
        Clips, at least one for every subject and class.
    dataset : {"casme2", "samm", "casme3", "megc2019"}, default="casme2"
        Data set whose classes and action units are used: CASME II, SAMM, CAS(ME)3, or CASME II and SAMM in
        three classes with the counts of the composite of 2019.
    noise : {"flow", "averaged", "single"} or float, default="flow"
        Rms error of the onset-apex displacement per coordinate, in px of a 280 px face. ``"single"`` is dlib
        on each frame (.77 px), ``"averaged"`` dlib's mean over jittered boxes (.19), ``"flow"`` optical flow
        from the onset's landmarks (.03). Each frame gets ``1 / sqrt(2)`` of it, correlated between near
        points.
    gain : float, default=None
        Share of a true displacement that is seen; by default .82 for ``"single"`` and ``"averaged"``, .9 for
        ``"flow"`` and 1 for a number.
    amplitude : (float, float), default=(0.5, 2.5)
        Range of the apex's largest displacement, uniform, in px of a 280 px face. The offset keeps 0-30 % of
        it.
    head_motion : float, default=1.0
        Factor of the rigid motion of apex and offset: up to .5 degrees, 3 px and .5 % each way. Zero for
        none.
    face_size : float, default=280
        Width in px of the mean face between the first and the last jaw point (0 and 16), which is about its
        height from brow to chin. Amplitudes, head motion and noise grow with it.
    n_classes : {3, 5, 7}, default=None
        Number of classes; by default the one that the set is reported with: 5, 5, 7 and 3. Three are
        negative, positive and surprise, without others, and all four sets have them; seven are SAMM's without
        others, and CAS(ME)3's.
    class_sep : float, default=1.0
        Share of its own class in a clip's movement, from 0 to 1; the rest is a movement of a class drawn at
        random. At 1 the classes share what units they have in common and no more, at 0 nothing tells them
        apart.
    flip_y : float, default=0.0
        Fraction of clips, from 0 to 1, whose labels are shuffled among each other (label noise). Class counts
        stay; ``truth.label`` keeps the class that a clip was drawn from.
    subject_effects : float, default=0.0
        Strength of differences between subjects in showing a class, from 0 to 3: standard deviation of the
        log of a unit's strength, and of the log odds that a subject uses it. Each subject also prefers a
        side, leans to one in two-sided movements, and moves each unit along a smooth path of its own, of half
        that rms relative to the movement's.
    within_class_variation : float, default=0.0
        Strength of differences between the clips of one class and subject, from 0 to 3. At each point the
        movement is rotated by an angle and scaled by a factor; this is the rms of the angle in rad and of the
        factor's log, which are drawn for each clip and smooth over the face. A smooth movement of .3 times
        this, relative to the clip's rms, is added.
    offset : bool, default=True
        False for corpora without an offset frame: its landmarks equal the onset's, so that its displacement
        is zero.
    sequence : bool, default=False
        Whether clips have ``sequences`` (n_frames, 68, 2) and ``times`` too: .12 to .7 s from onset to
        offset, in which the movement rises to the apex and falls by half a cosine wave each. The keyframes
        are those without, and the positions of the three are in the table. 247 clips take 22 MB.
    fps : float, default=200
        Frames a second of the sequences, from 20 to 1000.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same corpus every time.

    Returns
    -------
    clips : MicroExpressionClips
        With landmarks (n_clips, 3, 68, 2) in px as frames and a `truth`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    See Also
    --------
    bayes_accuracy : The best accuracy that is possible on such a corpus.
    make_face_clips : Images instead of landmarks.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> clips = make_landmark_clips(random_state=0)
    >>> clips
    MicroExpressionClips: 247 clips, 26 subjects (folds)
      classes: disgust 64, happiness 32, others 99, repression 27, surprise 25
      frames: landmarks (68 points, px)
      dropped 0, corrected 0
      source: synthetic casme2, random_state=0, sha256 ...
    """
    rms, gain = noise_level(noise, gain)
    check_argument("face_size", face_size, [positive()])
    scale = face_size / REFERENCE_SIZE
    rng = numpy_generator(random_state)
    variability = Variability(class_sep, flip_y, subject_effects, within_class_variation)
    options = {"n_classes": n_classes, "variability": variability, "offset": offset}
    plan = draw_plan(dataset, n_subjects, n_clips, amplitude, rng, **options)
    # A stream of its own, so that keyframes are the same with and without sequences.
    own = rng.spawn(1)[0]
    course = draw_course(n_clips, fps, own) if sequence else None
    displacement = scale * plan.displacement
    onset = identity_shapes(n_subjects, rng)[plan.subject] * face_size / FACE_WIDTH + face_size
    motion = draw_head_motion(n_clips, head_motion, scale, rng)
    frame_noise = rms * scale / np.sqrt(2) * correlated_noise((n_clips, 3), rng)
    seen = apply_head_motion(motion, onset[:, None] + gain * displacement) + frame_noise
    points = apply_head_motion(motion, onset[:, None] + displacement)
    if not offset:
        seen[:, 2], points[:, 2], motion[:, 2] = seen[:, 0], points[:, 0], motion[:, 0]
    truth = plan_truth(plan, scale, displacement, points)
    if course is None:
        return synthetic_clips(seen, plan, truth, dataset, random_state)
    rms = rms * scale / np.sqrt(2)
    sequences = [
        _seen_sequence(course.keyframes(k), seen[k], onset[k], gain * displacement[k], motion[k], rms, own)
        for k in range(n_clips)
    ]
    return synthetic_clips(seen, plan, truth, dataset, random_state, course, sequences)


def _seen_sequence(keyframes, seen, onset, displacement, motion, rms, rng):
    """Landmarks (n_frames, 68, 2) of one clip, of which those of the keyframes were seen already."""
    moved = onset + raised_cosine(keyframes, displacement)
    landmarks = apply_head_motion(constant_speed(keyframes, motion)[None], moved[None])[0]
    landmarks += rms * correlated_noise((len(landmarks),), rng)
    landmarks[list(keyframes)] = seen
    return landmarks


def noise_level(noise, gain=None):
    """Rms error in px at a 280 px face and gain of a detector.

    Parameters
    ----------
    noise : str or float
        A key of `NOISE_LEVELS` or an rms error.
    gain : float, default=None
        Replaces the detector's own.

    Returns
    -------
    rms, gain : float
    """
    if isinstance(noise, str) and noise in NOISE_LEVELS:
        rms, own_gain = NOISE_LEVELS[noise]
    elif isinstance(noise, Real) and not isinstance(noise, bool) and 0 <= noise < np.inf:
        rms, own_gain = float(noise), 1.0
    else:
        raise ValueError(
            f"noise must be one of {sorted(NOISE_LEVELS)} or a number of px >= 0, got {noise!r}."
        )
    if gain is not None:
        check_argument("gain", gain, [positive()])
    return rms, own_gain if gain is None else float(gain)


def noise_correlation():
    """Correlation (68, 68) of a detector's errors; those of near points are alike."""
    # A detector moves neighbouring points together, and each a little by itself.
    near = np.exp(-cdist(MEAN_SHAPE, MEAN_SHAPE) / _NOISE_RANGE)
    return _OWN_NOISE * np.eye(68) + (1 - _OWN_NOISE) * near


def correlated_noise(shape, rng):
    """Noise of unit variance, correlated between points: (*shape, 68, 2)."""
    return np.einsum(
        "ij,...jk->...ik", covariance_root(noise_correlation()), rng.standard_normal((*shape, 68, 2))
    )


def identity_shapes(n_subjects, rng):
    """Neutral shapes (n_subjects, 68, 2) in eye-corner distances: the mean shape, smoothly varied."""
    # Neighbouring points of a face differ alike from person to person: independent ones would cross.
    smooth = np.exp(-0.5 * (cdist(MEAN_SHAPE, MEAN_SHAPE) / _IDENTITY_RANGE) ** 2)
    variation = covariance_root(smooth) @ rng.standard_normal((n_subjects, 68, 2))
    return MEAN_SHAPE + _IDENTITY_SIZE * variation


def draw_head_motion(n_clips, factor, scale, rng):
    """Similarities (n_clips, 3, 2, 3) of the frames about the face's origin; the onset's is the identity."""
    if not isinstance(factor, Real) or isinstance(factor, bool) or not 0 <= factor < np.inf:
        raise ValueError(f"head_motion must be a number of at least 0, got {factor!r}.")
    # All motion is relative to the onset, whose own draws are set to zero.
    angle, grow, x, y = factor * rng.uniform(-1, 1, (4, n_clips, 3)) * (np.arange(3) > 0)
    size, angle = 1 + 0.005 * grow, np.deg2rad(0.5 * angle)
    cosine, sine = size * np.cos(angle), size * np.sin(angle)
    rows = [cosine, -sine, 3 * scale * x, sine, cosine, 3 * scale * y]
    return np.stack(rows, axis=-1).reshape(n_clips, 3, 2, 3)


def apply_head_motion(motion, points):
    """Move points (n, n_frames, 68, 2) by similarities about the onset's nose base (point 33)."""
    center = points[:, :1, 33:34]
    return np.einsum("nfij,nfpj->nfpi", motion[..., :2], points - center) + center + motion[:, :, None, :, 2]


def plan_truth(plan, scale, displacement, points):
    """Ground truth of the drawn clips; ClipTruth."""
    units, unit_amplitude = np.empty((2, len(plan.label)), object)
    for clip, movement in enumerate(plan.movement):
        units[clip] = movement.units
        unit_amplitude[clip] = tuple(scale * plan.amplitude[clip, 1] * share for share in movement.strengths)
    side = np.array([movement.side for movement in plan.movement])
    return ClipTruth(displacement, points, plan.label, units, unit_amplitude, scale * plan.amplitude, side)


# A sheet names the person's own side.
_SHEET_SIDE = {"both": "", "left": "R", "right": "L"}


def clip_names(plan, dataset):
    """Names of the subject and the clip, of every clip; list of (str, str)."""
    order = pd.Series(plan.subject).groupby(plan.subject).cumcount() + 1
    return [
        (subject_name(dataset, number + 1), clip_name(dataset, number + 1, clip))
        for number, clip in zip(plan.subject, order, strict=True)
    ]


def synthetic_clips(frames, plan, truth, dataset, random_state, course=None, sequences=None):
    """Clips of a synthetic corpus with the table that a reader would give."""
    name = f"synthetic-{dataset}"
    subject, clip = zip(*clip_names(plan, dataset), strict=True)
    table = pd.DataFrame(
        {
            "dataset": name,
            "subject": subject,
            "clip": clip,
            "action_units": [
                "+".join(f"{_SHEET_SIDE[side]}{unit}" for unit in units)
                for units, side in zip(truth.units, truth.side, strict=True)
            ],
        }
    )
    times = None
    if course is not None:
        table = table.assign(onset=0, apex=course.apex, offset=course.offset)
        times = [course.times(row) for row in range(len(table))]
    groups = [f"{name}/{person}" for person in subject]
    content = {"table": table, "truth": truth, "sequences": sequences, "times": times}
    clips = MicroExpressionClips(frames, plan.target, groups, **content)
    seed = random_state if isinstance(random_state, (int, np.integer)) else "unseeded"
    clips.fingerprint = f"synthetic {dataset}, random_state={seed}, {clips.fingerprint.partition(', ')[2]}"
    return clips
