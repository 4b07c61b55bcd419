"""Saving and loading of estimators in files that run no code.

How the format number is raised. ``FORMAT`` counts what a reader must know to read a file: the kinds of
entries in `skmer.io._codec`, the names and parameters of the classes in `skmer.io._table`, the state of a
net in `skmer.io._nets`. When one of these changes so that older files can no longer be read as they are,
add one to ``FORMAT``, and add the version that wrote the last number to ``_WRITERS``; a reader that can
still translate the older documents may do so before it checks them. Keep the layout, the keys "skmer" and
"sha256" and the checksum of `skmer.io._container` as they are: by them every version finds the format
number of any file. A new class in the tables or a new optional attribute needs no new number.

skops, which has the same aim, was looked at and not used: it trusts whole modules of scikit-learn by
default, calls constructors while it reads, and knows nothing of the shapes that an attribute may have.
"""

from importlib.metadata import version
from pathlib import Path

from skmer._utils._arguments import PATH, Items, checked
from skmer._utils._files import write_atomically
from skmer._utils._messages import see_page, warn_user
from skmer.io._codec import Parser
from skmer.io._container import pack, unpack
from skmer.io._estimators import build, check, to_document
from skmer.io._table import check_trusted

FORMAT = 2
# Format -> the versions of skmer that wrote it.
_WRITERS = {1: "0.1"}
_TRAINING = ("callbacks", "train_split", "compile", "random_state")


@checked(path=PATH, trusted=[Items(object)])
def save(estimator, path, *, trusted=()):
    """Write an estimator or a Pipeline to a file.

    Parameters
    ----------
    estimator : estimator
        A classifier or transformer of this package, a Pipeline or FeatureUnion, or one of those estimators of
        scikit-learn whose state is numbers and text: scalers, SVMs, discriminant analysis, linear models,
        naive Bayes, PCA, univariate selection and the like. Fitted or not.
    path : str or path-like
        File to write. It is there in full or not at all.
    trusted : list of str, default=()
        Exact dotted names of your own classes and functions that the file may name, such as
        ``"package.module.Class"``. `load` needs the same.

    Raises
    ------
    ValueError
        If `load` could not read it back, since a class is not among those that files may name, or something
        in it can only be kept by pickle; `joblib.dump` does that.

    Warns
    -----
    UserWarning
        If a parameter is left out; see Notes.

    Notes
    -----
    What prediction needs is kept bit for bit. The optimizer's state is not: `partial_fit` starts a new one.
    Parameters that serve training alone (``callbacks``, ``train_split``, ``compile``, a ``random_state`` that
    is a generator) or name a file of this machine (``predictor``) are left out with a warning, a folder in
    ``memory`` without one, since it changes no result; they have their defaults after loading.

    Examples
    --------
    >>> import tempfile, os
    >>> from skmer.io import load, save
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "graph.skmer")
    ...     save(LandmarkGraphTransformer(features="both"), file)
    ...     load(file).features
    'both'
    """
    path, trusted = Path(path), check_trusted(trusted)
    try:
        document, tensors, left_out = to_document(estimator, trusted)
        # What `load` would refuse is refused here, where the estimator still exists.
        check(Parser(tensors).parse(document), trusted)
    except ValueError as error:
        raise ValueError(
            f"estimator cannot be saved to {path}: {_sentence(error)} {see_page('how-it-works')}"
        ) from error
    head = {"format": FORMAT, "skmer": version("skmer")}
    write_atomically(path, pack({**head, "estimator": document}, tensors))
    for names, reason in _sort(left_out):
        warn_user(f"{' and '.join(names)} {reason}.")


@checked(path=PATH, trusted=[Items(object)])
def load(path, *, trusted=()):
    """Read an estimator that `save` wrote, without running code of the file's choice.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : list of str, default=()
        Exact dotted names of classes and functions that the file may name beside those of skmer and
        scikit-learn that are known to be harmless. They are imported and called: name only what you know.

    Returns
    -------
    estimator : estimator
        Fitted as it was; its predictions are those of the saved one, bit for bit.

    Raises
    ------
    ValueError
        If the file is truncated, has been changed, was written by another version in another format, names
        what it may not, or holds values of other types and shapes than the named estimators have. Nothing is
        constructed before all of it has been checked.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    The checksum finds accidents and careless changes; it does not say who wrote the file. A file from a
    stranger can hold a model that predicts nonsense, but it cannot run code or write files.

    Examples
    --------
    See `save`.

    >>> from skmer.io import load
    >>> load("nothing.skmer")
    Traceback (most recent call last):
    FileNotFoundError: ...nothing.skmer...
    """
    path, trusted = Path(path), check_trusted(trusted)
    if not path.is_file():
        raise FileNotFoundError(f"path must be a file written by skmer.io.save, got {str(path)!r}.")
    try:
        document, tensors = unpack(path)
        _check_format(document)
        parser = Parser(tensors)
        node = parser.parse(document["estimator"])
        check(node, trusted)
        # Bytes that belong to nothing are where something else could hide.
        if parser.unused:
            raise ValueError(f"the array {next(iter(parser.unused))!r} belongs to nothing")
        return build(node)
    # Constructors of other packages fail in many ways; a lack of memory or Ctrl-C is no fault of the file.
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError) as error:
        raise ValueError(f"{path} cannot be loaded: {_sentence(error)} {see_page('how-it-works')}") from error


def _check_format(document):
    found = document.get("format") if isinstance(document, dict) else None
    if type(found) is not int or not isinstance(document.get("skmer"), str):
        raise ValueError("its document has no format number")
    if found < FORMAT:
        raise ValueError(
            f"it has format {found}, which skmer {_WRITERS.get(found, document['skmer'])} wrote, and this is "
            f"skmer {version('skmer')}, which reads format {FORMAT}; fit and save again, or load it with "
            "that version"
        )
    if found > FORMAT:
        raise ValueError(
            f"it has format {found}, written by skmer {document['skmer'][:20]}; this is skmer "
            f"{version('skmer')}, which reads format {FORMAT}; install a newer one"
        )
    if document.keys() != {"format", "skmer", "estimator"}:
        raise ValueError("its document has other entries than format, skmer and estimator")


def _sort(left_out):
    training = [name for name in _TRAINING if name in left_out]
    places = sorted(set(left_out) - {*_TRAINING, "memory"})
    if training:
        yield training, "serve training alone and are not saved"
    if places:
        yield places, "belong to this machine and are not saved; set them again after loading"


def _sentence(error):
    """Text of an error that may quote a file: of bounded length, and without control characters."""
    text = str(error).rstrip(".")
    text = text if len(text) <= 600 else f"{text[:600]}..."
    return f"{''.join(c if c.isprintable() else '?' for c in text)}."
