"""Description of a movement: regions that moved, how far, and the action units that it resembles."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from skmer._utils._arguments import FLAG, Items, Numbers, checked
from skmer.datasets import LongVideos
from skmer.face import ACTION_UNITS, COMPONENTS, action_unit_field
from skmer.landmarks import FaceTrack, align_landmarks
from skmer.spotting._curves import LIDS, REGIONS
from skmer.spotting._spot_then_recognise import movement_clips
from skmer.spotting._spotter import check_tracks, movements_of

_POINTS = [7, 8, 9, *range(17, 68)]  # the rest of the jaw's outline slides along the face
_EYES = frozenset(COMPONENTS["right_eye"] + COMPONENTS["left_eye"])
_MOST_UNITS = 3
_LEAST_GAIN = 0.06  # of the movement's energy that a further unit has to explain
_NAMED = 0.4  # of the strongest region
_UNITS = [(unit, side) for unit in ACTION_UNITS for side in ("both", "left", "right")]


class UnitLikeness(NamedTuple):
    """An action unit that a movement resembles.

    Attributes
    ----------
    number : int
        Of the unit.
    side : str
        "both", "left" or "right", as the viewer sees it.
    amplitude_px : float
        Largest displacement by it.
    confidence : float
        Share of the movement that it explains beside the units before it, in [0, 1].
    """

    number: int
    side: str
    amplitude_px: float
    confidence: float


@checked(displacement=[Numbers(68, 2)], lids=FLAG)
def resembled_units(displacement, *, lids=True):
    """Action units whose displacement fields together resemble a movement.

    Parameters
    ----------
    displacement : array-like of shape (68, 2)
        Of the landmarks from onset to apex, head motion removed, in px.
    lids : bool, default=True
        Whether the eyes count; False where they blink.

    Returns
    -------
    list of UnitLikeness
        At most three, the one that explains most first; none for a still face. Their confidences sum to one
        at most; what is missing is explained by no unit.

    Notes
    -----
    Units are added one by one, that which leaves least of the sum of squares, with amplitudes not below zero,
    as long as one explains 6 % more. The fields are anatomy, not measurements: this is a likeness, no coding
    by the Facial Action Coding System.

    Examples
    --------
    >>> from skmer.face import action_unit_field
    >>> from skmer.spotting import resembled_units
    >>> unit = resembled_units(2 * action_unit_field(12, side="left"))[0]
    >>> unit.number, unit.side, round(unit.amplitude_px, 2), round(unit.confidence, 2)
    (12, 'left', 2.0, 1.0)
    """
    points = [point for point in _POINTS if lids or point not in _EYES]
    moved = np.asarray(displacement, dtype=float)[points].ravel()
    energy = float(moved @ moved)
    if energy < 1e-12:
        return []
    fields = np.stack([action_unit_field(*unit)[points].ravel() for unit in _UNITS], axis=1)
    chosen, left = [], energy
    while len(chosen) < _MOST_UNITS:
        trials = [
            (_rest(fields[:, [*(k for k, _ in chosen), j]], moved), j)
            for j in range(len(_UNITS))
            if _UNITS[j][0] not in {_UNITS[k][0] for k, _ in chosen}
        ]
        rest, best = min(trials)
        if (left - rest) / energy < _LEAST_GAIN:
            break
        chosen.append((best, (left - rest) / energy))
        left = rest
    if not chosen:
        return []
    sizes = _amplitudes(fields[:, [k for k, _ in chosen]], moved)
    return [
        UnitLikeness(*_UNITS[k], float(size), float(gain))
        for (k, gain), size in zip(chosen, sizes, strict=True)
    ]


def _amplitudes(fields, moved):
    return nnls(fields, moved)[0]


def _rest(fields, moved):
    left = moved - fields @ _amplitudes(fields, moved)
    return float(left @ left)


@checked(tracks=[LongVideos, Items(FaceTrack)], movements=[pd.DataFrame])
def describe_movements(tracks, movements):
    """Regions that moved in each movement, how far, and which action units that resembles.

    Parameters
    ----------
    tracks : list of FaceTrack, or LongVideos of landmarks
        The videos.
    movements : DataFrame
        Movements with ``video``, ``onset``, ``apex`` and ``offset``.

    Returns
    -------
    DataFrame
        The movements with ``regions`` ("left brow, inner end +1.32 px (0.0074)": direction, px, and outer
        eye-corner distances), ``peak_px`` and ``peak_iod`` (largest displacement of any region, in px and in
        outer eye-corner distances), ``resembles`` ("AU4 both 0.81") and ``displacement``, an array (68, 2) in
        px from onset to apex, head motion removed, or None where the face was lost.

    Examples
    --------
    >>> from skmer.datasets import make_long_videos
    >>> from skmer.spotting import describe_movements
    >>> videos = make_long_videos(n_subjects=2, n_videos=2, duration=60, empty=0, random_state=0)
    >>> table = describe_movements(videos.tracks(), videos.intervals)
    >>> bool((table["peak_px"] > 0).all())
    True
    """
    tracks = check_tracks(tracks)
    named = {track.name: track for track in tracks}
    movements = movements_of("movements", movements, tracks)
    clips, rows = movement_clips(tracks, movements)
    told: list[dict] = [_nothing() for _ in range(len(movements))]
    for clip, row in zip(clips, rows, strict=True):
        aligned = align_landmarks(clip)
        moved = aligned[1] - aligned[0]
        track = named[movements["video"][row]]
        ends = movements.loc[row, [name for name in ("onset", "apex") if name in movements]]
        blinks = bool(track.blinks[[int(end) for end in ends if not pd.isna(end)]].any())
        told[row] = _told(moved, track.interocular, blinks)
    columns = list(_nothing())
    made = pd.DataFrame(told, columns=columns, index=movements.index)
    return movements.drop(columns=[name for name in columns if name in movements]).join(made)


def _nothing():
    return {
        "regions": "",
        "peak_px": np.nan,
        "peak_iod": np.nan,
        "resembles": "",
        "displacement": None,
    }


def _told(moved, unit, blinks):
    sizes = {
        name: float(moved[list(points)].mean(axis=0) @ way)
        for name, (points, way) in REGIONS.items()
        if not (blinks and name in LIDS)  # a blink is no part of the movement
    }
    peak = max(abs(size) for size in sizes.values())
    strong = sorted((n for n in sizes if abs(sizes[n]) >= _NAMED * peak), key=lambda n: -abs(sizes[n]))
    units = sorted(resembled_units(moved, lids=not blinks), key=lambda unit: -unit.confidence)
    return {
        "regions": "; ".join(f"{name} {sizes[name]:+.2f} px ({sizes[name] / unit:+.4f})" for name in strong),
        "peak_px": peak,
        "peak_iod": peak / unit,
        "resembles": "; ".join(f"AU{u.number} {u.side} {u.confidence:.2f}" for u in units),
        "displacement": moved,
    }
