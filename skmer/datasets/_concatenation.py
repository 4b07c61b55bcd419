"""Several data sets as one."""

from dataclasses import fields

import numpy as np
import pandas as pd

from skmer.datasets._clips import ClipTruth, MicroExpressionClips


def concatenate_clips(parts):
    """Put several data sets together.

    Parameters
    ----------
    parts : sequence of MicroExpressionClips
        All with paths or images, or all with landmarks.

    Returns
    -------
    clips : MicroExpressionClips
        All clips in order; tables are joined by column name, `truth` is kept if every part has one.

    Raises
    ------
    ValueError
        If there is no part, landmarks are mixed with images, or two parts share a subject's group.

    Examples
    --------
    >>> from skmer.datasets import concatenate_clips, make_landmark_clips
    >>> parts = [make_landmark_clips(4, 20, dataset=name, random_state=0) for name in ("casme2", "samm")]
    >>> len(concatenate_clips(parts))
    40
    """
    parts = list(parts)
    if not parts:
        raise ValueError("parts must hold at least one MicroExpressionClips, got none.")
    if len({part.frames.shape[1:] for part in parts}) > 1:
        raise ValueError(
            "parts must all hold landmarks or all hold images or paths; extract landmarks first."
        )
    names = [name for part in parts for name in set(part.groups.tolist())]
    shared = sorted({name for name in names if names.count(name) > 1})
    if shared:
        raise ValueError(f"parts must not share subjects, got {shared[:3]} in more than one of them.")
    truths = [part.truth for part in parts]
    return MicroExpressionClips(
        np.concatenate([part.frames for part in parts]),
        np.concatenate([part.target for part in parts]),
        np.concatenate([part.groups for part in parts]),
        table=pd.concat([part.table for part in parts], ignore_index=True),
        dropped=_stack([part.dropped for part in parts]),
        corrected=_stack([part.corrected for part in parts]),
        fingerprint="; ".join(part.fingerprint for part in parts),
        truth=None if None in truths else _concatenate_truth(truths),
    )


def _stack(tables):
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _concatenate_truth(truths):
    return ClipTruth(
        **{
            field.name: np.concatenate([getattr(truth, field.name) for truth in truths])
            for field in fields(ClipTruth)
        }
    )
