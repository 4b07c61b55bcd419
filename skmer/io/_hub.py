"""Saved estimators on a model hub, or in a folder laid out as one."""

import os
import re
import tempfile
from pathlib import Path

from skmer._utils._arguments import PATH, Items, checked
from skmer._utils._files import write_atomically
from skmer._utils._imports import import_optional
from skmer._utils._sklearn import HasMethods
from skmer.io._persistence import load, save

_MODEL, _CARD = "model.skmer", "README.md"
_WORD = r"\w(?:[\w.-]{0,94}\w)?"
_REPOSITORY = re.compile(rf"(?:{_WORD}/)?{_WORD}", re.ASCII)


@checked(
    repo_id=PATH,
    result=[HasMethods("model_card"), None],
    licence=[str, None],
    private=["boolean", None],
    token=[str, None],
    endpoint=[str, None],
    trusted=[Items(object)],
)
def push_to_hub(
    estimator,
    repo_id,
    *,
    result=None,
    licence=None,
    private=None,
    token=None,
    endpoint=None,
    trusted=(),
):
    """Write an estimator and its card to a repository of a model hub, or to a folder.

    Parameters
    ----------
    estimator : estimator
        What `save` takes; fit it first, usually on all clips.
    repo_id : str or path-like
        Repository, such as ``"lab/model"``, which is made if it does not exist. A `pathlib.Path` is a folder
        on this machine instead, and needs no further package.
    result : LOSOResult, default=None
        Whose `model_card` is written beside the model. None: no card.
    licence : str, default=None
        Licence in the card, by the hub's identifier.
    private : bool, default=None
        Whether a repository that is made is private; None is the account's own choice.
    token : str, default=None
        Token of the hub; None is what the hub's client finds.
    endpoint : str, default=None
        Address of the hub; None is the client's own.
    trusted : list of str, default=()
        As of `save`.

    Returns
    -------
    place : str
        Address of the commit, or the folder.

    Raises
    ------
    ImportError
        If ``huggingface_hub`` is needed and not installed: ``pip install 'skmer[hub]'``.
    ValueError
        If the estimator cannot be saved; see `save`.
    OSError
        If the hub cannot be reached, or refuses.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.io import load_from_hub, push_to_hub
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = push_to_hub(LandmarkGraphTransformer(features="both"), Path(folder) / "model")
    ...     load_from_hub(Path(place)).features
    'both'
    """
    if isinstance(repo_id, os.PathLike):
        folder = Path(repo_id)
        folder.mkdir(parents=True, exist_ok=True)
        _write(estimator, folder, result, licence, None, trusted)
        return str(folder)
    hub = _client("push_to_hub", repo_id)
    with tempfile.TemporaryDirectory() as folder:
        # Written first: what cannot be saved makes no repository.
        _write(estimator, Path(folder), result, licence, repo_id, trusted)
        api = hub.HfApi(endpoint=endpoint, token=token)
        try:
            api.create_repo(repo_id, private=private, exist_ok=True)
            commit = {"repo_id": repo_id, "commit_message": "A model of skmer"}
            return str(api.upload_folder(folder_path=folder, **commit))
        except Exception as error:  # the client's own kinds, and those of its way to the hub
            raise OSError(f"repo_id: the model cannot be written to {repo_id!r}: {error}") from error


def _write(estimator, folder, result, licence, repo_id, trusted):
    save(estimator, folder / _MODEL, trusted=trusted)
    if result is not None:
        write_atomically(folder / _CARD, result.model_card(licence=licence, repo_id=repo_id))


@checked(
    repo_id=PATH,
    revision=[str, None],
    token=[str, None],
    endpoint=[str, None],
    cache_dir=[*PATH, None],
    trusted=[Items(object)],
)
def load_from_hub(repo_id, *, revision=None, token=None, endpoint=None, cache_dir=None, trusted=()):
    """Read an estimator that `push_to_hub` wrote, without running code of the repository's choice.

    Parameters
    ----------
    repo_id : str or path-like
        Repository, such as ``"lab/model"``. A `pathlib.Path` is a folder on this machine instead.
    revision : str, default=None
        Branch, tag or commit; None is the newest. Name a commit to get the same model for ever.
    token, endpoint : str, default=None
        As of `push_to_hub`.
    cache_dir : path-like, default=None
        Folder of downloaded files; None is the client's own.
    trusted : list of str, default=()
        As of `load`.

    Returns
    -------
    estimator : estimator
        Fitted as it was.

    Raises
    ------
    ImportError
        As from `push_to_hub`.
    FileNotFoundError
        If a folder holds no model.
    OSError
        If the hub cannot be reached, or has no such model.
    ValueError
        If the file is not what `save` writes; see `load`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.dummy import DummyClassifier
    >>> from skmer.io import load_from_hub, push_to_hub
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = push_to_hub(DummyClassifier(strategy="prior"), Path(folder))
    ...     load_from_hub(Path(folder)).strategy
    'prior'
    """
    if isinstance(repo_id, os.PathLike):
        path = Path(repo_id) / _MODEL
        if not path.is_file():
            raise FileNotFoundError(
                f"repo_id must be a folder with the file {_MODEL}, {str(repo_id)!r} is none."
            )
        return load(path, trusted=trusted)
    hub = _client("load_from_hub", repo_id)
    options = {"revision": revision, "token": token, "endpoint": endpoint, "cache_dir": cache_dir}
    try:
        path = hub.hf_hub_download(repo_id, _MODEL, **options)
    except OSError as error:  # of the hub, of the way to it, or of the cache
        raise OSError(f"repo_id: the model of {repo_id!r} cannot be read: {error}") from error
    return load(path, trusted=trusted)


def _client(caller, repo_id):
    if not _REPOSITORY.fullmatch(repo_id):
        raise ValueError(
            "repo_id must be a repository, such as 'lab/model', or the pathlib.Path of a folder, got "
            f"{repo_id!r:.80}."
        )
    return import_optional("huggingface_hub", caller=caller, package="huggingface-hub", extra="hub")
