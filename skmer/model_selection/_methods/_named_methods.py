"""Methods by name: estimators for what the clips hold."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from skmer import feature_extraction, pipelines
from skmer._utils._arguments import TEXT, checked, frames_of, integer
from skmer._utils._label_checks import check_given
from skmer._utils._messages import warn_user
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.pipelines import BASELINES, baseline, paper_pipeline

TABLE_3 = ("lbp-sdg", "dssn", "lfm", "lgccon", "g-tcn", "ktgsl", "dere-grl")
"""Methods of Table 3 of the DeRe-GRL paper, in its order."""

OWN = ("dere-grl", "dere-grl-single", "paper", "recommended")
OF_LANDMARKS = ("lfm",)
"""Published methods that need no picture where landmarks are given."""

LISTS = ("table3", "baselines", "all")
N_LANDMARKS = 68


class Method(NamedTuple):
    """A method to evaluate: name, estimator, and the input that it takes, "clips" where it takes any."""

    name: str
    estimator: Any
    input: str


@dataclass(frozen=True)
class Corpus:
    """Clips in all forms that methods take, each made when it is asked for.

    Parameters
    ----------
    clips : object
        With ``frames``, ``target`` and ``groups``.
    kind : {"pictures", "landmarks", "nodes", "maps", "table"}
        What ``frames`` holds.
    """

    clips: Any
    kind: str

    @property
    def inputs(self):
        """Names of the inputs that are there; tuple of str."""
        sequences = getattr(self.clips, "sequences", None)
        pictures = sequences is not None and self.kind == "pictures"
        some = pictures and any(entry is not None for entry in sequences)
        return (*(["sequences"] if some else []), *_INPUTS[self.kind])

    def given(self, name):
        """Return the clips, with other frames or sequences where an input is made of what they hold."""
        if name == "nodes" and self.kind == "maps":
            return Given(self.clips, feature_extraction.sample_nodes(self.clips.frames))
        if name == "frames" and self.kind == "pictures":
            # A step that asks for sequences takes the three keyframes as one.
            return Given(self.clips, self.clips.frames, self.clips.frames)
        return self.clips


# What frames of a kind can be given as. "nodes" of maps are sampled from them.
_INPUTS = {
    "pictures": ("frames", "faces"),
    "landmarks": ("faces",),
    "nodes": ("nodes",),
    "maps": ("maps", "nodes"),
    "table": (),
}


class Given:
    """Clips with other frames or sequences: what `evaluate_loso` reads of clips, and no more."""

    def __init__(self, clips, frames, sequences=None):
        self.frames, self.target, self.groups = frames, clips.target, clips.groups
        self.sequences = sequences
        for name in ("table", "class_names", "fingerprint"):
            if hasattr(clips, name):
                setattr(self, name, getattr(clips, name))


class _Arrays(NamedTuple):
    frames: Any
    target: Any
    groups: Any


def corpus_of(X, y, groups):
    """Return the clips of an evaluation as a Corpus; X is clips, a tuple (X, y, groups), or an array."""
    if isinstance(X, tuple) and len(X) == 3 and y is None and groups is None:
        X, y, groups = X
    if y is None and groups is None:
        if not hasattr(X, "frames"):
            raise TypeError(f"X must be clips where y and groups are not given, got {type(X).__name__}.")
        return Corpus(X, _kind_of(X.frames))
    check_given(y, groups)
    frames = frames_of(X)
    return Corpus(_Arrays(frames, y, groups), _kind_of(frames))


def _kind_of(frames):
    array = np.asarray(frames) if not hasattr(frames, "dtype") else frames
    if array.dtype == object or array.dtype.kind == "U":
        return "pictures"
    if array.ndim in (4, 5) and array.shape[-1] == 2:
        return "landmarks" if array.shape[-2] == N_LANDMARKS else "nodes"
    return "maps" if array.ndim == 4 else "table"


def comparison_methods():
    """Return the inputs of each published method by name."""
    return dict(pipelines.COMPARISON_METHODS)


def resolve_methods(methods, corpus, dataset, *, baselines, max_epochs=None):
    """Return the methods that names, lists of names and estimators stand for.

    Parameters
    ----------
    methods : str, estimator, dict, or sequence of str, estimator and (str, estimator)
        What `evaluate_methods` takes.
    corpus : Corpus
        Says which inputs there are.
    dataset : str
        Whose published settings are taken.
    baselines : bool
        Whether the baselines that are not among them follow.
    max_epochs : int, default=None
        Epochs of named nets, other than their own.

    Returns
    -------
    methods : list of Method
        Names differ.
    """
    found, left_out = [], []
    for item in [*_items(methods), *(["baselines"] if baselines and corpus.kind != "table" else [])]:
        if not isinstance(item, str):
            found.append(_own_method(item))
        elif item in LISTS:
            named = {name: _named(name, corpus, dataset) for name in _names(item)}
            left_out += [name for name, method in named.items() if method is None]
            found += [method for method in named.values() if method is not None]
        else:
            found.append(_required(item, corpus, dataset))
    if left_out:
        warn_user(
            f"{', '.join(dict.fromkeys(left_out))} left out: the clips hold {corpus.kind}, and these methods "
            "take another input or are not there."
        )
    chosen = _unique(found)
    if max_epochs is not None:
        named = [method for method in chosen if method.name in _names("all")]
        _shorten([method.estimator for method in named], max_epochs)
    return chosen


@checked(name=TEXT, dataset=TEXT, max_epochs=[integer(1, 2**31 - 1), None])
def named_method(name, clips, dataset="casme2", *, max_epochs=None):
    """Return a method by its name for what clips hold, and the clips as it takes them.

    Parameters
    ----------
    name : str
        Of `skmer.pipelines.comparison_pipeline` or `skmer.pipelines.baseline`, or "dere-grl",
        "dere-grl-single", "paper", "recommended".
    clips : MicroExpressionClips
        Of pictures, landmarks or flow maps.
    dataset : str, default="casme2"
        Data set whose published settings are taken.
    max_epochs : int, default=None
        Epochs of a net, other than its own.

    Returns
    -------
    pipeline : Pipeline
        Unfitted.
    data : MicroExpressionClips or object
        The clips, or, with the same ``target``, ``groups`` and table, other ``frames`` or ``sequences``:
        three keyframes in the place of sequences that are not there, or the nodes of maps. For
        `evaluate_loso`.
    input : str
        What of them the pipeline takes: "sequences", "frames", "faces" (pictures or landmarks), "maps",
        "nodes"; "clips" for any.

    Raises
    ------
    ValueError
        If there is no such name, or the clips do not hold what it takes.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.model_selection import named_method
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=24, random_state=0)
    >>> pipeline, data, given = named_method("lda", clips)
    >>> list(pipeline.named_steps), data is clips, given
    (['graph', 'clf'], True, 'faces')
    """
    corpus = corpus_of(clips, None, None)
    (method,) = resolve_methods([name], corpus, dataset, baselines=False, max_epochs=max_epochs)
    return method.estimator, corpus.given(method.input), method.input


def _shorten(estimators, max_epochs):
    """Set the epochs of every net."""
    for estimator in estimators:
        names = [name for name in estimator.get_params() if name.rpartition("__")[2] == "max_epochs"]
        estimator.set_params(**dict.fromkeys(names, max_epochs))


def _items(methods):
    if isinstance(methods, dict):
        return list(methods.items())
    return [methods] if isinstance(methods, str) or hasattr(methods, "fit") else list(methods)


def _own_method(item):
    name, estimator = item if isinstance(item, tuple) and len(item) == 2 else (type(item).__name__, item)
    if not isinstance(name, str) or not hasattr(estimator, "fit"):
        raise TypeError(
            "methods must hold names, estimators and pairs (name, estimator), got "
            f"{type(estimator).__name__}."
        )
    if name in (*LISTS, *_names("all")):
        raise ValueError(
            f"methods: {name!r} is a method of this package, with its published figure; give an estimator of "
            "your own another name."
        )
    return Method(name, estimator, "clips")


def _names(group):
    if group == "table3":
        return TABLE_3
    if group == "baselines":
        return BASELINES
    return tuple(dict.fromkeys([*TABLE_3, *comparison_methods(), *OWN, *BASELINES]))


def _required(name, corpus, dataset):
    method = _named(name, corpus, dataset)
    if method is not None:
        return method
    known = list(dict.fromkeys([*LISTS, *_names("all")]))
    inputs = comparison_methods().get(name)
    if inputs is None and name not in (*OWN, *BASELINES):
        raise ValueError(f"methods must be names of {known}, or estimators, got {name!r}.")
    raise ValueError(
        f"methods: {name} takes {' or '.join(inputs or ('frames', 'nodes', 'maps'))}, and the clips hold "
        f"{corpus.kind}; leave it out, or pass such clips."
    )


def _named(name, corpus, dataset):
    """Return a method by name; None where the clips do not hold what it takes, or there is none."""
    inputs = corpus.inputs
    if name == "majority":
        return Method(name, baseline(name), "clips")
    if name in BASELINES:
        kinds = (("faces", "frames"), ("maps", "maps"), ("nodes", "nodes"))
        chosen = [(mine, theirs) for mine, theirs in kinds if mine in inputs]
        return Method(name, baseline(name, input=chosen[0][1]), chosen[0][0]) if chosen else None
    if name == "recommended":
        kinds = (("faces", "frames"), ("maps", "maps"), ("nodes", "nodes"))
        chosen = [(mine, theirs) for mine, theirs in kinds if mine in inputs]
        made = [pipelines.recommended(input=theirs, random_state=0) for _, theirs in chosen[:1]]
        return Method(name, made[0], chosen[0][0]) if chosen else None
    if name in OWN:
        chosen = [given for given in ("faces", "nodes") if given in inputs]
        return Method(name, _own_pipeline(name, corpus, dataset), chosen[0]) if chosen else None
    chosen = [(given, given) for given in comparison_methods().get(name, ()) if given in inputs]
    if name in OF_LANDMARKS and corpus.kind == "landmarks":
        chosen = [("faces", "frames")]
    if not chosen:
        return None
    mine, theirs = chosen[0]
    return Method(name, pipelines.comparison_pipeline(name, dataset, input=theirs, random_state=0), mine)


def _own_pipeline(name, corpus, dataset):
    """Return DeRe-GRL in one of its recipes, for faces or for nodes."""
    of_faces = "faces" in corpus.inputs
    if name == "paper":
        width = "samm" if dataset == "samm" else "casme2"
        landmarks = corpus.kind != "pictures"
        pipeline = paper_pipeline(width, landmarks=landmarks, random_state=0)
        return pipeline if of_faces else Pipeline(pipeline.steps[-1:])
    clf = DeReGRLClassifier(random_state=0)
    clf = clf if name == "dere-grl-single" else SeedEnsemble(DeReGRLClassifier(), random_state=0)
    front = [("graph", feature_extraction.LandmarkGraphTransformer())] if of_faces else []
    return Pipeline([*front, ("clf", clf)])


def _unique(methods):
    """Return each named method once; ValueError where two estimators have one name, or there is no method."""
    chosen: dict[str, Method] = {}
    for method in methods:
        if method.name in chosen and method.name not in _names("all"):
            raise ValueError(
                f"methods must have different names, got {method.name!r} twice; pass pairs (name, estimator)."
            )
        chosen.setdefault(method.name, method)
    if not chosen:
        raise ValueError("methods must name at least one method that the clips can be given to, got none.")
    return list(chosen.values())
