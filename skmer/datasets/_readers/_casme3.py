"""Reader of CAS(ME)^3, part A."""

from skmer.datasets._readers._casme3_videos import load_casme3_videos
from skmer.datasets._readers._reader import ReadOptions, load_dataset


def load_casme3(
    root,
    annotations=None,
    *,
    classes="7",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="find",
    on_missing="warn",
    verify_files=True,
    part="A",
    videos=False,
):
    """Read a licensed copy of CAS(ME)^3, part A: clips of micro-expressions, or the long videos.

    A subject's file name occurs more than once: further clips get a counter, such as ``"b_2"``.

    Parameters
    ----------
    root : path or None
        Folder of the data set; None reads a sheet alone.
    annotations : path, binary file or DataFrame, default=None
        The annotation sheet; by default the one in `root` or in a folder of it.
    classes : {"7", "4", "3", "all"}, list or mapping, default="7"
        ``"7"``: disgust, surprise, others, fear, anger, sadness, happiness (860 clips). ``"3"``: negative,
        positive, surprise; ``"4"``: these and others.
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
    part : {"A"}, default="A"
        Part of the data set.
    videos : bool, default=False
        Read the long videos with their macro- and micro-expressions instead of clips; the parameters
        `classes` to `verify_files` are not used then, and `annotations` may be a dict of the sheets of
        "micro" and "macro".

    Returns
    -------
    clips : MicroExpressionClips, or LongVideos
        Long videos are all that have frames, also those without a movement.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_casme2` does.

    References
    ----------
    Li et al., "CAS(ME)^3: A Third Generation Facial Spontaneous Micro-Expression Database with Depth
    Information and High Ecological Validity", IEEE TPAMI 45(3), 2023, DOI 10.1109/TPAMI.2022.3174895.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_casme3
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": ["spNO.1"], "Filename": ["a"], "Onset": [9], "Apex": [12],
    ...         "Offset": [20], "AU": [4], "Objective class": ["IV"], "emotion": ["Disgust"],
    ...     }
    ... )
    >>> clips = load_casme3(None, sheet, classes="all", verify_files=False)
    >>> clips.groups.tolist(), clips.target.tolist()
    (['casme3/spNO.1'], ['disgust'])
    """
    if part != "A":
        raise ValueError(f"part must be 'A', the one with labels of emotions and frames, got {part!r}.")
    if videos:
        return load_casme3_videos(root, annotations)
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("casme3", root, options)
