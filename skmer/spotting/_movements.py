"""Tables of movements: their columns, types and lengths."""

import numpy as np
import pandas as pd

from skmer._utils._arguments import Named, real
from skmer.datasets import LongVideos

TYPES = ("micro", "macro")
LONGEST_MICRO = 0.5  # s
_SHORT = {"me": "micro", "mie": "micro", "mae": "macro"}
_ONE_VIDEO = "video"
RATES = [real(1e-6, 1e6), Named(real(1e-6, 1e6)), None]  # frames a second, of all videos or of each
VIDEOS = [pd.DataFrame, LongVideos, None]


def check_movements(name, table):
    """Return a table of movements with a text column ``video`` and integers ``onset`` and ``offset``.

    Parameters
    ----------
    name : str
        Argument that an error names.
    table : DataFrame, or array-like of shape (n, 2)
        Movements; pairs (onset, offset) are of one video.

    Returns
    -------
    DataFrame
        A copy with a new index.
    """
    if not isinstance(table, pd.DataFrame):
        rows = np.asarray(table, dtype=object)
        if rows.size and (rows.ndim != 2 or rows.shape[1] != 2):
            raise ValueError(f"{name} must be a table of movements or pairs (onset, offset), got {table!r}.")
        rows = rows.reshape(-1, 2)
        table = pd.DataFrame({"video": _ONE_VIDEO, "onset": rows[:, 0], "offset": rows[:, 1]})
    lacking = [column for column in ("video", "onset", "offset") if column not in table]
    if lacking and len(table.columns):
        raise ValueError(
            f"{name} must be a table with the columns video, onset and offset, {lacking[0]} is absent from "
            f"{list(table.columns)}."
        )
    table = table.reindex(columns=["video", "onset", "offset"]) if lacking else table
    frames = table[["onset", "offset"]].apply(pd.to_numeric, errors="coerce").astype(float)
    for column in ("onset_s", "offset_s", "score"):
        if (
            column in table
            and (pd.to_numeric(table[column], errors="coerce").isna() & table[column].notna()).any()
        ):
            raise ValueError(f"{name} must have numbers in its column {column}.")
    if "type" in table:
        table = table.assign(type=_read_types(name, table["type"]))
    whole = (frames.notna() & (frames % 1 == 0)).all(axis=1).to_numpy() & table["video"].notna().to_numpy()
    whole &= (frames["onset"] <= frames["offset"]).to_numpy()
    if not whole.all():
        row = table[["video", "onset", "offset"]].iloc[int(np.argmin(whole))].to_dict()
        raise ValueError(f"{name} must have onset <= offset as whole frames in every row, got {row}.")
    frames = frames.astype(np.int64)
    return table.assign(
        video=video_names(table["video"]), onset=frames["onset"], offset=frames["offset"]
    ).reset_index(drop=True)


def video_names(column):
    """Names of videos as text: the number 1.0, as a column with a gap reads it, is the name 1."""

    def text(name):
        return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)

    return pd.Series([text(name) for name in column], index=column.index, dtype=str)


def _read_types(name, column):
    """Types as "micro", "macro" or "", whatever words a table has for them."""
    words = column.astype(object).where(column.notna(), "").astype(str).str.strip().str.casefold()
    types = [
        _SHORT.get(word) or next((kind for kind in TYPES if word.startswith(kind)), word) for word in words
    ]
    strange = [word for word, kind in zip(column, types, strict=True) if kind not in (*TYPES, "")]
    if strange:
        raise ValueError(
            f"{name} must have 'micro' (ME) or 'macro' (MaE) in its column type, or nothing, got "
            f"{str(strange[0])[:40]!r}."
        )
    return pd.Series(types, index=column.index, dtype=object)


def check_videos(videos, *tables, fps=None):
    """Return one row a video: ``fps``, ``minutes`` and ``group``, NaN or None where nothing tells it.

    Parameters
    ----------
    videos : DataFrame, LongVideos or None
        Table with a column ``video`` and any of ``fps``, ``n_frames``, ``duration_s`` and ``group``.
    *tables : DataFrame
        Movements as `check_movements` returns them, of these videos; without `videos` theirs are all.
    fps : float, mapping or None
        Frames a second of all videos, or of each.

    Returns
    -------
    DataFrame indexed by video
    """
    known = getattr(videos, "table", videos)
    names = list(dict.fromkeys(name for table in tables for name in table["video"]))
    if known is None:
        known = pd.DataFrame({"video": names})
    if not isinstance(known, pd.DataFrame) or "video" not in known:
        raise ValueError("videos must be LongVideos or a table with a column video.")
    made = known.assign(video=video_names(known["video"])).drop_duplicates("video").set_index("video")
    strange = [name for name in names if name not in made.index]
    if strange:
        raise ValueError(f"videos must name the video of each movement, {strange[0]!r} is none of them.")
    made = made.assign(fps=_rates(made, fps))
    seconds = made["n_frames"] / made["fps"] if "n_frames" in made else np.nan
    made["minutes"] = made.get("duration_s", seconds) / 60
    made["group"] = _groups(made, tables)
    return made[["fps", "minutes", "group"]]


def _rates(made, fps):
    if fps is None:
        return made.get("fps", np.nan)
    rates = made.index.map(fps) if hasattr(fps, "keys") else np.full(len(made), float(fps))
    return np.asarray(rates, dtype=float)


def _groups(made, tables):
    groups = made["group"].to_dict() if "group" in made else {}
    for table in tables:
        column = next((name for name in ("group", "subject") if name in table), None)
        if column:
            pairs = zip(table["video"], table[column], strict=True)
            groups = {video: group for video, group in pairs if group == group} | {
                video: group for video, group in groups.items() if group is not None and group == group
            }
    return [groups.get(video) for video in made.index]


def movement_seconds(table, videos):
    """Length of each movement in seconds; NaN where neither a rate nor times tell it."""
    frames = (table["offset"] - table["onset"] + 1).to_numpy(dtype=float)
    seconds = frames / table["video"].map(videos["fps"]).to_numpy(dtype=float)
    if {"onset_s", "offset_s"} <= set(table):
        spans = (table["offset_s"] - table["onset_s"]).to_numpy(dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            seconds = np.where(np.isnan(seconds), spans * frames / (frames - 1), seconds)
    return seconds


def movement_types(table, videos):
    """Type of each movement: "micro" or "macro" as its table or its length says, "" if neither does."""
    stated = table["type"] if "type" in table else [""] * len(table)
    seconds = movement_seconds(table, videos)
    # A length of fifteen frames at 30 a second is half a second, whatever the rounding of the quotient.
    by_length = np.where(np.isnan(seconds), "", np.where(seconds <= LONGEST_MICRO + 1e-9, *TYPES))
    types = [kind or length for kind, length in zip(stated, by_length, strict=True)]
    return np.array(types, dtype=object)


def paired_types(true, pred, videos):
    """Types of true and predicted movements; all "" where no type and no length in seconds is known."""
    found = movement_types(true, videos), movement_types(pred, videos)
    unknown = [(types == "").any() for types in found]
    if not any(unknown) or all((types == "").all() for types in found):
        return found
    raise ValueError(
        f"fps must be given, or a column type with 'micro' or 'macro' in each row of "
        f"{'true' if unknown[0] else 'pred'}, whose movements have neither a type nor a length in seconds."
    )
