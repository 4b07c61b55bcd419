"""Reader of DFME."""

from skmer.datasets._readers._reader import ReadOptions, load_dataset


def load_dfme(
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
    """Read a licensed copy of DFME.

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
    Zhao et al., "DFME: A New Benchmark for Dynamic Facial Micro-expression Recognition", IEEE Transactions on
    Affective Computing, 2023, DOI 10.1109/TAFFC.2023.3341918.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_dfme
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": [7], "Filename": ["7_01"], "OnsetFrame": [1], "ApexFrame": [5],
    ...         "OffsetFrame": [12], "Emotion": ["Fear"], "Fps": [300], "AU": ["1+4"],
    ...     }
    ... )
    >>> clips = load_dfme(None, sheet, classes="all", verify_files=False)
    >>> clips.groups.tolist(), clips.target.tolist()
    (['dfme/7'], ['fear'])
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("dfme", root, options)
