"""Reader of the log of the MEGC challenges."""

from numbers import Integral

import numpy as np
import pandas as pd

from skmer._utils._arguments import PATH, Named, checked
from skmer._utils._text import decode_text, naming, read_content
from skmer.model_selection._results._result import LOSOResult


@checked(path=PATH, codes=[Named(Integral, str, least=1), None])
def read_megc_log(path, *, codes=None):
    r"""Read a log of the MEGC challenges, to score it again.

    Parameters
    ----------
    path : path-like
        Text with one line per fold, dataset and subject, followed by a line per clip, name, truth and
        prediction, separated by blanks, tabs or commas. Empty lines and lines that start with # are skipped.
    codes : dict, default=None
        Number of each class, such as ``{"negative": 0, "positive": 1, "surprise": 2}``, where the log holds
        numbers.

    Returns
    -------
    LOSOResult
        With one run and no probabilities.

    Raises
    ------
    ValueError
        If a line has neither two nor three words, a clip stands before the first fold, or a label has no
        class.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skmer.model_selection import read_megc_log
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "log.txt")
    ...     _ = path.write_text("casme2 sub01\nEP02_01f 1 1\ncasme2 sub02\nEP01_11f 0 1\n")
    ...     result = read_megc_log(path, codes={"negative": 0, "positive": 1})
    >>> result.accuracy
    0.5
    """
    content, name = read_content(path)
    with naming(name):
        return _parsed(decode_text(content, name, "path"), codes)


def _parsed(text, codes):
    if codes is not None and len({*map(str, codes.values())}) < len(codes):
        raise ValueError(f"codes must give each class its own number, got {codes}.")
    names = None if codes is None else {str(code): name for name, code in codes.items()}
    rows, subject = [], None
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) == 2:
            subject = "/".join(words)
            continue
        if len(words) != 3 or subject is None:
            raise ValueError(
                f"Line {number} must be 'dataset subject' or 'clip truth prediction', got {line!r}."
            )
        rows.append((words[0], subject, *(_label(word, names, number) for word in words[1:])))
    if not rows:
        raise ValueError("path must be a log with a line a clip, it holds none.")
    table = pd.DataFrame(rows, columns=["clip", "subject", "truth", "prediction"])
    table.insert(2, "seed", pd.array([None] * len(table), dtype="Int64"))
    classes = np.unique(table[["truth", "prediction"]].to_numpy().ravel()) if codes is None else sorted(codes)
    return LOSOResult(table.assign(missing=False), list(map(str, classes)), {"protocol": "MEGC log"})


def _label(word, names, number):
    if names is None:
        return word
    if word not in names:
        raise ValueError(f"Line {number} holds the label {word!r}, which codes does not name.")
    return names[word]
