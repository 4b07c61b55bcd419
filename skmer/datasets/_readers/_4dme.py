"""Reader of 4DME."""

from skmer.datasets._readers._reader import ReadOptions, load_dataset


def load_4dme(
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
    """Read a licensed copy of 4DME.

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
        Kind of frames to read, if a copy has both; cropped ones lie in or under a folder that says "crop".
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
    Li et al., "4DME: A Spontaneous 4D Micro-Expression Dataset With Multimodalities", IEEE Transactions on
    Affective Computing 14(4), 2023, DOI 10.1109/TAFFC.2022.3182342.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_4dme
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "sub_ID": [1], "fold_name": ["1_a"], "Emotion": ["Positive"], "Onset": [1],
    ...         "Apex": [5], "Offset": [12], "AUs": [12],
    ...     }
    ... )
    >>> clips = load_4dme(None, sheet, classes="all", verify_files=False)
    >>> clips.groups.tolist(), clips.target.tolist()
    (['4dme/1'], ['positive'])
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("4dme", root, options)
