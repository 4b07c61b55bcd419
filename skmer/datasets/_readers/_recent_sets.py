"""Readers of CASME, MMEW, CAS(ME)^3, 4DME and DFME."""

from skmer._utils._arguments import FLAG, check_argument
from skmer.datasets._readers._long_video_sets import load_casme3_videos
from skmer.datasets._readers._reader import ReadOptions, load_dataset


def load_casme(
    root,
    annotations=None,
    *,
    classes="4",
    labels="emotion",
    frames="raw",
    corrections=False,
    missing_apex="find",
    on_missing="warn",
    verify_files=True,
):
    """Read a licensed copy of CASME, the first of its name, at 60 frames a second.

    Parameters
    ----------
    root, annotations : object
        As for `load_casme2`. The sheet must be an ``.xlsx`` or CSV file: save an older ``.xls`` as such.
    classes : {"4", "3", "all"}, list or mapping, default="4"
        ``"4"``: tense, disgust, repression, surprise. ``"3"``: negative, positive, surprise,
        without "tense", which is neither.
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
    Yan et al., "CASME database: A dataset of spontaneous micro-expressions collected from neutralized faces",
    FG 2013, DOI 10.1109/FG.2013.6553799.

    Examples
    --------
    >>> import pandas as pd
    >>> from skmer.datasets import load_casme
    >>> sheet = pd.DataFrame(
    ...     {
    ...         "Subject": [1], "Filename": ["EP01_5"], "OnsetF": [8], "ApexF1": [12], "OffsetF": [20],
    ...         "AUs": ["4"], "Emotion": ["tense"],
    ...     }
    ... )
    >>> clips = load_casme(None, sheet, classes="all", verify_files=False)
    >>> clips.groups.tolist(), clips.target.tolist()
    (['casme/sub01'], ['tense'])
    """
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("casme", root, options)


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
    root, annotations : object
        As for `load_casme2`.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.
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
    """Read a licensed copy of CAS(ME)^3: clips of micro-expressions of part A or C, or the long videos.

    A subject's file name occurs more than once: further clips get a counter, such as ``"b_2"``.

    Parameters
    ----------
    root, annotations : object
        As for `load_casme2`.
    classes : {"7", "4", "3", "all"}, list or mapping, default="7"
        ``"7"``: disgust, surprise, others, fear, anger, sadness, happiness (860 clips). ``"3"``: negative,
        positive, surprise; ``"4"``: these and others. Of part C ``"7"`` is every label of the vocabulary.
    labels, frames, corrections, missing_apex, on_missing, verify_files : object
        As for `load_casme2`.
    part : {"A", "C"}, default="A"
        Part of the data set. C is of other people, in an interview; its sheet names no apex, its subjects
        are called "casme3/C01" and so on.
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
    if not isinstance(part, str) or part not in ("A", "C"):
        raise ValueError(
            f"part must be 'A' or 'C', those with labels of emotions and frames, got {part!r:.80}."
        )
    check_argument("videos", videos, FLAG)
    if videos and part == "C":
        raise ValueError("videos must be False with part='C': its sheet has micro-expressions alone.")
    if videos:
        return load_casme3_videos(root, annotations)
    options = ReadOptions(
        annotations, classes, labels, frames, corrections, missing_apex, on_missing, verify_files
    )
    return load_dataset("casme3" if part == "A" else "casme3-c", root, options)


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
    root, annotations : object
        As for `load_casme2`.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.
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
    root, annotations : object
        As for `load_casme2`.
    classes : {"all"}, list or mapping, default="all"
        Every label of the sheet by default.
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
