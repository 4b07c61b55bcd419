"""Readers of CASME II, SAMM and SMIC-HS, and of their composite in the grand challenge of 2019 (MEGC)."""

import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, check_argument, option
from skmer._utils._messages import warn_user
from skmer.datasets._assembly import concatenate_clips
from skmer.datasets._clips import MicroExpressionClips
from skmer.datasets._readers._reader import ReadOptions, load_dataset
from skmer.datasets._readers._specs import THREE_CLASSES


def load_casme2(
    root,
    annotations=None,
    *,
    classes="5",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="find",
    on_missing="warn",
    verify_files=True,
):
    """Read a licensed copy of CASME II.

    Columns are found by their names and frames by the last number in their file names, so that copies with
    other columns, blank cells, text in frame cells or unpadded names are read alike. Nothing is changed
    silently: rows left out are listed in `dropped`, rows filled in or corrected in `corrected`, each with its
    reason.

    Parameters
    ----------
    root : path or None
        Folder of the data set, at any level above the subjects' folders. None, or the sheet's own path,
        reads a sheet alone.
    annotations : path, binary file or DataFrame, default=None
        The annotation sheet (.xlsx or .csv); by default the one in `root` or in a folder of it.
    classes : {"5", "3", "all"}, list or mapping, default="5"
        Classes to keep. ``"5"``: others, disgust, happiness, repression, surprise; a sheet whose counts are
        not a published version's draws a warning. ``"3"``: negative, positive, surprise. ``"all"``: every
        label. A list of labels keeps these, a mapping from labels to classes renames too. Rows of other
        labels are dropped.
    labels : {"emotion", "objective"}, default="emotion"
        Estimated emotion, or the class of action units, as ``"objective 1"``, for which `classes` is a list
        of these or all.
    frames : {"raw", "cropped"}, default="raw"
        Kind of frames to read, if a copy has both; cropped ones lie in or under a folder that says "crop".
    corrections : bool, default=False
        Correct the sheet's known slips.
    missing_apex : {"find", "middle", "drop"}, default="find"
        Apex of a clip whose sheet has none, or one outside the clip: the frame between onset and offset that
        `skmer.landmarks.find_apex` finds, or the middle frame; ``"drop"`` leaves the clip out. A search takes
        seconds, once per clip: it is kept in the cache, and `joblib.parallel_config` spreads its frames. If
        it fails, for example because no face is found, the middle frame is taken. ``"find"`` opens files, so
        it leaves an apex empty under ``verify_files=False``.
    on_missing : {"warn", "raise"}, default="warn"
        Treatment of a clip whose folder or frames are not on disk: leave it out, list it in `dropped` and
        warn with the number of such clips, or raise an error. If no clip has its frames, the error is raised
        in either case.
    verify_files : bool, default=True
        Ask for every frame's file. Otherwise frames that are not found have the empty path, and an apex or
        offset that only the files could tell stays empty in the table.

    Returns
    -------
    clips : MicroExpressionClips
        With paths as frames, groups such as ``"casme2/sub01"``, and in its table the frame numbers, emotion,
        objective class, action units as text and as numbers, and the sheet's other columns.

    Raises
    ------
    FileNotFoundError
        If the folder or the sheet is missing, or frames are and `on_missing` says so; the message names path,
        subject and clip.
    ValueError
        If the sheet has no header, several sheets match, or a parameter is out of its range.

    References
    ----------
    Yan et al., "CASME II: An Improved Spontaneous Micro-Expression Database and the Baseline Evaluation",
    PLoS ONE 9(1), 2014, DOI 10.1371/journal.pone.0086041.

    Examples
    --------
    >>> import tempfile
    >>> from skmer.datasets import load_casme2, make_face_clips
    >>> made = make_face_clips(2, 5, color=False, face_size=120, random_state=0)
    >>> with tempfile.TemporaryDirectory() as root:
    ...     sheet = made.save(root, layout="casme2")
    ...     clips = load_casme2(root)
    >>> bool((clips.target == made.target).all()), clips.table["clip"][0]
    (True, 'EP01_01f')
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("casme2", root, options)


def load_samm(
    root,
    annotations=None,
    *,
    classes="5",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="find",
    on_missing="warn",
    verify_files=True,
):
    """Read a licensed copy of SAMM.

    The header lies below a dozen rows of text and is found by its words.

    Parameters
    ----------
    root, annotations : object
        As for `load_casme2`.
    classes : {"5", "3", "all"}, list or mapping, default="5"
        ``"5"``: anger, others, happiness, surprise, contempt (136 clips of 27 subjects); the rest as
        for `load_casme2`.
    labels, frames, corrections, missing_apex, on_missing, verify_files : object
        As for `load_casme2`.

    Returns
    -------
    clips : MicroExpressionClips
        With groups such as ``"samm/006"``.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_casme2` does.

    References
    ----------
    Davison et al., "SAMM: A Spontaneous Micro-Facial Movement Dataset", IEEE Transactions on Affective
    Computing 9(1), 2018, DOI 10.1109/TAFFC.2016.2573832.

    Examples
    --------
    >>> import tempfile
    >>> from skmer.datasets import load_samm, make_face_clips
    >>> made = make_face_clips(2, 5, dataset="samm", color=False, face_size=120, random_state=0)
    >>> with tempfile.TemporaryDirectory() as root:
    ...     sheet = made.save(root, layout="samm")
    ...     clips = load_samm(root)
    >>> clips.groups.tolist() == [f"samm/{subject}" for subject in made.table["subject"]]
    True
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("samm", root, options)


def load_smic(
    root,
    annotations=None,
    *,
    classes="3",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="find",
    on_missing="warn",
    verify_files=True,
):
    """Read a licensed copy of SMIC-HS.

    The sheet names no apex: it is found among the frames of each clip, which takes seconds a clip the first
    time; no row is dropped for want of one.

    Parameters
    ----------
    root, annotations : object
        As for `load_casme2`.
    classes : {"3", "all"}, list or mapping, default="3"
        ``"3"``: negative, positive, surprise (164 clips of 16 subjects).
    labels, frames, corrections, missing_apex, on_missing, verify_files : object
        As for `load_casme2`.

    Returns
    -------
    clips : MicroExpressionClips

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_casme2` does.

    References
    ----------
    Li et al., "A Spontaneous Micro-expression Database: Inducement, collection and baseline", FG 2013,
    DOI 10.1109/FG.2013.6553717.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_smic
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": [3], "Filename": ["s03_ne_01"], "OnsetF": [10], "OffsetF": [20],
    ...         "Emotion": ["negative"],
    ...     }
    ... )
    >>> clips = load_smic(None, sheet, classes="all", verify_files=False)
    >>> clips.groups.tolist(), clips.target.tolist()
    (['smic/s03'], ['negative'])
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("smic", root, options)


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
    check_argument("on_missing", on_missing, [option("warn", "raise")])
    given = {"casme2": casme2, "samm": samm, "smic": smic}
    for name, source in given.items():
        check_argument(name, source, [*PATH, MicroExpressionClips, None])
    given = {name: source for name, source in given.items() if source is not None}
    if not given:
        raise ValueError("load_megc2019 needs at least one of casme2, samm and smic, got none.")
    parts = []
    for name, source in given.items():
        try:
            parts.append(_part(name, source, on_missing))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
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
