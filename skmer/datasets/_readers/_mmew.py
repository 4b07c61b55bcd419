"""Reader of MMEW."""

from skmer.datasets._readers._reader import ReadOptions, load_dataset


def load_mmew(
    root,
    annotations=None,
    *,
    classes="all",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="find",
    on_missing="warn",
    verify_files=True,
):
    """Read a licensed copy of MMEW.

    Its frames are cropped already.

    Parameters
    ----------
    root : path or None
        Folder of the data set; None reads a sheet alone.
    annotations : path, binary file or DataFrame, default=None
        The annotation sheet; by default the one in `root` or in a folder of it.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.
    labels : {"emotion", "objective"}, default="emotion"
        Estimated emotion, or the class of action units.
    frames : {"raw", "cropped"}, default="raw"
        Kind of frames to read, if a copy has both.
    corrections : bool, default=False
        Correct the sheet's known slips.
    missing_apex : {"find", "middle", "drop"}, default="find"
        Apex of a clip that has none, as in `load_casme2`.
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
    Ben et al., "Video-based Facial Micro-Expression Analysis: A Survey of Datasets, Features and Algorithms",
    IEEE TPAMI 44(9), 2022, DOI 10.1109/TPAMI.2021.3067464.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_mmew
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": [1], "Filename": ["S01-01-001"], "OnsetFrame": [1], "ApexFrame": [5],
    ...         "OffsetFrame": [12], "Action Units": [4], "Estimated Emotion": ["disgust"],
    ...     }
    ... )
    >>> clips = load_mmew(None, sheet, classes="all", verify_files=False)
    >>> clips.groups.tolist(), clips.target.tolist()
    (['mmew/S01'], ['disgust'])
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("mmew", root, options)
