"""Reader of CASME II."""

from skmer.datasets._readers._reader import ReadOptions, load_dataset


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
        Kind of frames to read, if a copy has both.
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
