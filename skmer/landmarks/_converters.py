"""Conversion of the landmarks of other programs to the 68 points."""

import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, Numbers, checked, real
from skmer._utils._text import read_csv_table

# fmt: off
_MEDIAPIPE = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # outer lip
    78, 82, 13, 312, 308, 317, 14, 87,  # inner lip
)
# fmt: on


@checked(path=PATH, frames=["array-like", None], min_confidence=[real()])
def read_openface_csv(path, frames=None, min_confidence=0.0):
    r"""Read landmarks from a table that OpenFace wrote.

    Parameters
    ----------
    path : str or path-like
        CSV file of FeatureExtraction or FaceLandmarkImg with 2-D landmarks (columns ``x_0`` to ``y_67``).
    frames : array-like of int, shape (..., 3), default=None
        Numbers in the column ``frame`` of onset, apex and offset, for one clip or several; None reads all
        rows.
    min_confidence : float, default=0.0
        Rows below it, and rows that OpenFace itself calls a failure, are NaN.

    Returns
    -------
    ndarray of shape (..., 3, 68, 2), or (n_rows, 68, 2) if `frames` is None
        x and y in px.

    Raises
    ------
    ValueError
        If columns or frames are missing, or a frame shows several faces.

    References
    ----------
    Baltrusaitis et al., "OpenFace 2.0: Facial Behavior Analysis Toolkit", FG 2018, doi:10.1109/FG.2018.00019.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmer.landmarks import read_openface_csv
    >>> names = [f"{axis}_{point}" for axis in "xy" for point in range(68)]
    >>> lines = [", ".join(["frame", "success", *names])]
    >>> lines += [", ".join(map(str, [frame, 1, *range(136)])) for frame in (1, 2, 3)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "clip.csv"
    ...     _ = path.write_text("\n".join(lines))
    ...     read_openface_csv(path, frames=[[1, 2, 3]]).shape
    (1, 3, 68, 2)
    """
    table, _ = read_csv_table(path, "path", "x_0", most=5_000, skipinitialspace=True)
    table.columns = table.columns.str.strip()
    columns = [f"{axis}_{point}" for point in range(68) for axis in "xy"]
    absent = [name for name in columns if name not in table]
    if absent:
        raise ValueError(
            f"{path}: expected OpenFace's columns x_0 to y_67, but {absent[0]} is absent; run it with -2Dfp."
        )
    try:
        points = table[columns].to_numpy(dtype=np.float64, copy=True).reshape(-1, 68, 2)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: expected numbers in the columns x_0 to y_67, but {error}.") from error
    points[_failed(table, min_confidence)] = np.nan
    return points if frames is None else points[_rows(table, np.asarray(frames), path)]


def _failed(table, min_confidence):
    ones = pd.Series(1.0, index=table.index)
    # What is no number is no success.
    success, confidence = (
        pd.to_numeric(table.get(name, ones), errors="coerce").fillna(0) for name in ("success", "confidence")
    )
    return ((success == 0) | (confidence < min_confidence)).to_numpy()


def _rows(table, frames, path):
    if frames.shape[-1:] != (3,):
        raise ValueError(
            f"frames: expected the numbers of onset, apex and offset, shape (..., 3), got {frames.shape}."
        )
    if "frame" not in table:
        raise ValueError(
            f"{path}: expected OpenFace's column frame to find frames by; give frames=None for all rows."
        )
    numbers = table["frame"].to_numpy()
    rows = np.empty(frames.shape, dtype=int)
    for position, frame in np.ndenumerate(frames):
        found = np.flatnonzero(numbers == frame)
        if len(found) != 1:
            raise ValueError(
                f"{path}: expected one row of frame {frame}, got {len(found)}; check numbers and faces."
            )
        rows[position] = found[0]
    return rows


@checked(points=[Numbers(..., (468, 478), (2, 3), finite=False)], size=[Numbers(2), None])
def mediapipe_to_68(points, size=None):
    """Select the 68 landmarks from MediaPipe's face mesh.

    The selection is the customary one. The mesh lies on the skin in three dimensions and has no points on
    the visible outline of the jaw, so that the 17 points of the jaw are approximate.

    Parameters
    ----------
    points : array-like of shape (..., 478, 2 or 3) or (..., 468, 2 or 3)
        The mesh's points; a third coordinate is dropped.
    size : (int, int), default=None
        Width and height of the image, if the points are in MediaPipe's own unit, shares of them.

    Returns
    -------
    ndarray of shape (..., 68, 2)
        In px if `size` is given, else in the unit of `points`.

    Raises
    ------
    ValueError
        If the points are none of the mesh's.

    References
    ----------
    Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019,
    arXiv:1907.06724.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.landmarks import mediapipe_to_68
    >>> mediapipe_to_68(np.full((2, 3, 478, 3), 0.5), size=(640, 480))[0, 0, 33].tolist()
    [320.0, 240.0]
    """
    points = np.asarray(points, dtype=np.float64)
    picked = points[..., list(_MEDIAPIPE), :2]
    return picked if size is None else picked * np.asarray(size, dtype=np.float64)
