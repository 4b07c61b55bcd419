"""Composite of three data sets, as the Micro-Expression Grand Challenge 2019 defined it."""

import numpy as np
import pandas as pd

from skmer._utils._warn import warn_user
from skmer.datasets._assembly import concatenate_clips
from skmer.datasets._clips import MicroExpressionClips
from skmer.datasets._readers._casme2 import load_casme2
from skmer.datasets._readers._samm import load_samm
from skmer.datasets._readers._smic import load_smic
from skmer.datasets._readers._specs import THREE_CLASSES

_CASME2_CLASSES = {
    "disgust": "negative",
    "repression": "negative",
    "happiness": "positive",
    "surprise": "surprise",
}
_CLASSES = {"casme2": _CASME2_CLASSES, "samm": THREE_CLASSES, "smic": THREE_CLASSES}
_LOADERS = {"casme2": load_casme2, "samm": load_samm, "smic": load_smic}
_COUNTS = {
    "casme2": {"negative": 88, "positive": 32, "surprise": 25},
    "samm": {"negative": 92, "positive": 26, "surprise": 15},
    "smic": {"negative": 70, "positive": 51, "surprise": 43},
}

# Clips that releases of CASME II have and the challenge has not.
_ABSENT = {("sub04", "ep12_01f"), ("sub05", "ep09_05f"), ("sub24", "ep02_07"), ("sub09", "ep02_02f")}
_NOT_LISTED = "not in the challenge's list"
_N_RELABELLED = 3  # clips of sub24 that were sadness until 2019 and surprise since; which, no list says


def load_megc2019(casme2=None, samm=None, smic=None, *, on_missing="warn"):
    """Read the composite of CASME II, SAMM and SMIC-HS in three classes.

    Parameters
    ----------
    casme2, samm, smic : path or MicroExpressionClips, default=None
        Folders of the licensed copies, or clips read with ``classes="all"`` by `load_casme2`, `load_samm` and
        `load_smic`. Any of them may be left out.
    on_missing : {"warn", "raise"}, default="warn"
        Treatment of clips whose frames are not in a folder, as in `load_casme2`.

    Returns
    -------
    clips : MicroExpressionClips
        In the classes negative, positive and surprise: 442 clips of 68 subjects if all three are there (CASME
        II 145, SAMM 133, SMIC 164). Other counts draw a warning. What is left out is in `dropped`. The sheet
        of 2019 calls three clips of CASME II's sub24 surprise that were sadness before: they are left out if
        that subject has no other surprise, else they cannot be told apart and stay, with a warning.

    Raises
    ------
    ValueError
        If no data set is given, or clips are of another one or lack the sheet's emotions.

    References
    ----------
    See et al., "MEGC 2019: The Second Facial Micro-Expressions Grand Challenge", FG 2019,
    DOI 10.1109/FG.2019.8756611.

    Examples
    --------
    >>> import warnings
    >>> import pandas as pd
    >>> from skmer.datasets import load_megc2019, load_samm
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": ["006", "006"], "Filename": ["006_1_2", "006_1_3"],
    ...         "Onset Frame": [5562, 1], "Apex Frame": [5588, 2], "Offset Frame": [5632, 3],
    ...         "Estimated Emotion": ["Anger", "Other"],
    ...     }
    ... )
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # this sheet is shorter than the challenge's
    ...     clips = load_megc2019(samm=load_samm(None, sheet, classes="all", verify_files=False))
    >>> clips.target.tolist(), clips.dropped["reason"].tolist()
    (['negative'], ["class 'others' is not in the composite"])
    """
    given = {"casme2": casme2, "samm": samm, "smic": smic}
    given = {name: source for name, source in given.items() if source is not None}
    if not given:
        raise ValueError("load_megc2019 needs at least one of casme2, samm and smic, got none.")
    parts = [_part(name, source, on_missing) for name, source in given.items()]
    return parts[0] if len(parts) == 1 else concatenate_clips(parts)


def _part(name, source, on_missing):
    clips = source
    if not isinstance(source, MicroExpressionClips):
        clips = _LOADERS[name](source, classes="all", on_missing=on_missing)
    target = [_CLASSES[name].get(label, "") for label in clips.target]
    _check_part(name, clips)
    reasons = [
        "" if label else f"class {emotion!r} is not in the composite"
        for label, emotion in zip(target, clips.target.tolist(), strict=True)
    ]
    if name == "casme2":
        reasons = [reason or ours for reason, ours in zip(reasons, _casme2_reasons(clips), strict=True)]
    kept = np.array([not reason for reason in reasons], bool)
    part = MicroExpressionClips(
        clips.frames[kept],
        np.array(target)[kept],
        clips.groups[kept],
        table=clips.table[kept],
        dropped=_with_dropped(clips, reasons),
        corrected=clips.corrected,
        fingerprint=clips.fingerprint,
        truth=None if clips.truth is None else clips.truth.take(kept),
        sequences=clips.sequences[kept],
        times=clips.times[kept],
    )
    _compare_counts(name, part)
    return part


def _check_part(name, clips):
    sets = sorted({group.partition("/")[0].removeprefix("synthetic-") for group in clips.groups.tolist()})
    if sets != [name]:
        raise ValueError(f"{name} must be clips of {name}, got clips of {', '.join(sets)}.")
    merged = {"negative", "positive"} & set(clips.class_names) if name == "casme2" else set()
    merged |= {label for label in clips.class_names if label.startswith("objective ")}
    if merged:
        raise ValueError(
            f"{name} must have its sheet's emotions as classes, got {sorted(merged)}; read it with "
            "classes='all'."
        )


def _casme2_reasons(clips):
    """Reasons why clips are absent from the challenge; empty for those that are in it."""
    names = zip(clips.table["subject"], clips.table["clip"], strict=True)
    reasons = np.array(
        [_NOT_LISTED if (who, clip.casefold()) in _ABSENT else "" for who, clip in names], object
    )
    surprise = clips.target == "surprise"
    if int(surprise.sum()) != _COUNTS["casme2"]["surprise"] + _N_RELABELLED:  # not the sheet of 2019
        return reasons.tolist()
    candidates = surprise & (clips.table["subject"] == "sub24").to_numpy()
    if int(candidates.sum()) == _N_RELABELLED:
        reasons[candidates] = "surprise since the sheet of 2019, sadness before: not in the challenge's list"
    else:
        warn_user(
            "casme2: the sheet of 2019 calls three clips of sub24 surprise that were sadness before, and the "
            f"challenge has not these, but which of its {int(candidates.sum())} surprises they are the sheet "
            "does not tell: all are kept; read the sheet of 2014 instead.",
        )
    return reasons.tolist()


def _with_dropped(clips, reasons):
    rows = [row for row, reason in enumerate(reasons) if reason]
    ours = clips.table.iloc[rows][["subject", "clip"]].assign(reason=[reasons[row] for row in rows])
    return pd.concat([clips.dropped, ours], ignore_index=True) if len(clips.dropped) else ours


def _compare_counts(name, part):
    counts = {label: int(np.sum(part.target == label)) for label in _COUNTS[name]}
    if counts != _COUNTS[name]:
        warn_user(f"{name}: the composite has {_COUNTS[name]} clips, this copy {counts}.")
