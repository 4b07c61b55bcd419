"""Warnings that point at the user's own line, pages that messages name."""

import sys
import warnings
from functools import cache
from importlib.metadata import metadata

import numpy as np

_PACKAGE = __name__.partition(".")[0]


def warn_user(message, category=UserWarning):
    """Warn at the nearest call that comes from outside the package, however deep the warning arises.

    Parameters
    ----------
    message : str
        Text of the warning.
    category : type, default=UserWarning
        Its class.

    Examples
    --------
    >>> import warnings
    >>> from skmer._utils._checks import warn_user
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_user("the face is cut")
    >>> str(caught[0].message)
    'the face is cut'
    """
    # `skip_file_prefixes` of `warnings.warn` does the same, from Python 3.12 on.
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_passed_over(frame):
        frame = frame.f_back
        # `warnings.warn` itself does not count the frames of a running import.
        level += "importlib._bootstrap" not in frame.f_code.co_filename
    warnings.warn(message, category, stacklevel=level)


def _is_passed_over(frame):
    # scikit-learn wraps `transform`, joblib calls workers, `from package import name` looks for the name, and
    # so on: their frames are not the user's line either.
    package = frame.f_globals.get("__name__", "").partition(".")[0]
    return package in (_PACKAGE, "sklearn", "joblib", "importlib", "contextlib", "numba", "skorch")


def frames_of(X):
    """Return the frames of clips, which stand for them in a pipeline; what has no masked entry as it is."""
    if np.ma.is_masked(X):
        raise ValueError("X must have no masked entries, which would be read: fill them, or leave clips out.")
    return X.frames if hasattr(X, "frames") and hasattr(X, "target") else X


@cache
def site():
    """Return the address of the documentation, as the package's metadata has it; "" where there is none."""
    for entry in metadata("skmer").get_all("Project-URL") or []:
        name, _, address = entry.partition(",")
        if name.strip() == "Documentation":
            return address.strip().rstrip("/")
    return ""


def see_page(page):
    """Return the sentence that sends a reader to a page of the documentation; for the end of a message.

    Parameters
    ----------
    page : str
        Name of a file in docs, without its ending.

    Returns
    -------
    sentence : str
        With the page's address, where the package knows that of the site.

    Examples
    --------
    >>> from skmer._utils._checks import see_page
    >>> "protocols" in see_page("protocols")
    True
    """
    return f"See {site()}/{page}.html" if site() else f'See the documentation\'s page "{page}".'
