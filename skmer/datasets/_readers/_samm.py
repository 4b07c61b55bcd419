"""Reader of SAMM."""

from skmer.datasets._readers._reader import ReadOptions, load_dataset


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
    root : path or None
        Folder of the data set; None reads a sheet alone.
    annotations : path, binary file or DataFrame, default=None
        The annotation sheet; by default the one in `root` or in a folder of it.
    classes : {"5", "3", "all"}, list or mapping, default="5"
        ``"5"``: anger, others, happiness, surprise, contempt (136 clips of 27 subjects); the rest as in
        `load_casme2`.
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
