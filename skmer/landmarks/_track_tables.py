"""Tables of tracks as OpenFace and py-feat write them."""

import io
from pathlib import Path

import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, TEXT, checked, real
from skmer._utils._csv_tables import naming, read_csv_table
from skmer._utils._files import write_atomically
from skmer.landmarks._face_track import FaceTrack

_POINTS = [f"{axis}_{point}" for axis in "xy" for point in range(68)]
# What Windows' C runtime prints for numbers that are none.
_NO_NUMBERS = ["-nan(ind)", "nan(ind)", "-nan", "nan", "inf", "-inf", "1.#IND", "-1.#IND", "1.#QNAN"]
_FACE = ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
_MOST_FRAMES = 1_000_000  # an hour and more at 200 a second; a number far from the others is none
_STEP = 0.5  # of the face's width that a face moves from one frame to the next, at most


@checked(path=PATH, fps=[real(1e-3, 1e6), None], name=[*TEXT, None], min_confidence=[real()])
def read_face_track(path, *, fps=None, name=None, min_confidence=0.0):
    """Read a track from a table that OpenFace or py-feat wrote.

    Parameters
    ----------
    path : str or path-like
        CSV file of OpenFace's FeatureExtraction (columns ``frame``, ``timestamp``, ``success``, ``x_0`` to
        ``y_67``) or of a Fex of py-feat (``frame``, ``FaceRectX``, ``FaceScore``, ``x_0`` to ``y_67``).
    fps : float, default=None
        Frames a second; py-feat's table and images do not tell it, OpenFace's time stamps do.
    name : str, default=None
        Name of the track; the file's by default.
    min_confidence : float, default=0.0
        Rows with a lower confidence or face score are NaN.

    Returns
    -------
    FaceTrack
        One row a frame from the first to the last; frames that are absent, without success, or whose numbers
        are none are NaN. Of several faces the one that is there in most frames is followed from frame to
        frame.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If columns are missing, it has no row, or the rate has to be given.

    References
    ----------
    Baltrusaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018, doi:10.1109/FG.2018.00019.

    Cheong et al., "Py-Feat: Python Facial Expression Analysis Toolbox", Affective Science 4, 2023,
    doi:10.1007/s42761-023-00191-4.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.landmarks import FaceTrack, read_face_track, write_face_track
    >>> track = FaceTrack(np.tile(300 + 160 * MEAN_SHAPE, (30, 1, 1)), 25.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_face_track(write_face_track(track, Path(folder) / "a.csv"))
    >>> len(again), again.fps, bool(abs(again.points - track.points).max() < 1e-3)
    (30, 25.0, True)
    """
    path = Path(path)
    options = {"skipinitialspace": True, "na_values": _NO_NUMBERS, "low_memory": False}
    table, file = read_csv_table(path, "path", "x_0", most=5_000, **options)
    with naming(file):
        return _track(table, path, fps, name, min_confidence)


def _track(table, path, fps, name, min_confidence):
    table.columns = table.columns.str.strip()
    lacking = [column for column in ("frame", *_POINTS) if column not in table]
    if lacking or not len(table):
        raise ValueError(
            f"{path}: expected a table of OpenFace or py-feat with rows, frame and x_0 to y_67, "
            f"{'it has no row' if not lacking else f'{lacking[0]} is absent'}."
        )
    table = table.assign(frame=pd.to_numeric(table["frame"], errors="coerce")).dropna(subset=["frame"])
    first, last = table["frame"].min(), table["frame"].max()
    if not last - first < _MOST_FRAMES:
        raise ValueError(f"{path}: expected numbers of frames in the column frame, got {first} to {last}.")
    points = table[_POINTS].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    points = points.reshape(-1, 2, 68).swapaxes(1, 2).copy()
    points[_is_failed(table, min_confidence)] = np.nan
    numbers = table["frame"].to_numpy(dtype=int)
    rows = _one_face(points, numbers, table)
    first, last = numbers.min(), numbers.max()
    kept = np.full((last - first + 1, 68, 2), np.nan)
    kept[numbers[rows] - first] = points[rows]
    return FaceTrack(kept, _times(table, numbers, first, last, fps, path), name=name or path.stem)


