"""Clips of the user's own, from a table."""

import pandas as pd

from skmer.datasets._clips import KEYFRAMES, MicroExpressionClips
from skmer.datasets._vocabulary import canonical_label


def clips_from_frame(table, frames=None, *, target="target", subject="subject", dataset="own"):
    """Clips of your own from a table.

    Parameters
    ----------
    table : DataFrame or path of a CSV file
        One row per clip with a class column, a subject column, and, unless `frames` is given, columns
        ``onset``, ``apex`` and ``offset`` with paths. Any other column is kept.
    frames : array, default=None
        Landmarks (n_clips, 3, 68, 2) or nested images, instead of paths.
    target, subject : str
        Names of the two columns.
    dataset : str, default="own"
        First part of the groups.

    Returns
    -------
    clips : MicroExpressionClips
        Labels are written in the package's vocabulary.

    Raises
    ------
    ValueError
        If a column is missing; the message names it.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import clips_from_frame
    >>> table = pd.DataFrame({"onset": ["a0.png"], "apex": ["a1.png"], "offset": ["a2.png"],
    ...                       "target": ["Happy"], "subject": ["anna"]})
    >>> clips = clips_from_frame(table)
    >>> clips.target.tolist(), clips.groups.tolist(), clips.frames[0, 1]
    (['happiness'], ['own/anna'], 'a1.png')
    """
    table = table if isinstance(table, pd.DataFrame) else pd.read_csv(table, dtype={subject: str})
    needed = [target, subject, *(KEYFRAMES if frames is None else ())]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise ValueError(
            f"table must have the columns {needed}, got {list(table.columns)} without {missing}."
        )
    if frames is None:
        frames = table[list(KEYFRAMES)]
    groups = [f"{dataset}/{name}" for name in table[subject]]
    labels = [canonical_label(label) for label in table[target]]
    return MicroExpressionClips(
        frames, labels, groups, table=table.drop(columns=[target]).reset_index(drop=True)
    )
