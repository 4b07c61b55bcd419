"""Reader of SMIC-HS."""

from skmer.datasets._readers._reader import ReadOptions, load_dataset


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
    time.

    Parameters
    ----------
    root : path or None
        Folder of the data set; None reads a sheet alone.
    annotations : path, binary file or DataFrame, default=None
        The annotation sheet; by default the one in `root` or in a folder of it.
    classes : {"3", "all"}, list or mapping, default="3"
        ``"3"``: negative, positive, surprise (164 clips of 16 subjects).
    labels : {"emotion", "objective"}, default="emotion"
        Estimated emotion, or the class of action units.
    frames : {"raw", "cropped"}, default="raw"
        Kind of frames to read, if a copy has both.
    corrections : bool, default=False
        Correct the sheet's known slips.
    missing_apex : {"find", "middle", "drop"}, default="find"
        Apex of the clips, as in `load_casme2`; no row is dropped.
    on_missing : {"warn", "raise"}, default="warn"
        Treatment of a clip whose frames are not on disk, as in `load_casme2`.
    verify_files : bool, default=True
        Ask for every frame's file, as `load_casme2` explains.

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
