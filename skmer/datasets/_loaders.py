"""Readers of licensed copies of the data sets."""

from skmer.datasets._reader import ReadOptions, load_dataset


def load_casme2(
    root,
    annotations=None,
    *,
    classes="5",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of CASME II.

    Columns are found by their names and frames by the last number in their file names, so that copies with
    other columns, blank cells, text in frame cells or unpadded names are read alike. Nothing is changed in
    silence: what is left out is in `dropped`, what is filled in or corrected in `corrected`, each with its
    reason.

    Parameters
    ----------
    root : path or None
        Folder of the data set, at any level above the subjects' folders. None reads a sheet alone.
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
        Which frames, where a copy has both.
    corrections : bool, default=False
        Correct the sheet's known slips.
    missing_apex : {"middle", "drop"}, default="middle"
        What a clip gets whose apex is absent or outside the clip: its middle frame, or the drop table.
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
        If a folder, the sheet or a frame is missing; the message names path, subject and clip.
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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("casme2", root, options)


def load_samm(
    root,
    annotations=None,
    *,
    classes="5",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of SAMM.

    Parameters
    ----------
    root, annotations, labels, frames, corrections, missing_apex, verify_files
        As in `load_casme2`. The header lies below a dozen rows of text and is found by its words.
    classes : {"5", "3", "all"}, list or mapping, default="5"
        ``"5"``: anger, others, happiness, surprise, contempt (136 clips of 27 subjects); the rest as in
        `load_casme2`.

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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("samm", root, options)


def load_smic(
    root,
    annotations=None,
    *,
    classes="3",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of SMIC-HS.

    The sheet names no apex: the middle frame of each clip stands for it.

    Parameters
    ----------
    root, annotations, labels, frames, corrections, missing_apex, verify_files
        As in `load_casme2`.
    classes : {"3", "all"}, list or mapping, default="3"
        ``"3"``: negative, positive, surprise (164 clips of 16 subjects).

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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("smic", root, options)


def load_casme3(
    root,
    annotations=None,
    *,
    classes="7",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of CAS(ME)^3, part A.

    A subject's file name occurs more than once: further clips get a counter, such as ``"b_2"``.

    Parameters
    ----------
    root, annotations, labels, frames, corrections, missing_apex, verify_files
        As in `load_casme2`.
    classes : {"7", "4", "3", "all"}, list or mapping, default="7"
        ``"7"``: disgust, surprise, others, fear, anger, sadness, happiness (860 clips). ``"3"``: negative,
        positive, surprise; ``"4"``: these and others.

    Returns
    -------
    clips : MicroExpressionClips

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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("casme3", root, options)


def load_mmew(
    root,
    annotations=None,
    *,
    classes="all",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of MMEW.

    Its frames are cropped already.

    Parameters
    ----------
    root, annotations, labels, frames, corrections, missing_apex, verify_files
        As in `load_casme2`.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.

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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("mmew", root, options)


def load_4dme(
    root,
    annotations=None,
    *,
    classes="all",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of 4DME.

    Parameters
    ----------
    root, annotations, labels, frames, corrections, missing_apex, verify_files
        As in `load_casme2`.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.

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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("4dme", root, options)


def load_dfme(
    root,
    annotations=None,
    *,
    classes="all",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="middle",
    verify_files=True,
):
    """Read a licensed copy of DFME.

    Parameters
    ----------
    root, annotations, labels, frames, corrections, missing_apex, verify_files
        As in `load_casme2`.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.

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
    options = ReadOptions(annotations, classes, labels, frames, corrections, missing_apex, verify_files)
    return load_dataset("dfme", root, options)