def _is_failed(table, min_confidence):
    failed = np.zeros(len(table), bool)
    if "success" in table:
        failed |= ~(pd.to_numeric(table["success"], errors="coerce") > 0).to_numpy()
    for column in ("confidence", "FaceScore"):
        if column in table:
            failed |= ~(pd.to_numeric(table[column], errors="coerce") >= min_confidence).to_numpy()
    return failed


def _one_face(points, numbers, table):
    """Rows of one face: each frame's nearest to where the face was, from the frame where most faces start."""
    usable = np.isfinite(points).all(axis=(1, 2))
    if "face_id" in table:
        ids = table["face_id"].to_numpy()
        counts = pd.Series(ids[usable]).value_counts()
        if len(counts):
            usable &= ids == counts.index[0]
    rows, last = [], None
    for number in np.unique(numbers[usable]):
        here = np.flatnonzero(usable & (numbers == number))
        centres = points[here].mean(axis=1)
        widths = np.ptp(points[here], axis=1).max(axis=1)
        if last is None:
            best = int(np.argmax(widths))
        else:
            gaps = np.linalg.norm(centres - last, axis=1)
            best = int(np.argmin(gaps))
            if gaps[best] > _STEP * widths[best] and len(here) > 1:
                continue
        rows.append(here[best])
        last = centres[best]
    return np.array(rows, dtype=int)


def _times(table, numbers, first, last, fps, path):
    every = np.arange(first, last + 1)
    if fps is not None:
        return (every - first) / float(fps)
    stamps = pd.to_numeric(table["timestamp"], errors="coerce") if "timestamp" in table else None
    if stamps is not None:
        known = pd.Series(stamps.to_numpy(), index=numbers).dropna().groupby(level=0).first()
        if len(known) > 1 and (np.diff(known) > 0).all():
            return np.interp(every, known.index, known.to_numpy()) - known.iloc[0] + _before(known, first)
    raise ValueError(f"fps must be given for {path}: the table has no time stamps; pass fps=30, say.")


def _before(known, first):
    step = np.median(np.diff(known) / np.diff(known.index))
    return (known.index[0] - first) * step


@checked(track=[FaceTrack], path=PATH, layout=TEXT)
def write_face_track(track, path, *, layout="openface"):
    """Write a track as a table that readers of OpenFace or py-feat take.

    Parameters
    ----------
    track : FaceTrack
        The track.
    path : str or path-like
        CSV file to write.
    layout : {"openface", "feat"}, default="openface"
        Columns ``frame`` (from 1), ``face_id``, ``timestamp``, ``confidence``, ``success`` and the points; or
        ``frame`` (from 0), the face's box and score, and the points.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If the layout is another one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skmer.landmarks import FaceTrack, write_face_track
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_face_track(FaceTrack(np.zeros((2, 68, 2)), 25.0), Path(folder) / "a.csv")
    ...     path.read_text().splitlines()[1][:24]
    '1,0,0.0,1.0,1,0.0,0.0,0.'
    """
    if layout not in ("openface", "feat"):
        raise ValueError(f"layout must be 'openface' or 'feat', got {layout!r}.")
    found = track.found
    flat = track.points.swapaxes(1, 2).reshape(len(track), -1).round(4)
    points = pd.DataFrame(flat, columns=_POINTS)
    if layout == "openface":
        about = {"frame": np.arange(1, len(track) + 1), "face_id": 0, "timestamp": track.times.round(6)}
        about |= {"confidence": found.astype(float), "success": found.astype(int)}
        table = pd.concat([pd.DataFrame(about), points.fillna(0.0)], axis=1)
    else:
        low, high = track.points.min(axis=1), track.points.max(axis=1)
        box = np.column_stack([low, high - low, found.astype(float)]).round(4)
        about = pd.DataFrame({"frame": np.arange(len(track)), "input": track.name})
        table = pd.concat([about, pd.DataFrame(box, columns=_FACE), points], axis=1)
    text = io.StringIO()
    table.to_csv(text, index=False)
    write_atomically(path, text.getvalue())
    return Path(path)
