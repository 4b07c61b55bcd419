"""The evaluation of many methods on one list of clips."""

import re
import warnings
from collections.abc import Iterator, MappingView
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from skmer._utils._arguments import FLAG, JOBS, PATH, SUBJECTS, TEXT, Items, Such, checked, integer, option
from skmer._utils._files import digest
from skmer._utils._messages import warn_user
from skmer._utils._sklearn import HasMethods
from skmer.literature import published_results
from skmer.model_selection._evaluate import run_evaluation
from skmer.model_selection._every_epoch import has_epochs
from skmer.model_selection._methods._methods_result import MethodsResult
from skmer.model_selection._methods._named_methods import corpus_of, resolve_methods
from skmer.model_selection._protocols import datasets_of
from skmer.pipelines import COMPARISON_DATASETS

SELECT = ("last", "test-epoch")
_COMPOSITE = {"negative", "positive", "surprise"}
_MADE_UP = "synthetic-"
_IN_TURN = Such("an iterator", lambda value: isinstance(value, Iterator | MappingView))
OTHER_DATA = "other data: not comparable; {}"


@checked(
    methods=[str, HasMethods("fit"), dict, Items(least=1), _IN_TURN],
    groups=SUBJECTS,
    dataset=[*TEXT, None],
    baselines=FLAG,
    select=[option(*SELECT)],
    max_epochs=[integer(1), None],
    protocol=TEXT,
    n_jobs=JOBS,
    checkpoint=[*PATH, None],
    audit=[*FLAG, option("warn")],
    verbose=["verbose"],
    engine=TEXT,
)
def evaluate_methods(
    methods,
    X,
    y=None,
    groups=None,
    *,
    dataset=None,
    baselines=True,
    select="last",
    max_epochs=None,
    protocol="loso",
    train_on=None,
    test_on=None,
    n_folds=None,
    seeds=None,
    n_jobs=None,
    checkpoint=None,
    audit=False,
    verbose=1,
    engine="batched",
) -> MethodsResult:
    """Evaluate many methods on one list of clips and one set of folds, beside what their papers print.

    Parameters
    ----------
    methods : str, estimator, dict, or iterable of str, estimator and (str, estimator)
        ``"table3"``: the methods that the DeRe-GRL paper compares with, and itself. ``"baselines"``: those of
        `skmer.pipelines.baseline`. ``"all"``: every named method that the clips can be given to. Or a name of
        `skmer.pipelines.comparison_pipeline`, "dere-grl" (four seeds averaged), "dere-grl-single", "paper"
        (its choices), "recommended"; or an estimator, which takes what the clips' ``frames`` hold.
    X : MicroExpressionClips, or array-like of n_clips samples
        Clips; their frames may be pictures, landmarks or flow maps, whose 31 nodes are sampled for what takes
        nodes. Or node features (n_clips, 3, 31, 2), maps (n_clips, C, H, W), or what estimators take. A tuple
        ``(X, y, groups)`` does as well.
    y, groups : array-like of shape (n_clips,), default=None
        Classes and subjects; None where `X` is clips.
    dataset : str, default=None
        Data set whose published settings and figures are taken, such as "casme2"; None: that of the groups,
        and the composite where there are several in its three classes.
    baselines : bool, default=True
        Whether the baselines stand in the table, whatever `methods` holds.
    select : {"last", "test-epoch"}, default="last"
        ``"last"`` scores what each net is after its last epoch. ``"test-epoch"`` shows beside it the score at
        the epoch that is best on each held-out subject: a demonstration of what published loops gain by it.
        It is stamped as not comparable wherever it goes.
    max_epochs : int, default=None
        Epochs of every net that is named, other than its own; the table says so. None: those of its paper.
    protocol, train_on, test_on, n_folds : object
        As of `evaluate_loso`.
    seeds : int or sequence of int, default=None
        As of `evaluate_loso`.
    n_jobs : int, default=None
        Fits at a time.
    checkpoint : path-like, default=None
        Folder where each method has one of its own, in which the predictions of each fit are written as soon
        as it is finished. The same call after an interruption of any kind computes what is missing.
    audit, verbose : object
        As of `evaluate_loso`.
    engine : {"batched", "loop"}, default="batched"
        As of `evaluate_loso`: features of stateless steps are computed once a method.

    Returns
    -------
    MethodsResult
        A `LOSOResult` for each method, and the tables and tests that compare them.

    Raises
    ------
    ValueError
        If a name is unknown or takes what the clips do not hold, two estimators have one name, one has the
        name of a method of this package, or as from `evaluate_loso`.

    Warns
    -----
    UserWarning
        If a method of a list is left out, since the clips do not hold what it takes.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.model_selection import evaluate_methods
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> found = evaluate_methods({"guess": DummyClassifier(strategy="stratified", random_state=0)}, clips)
    >>> list(found.results)
    ['guess', 'majority', 'lda', 'rbf-svm', 'linear-svm']
    >>> bool(found.table.loc["lda", "UF1"] > found.table.loc["guess", "UF1"])
    True
    """
    corpus = corpus_of(X, y, groups)
    dataset = _dataset_of(corpus.clips) if dataset is None else dataset
    # Of a set of one's own there are no published settings: CASME II's are taken, its figures are not.
    settings = dataset if dataset in COMPARISON_DATASETS else "casme2"
    chosen = resolve_methods(methods, corpus, settings, baselines=baselines, max_epochs=max_epochs)
    how = {"protocol": protocol, "train_on": train_on, "test_on": test_on, "n_folds": n_folds}
    options = {"seeds": seeds, "n_jobs": n_jobs, "audit": audit, "verbose": verbose, "engine": engine}
    results, inflated = {}, {}
    told: set[tuple] = set()
    for method in chosen:
        place = None if checkpoint is None else Path(checkpoint) / _folder(method.name)
        data = _data(corpus.given(method.input))
        every = select == "test-epoch" and has_epochs(method.estimator)
        with _of_method(method.name, told):
            found = run_evaluation(
                method.estimator, data, how, checkpoint=place, every_epoch=every, **options
            )
        results[method.name] = found[0]
        if len(found) > 1:
            inflated[method.name] = found[1]
    published = published_figures(results, dataset)
    if any(name.startswith(_MADE_UP) for name in datasets_of(corpus.clips.groups)):
        published["verdict"] = published["verdict"].map(OTHER_DATA.format, na_action="ignore")
    return MethodsResult(results, published, inflated, max_epochs)


@contextmanager
def _of_method(name, told):
    """Context manager: errors name the method, warnings come once over all methods, as `told` remembers."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            yield
    except (ValueError, TypeError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: {error}") from error
    except Exception as error:
        error.add_note(f"while evaluating the method {name!r}")
        raise
    finally:
        # A method that fails has often warned of the reason.
        for warning in caught:
            what = str(warning.message), warning.category
            if what not in told:
                told.add(what)
                warn_user(*what)


def _data(clips):
    """Return the data of `evaluate_loso`, a triple: clips alone, or arrays."""
    if hasattr(clips, "class_names"):
        return clips, None, None
    rows = clips.frames if getattr(clips, "sequences", None) is None else clips.sequences
    return rows, clips.target, clips.groups


def _folder(name):
    """Return the name of a method's folder: readable, and different for different names."""
    readable = re.sub(r"[^A-Za-z0-9-]+", "_", name)[:60]
    return readable if readable == name else f"{readable}.{digest(['method', name])[:8]}"


def _dataset_of(clips):
    """Return the data set that published settings and figures are those of, by the names of the groups."""
    names = {name.removeprefix(_MADE_UP) for name in datasets_of(clips.groups)}
    if len(names) > 1 and set(np.unique(np.asarray(clips.target).astype(str))) <= _COMPOSITE:
        return "megc2019"
    return min(names) if len(names) == 1 else ""


def published_figures(results, dataset):
    """Return the first published figure of each method, on the same set with as many classes; DataFrame."""
    try:
        table = published_results(dataset=dataset)
    except ValueError:  # a set of one's own, or one without a figure
        table = published_results().iloc[:0]
    rows = {}
    for name, result in results.items():
        fits = table[(table["name"] == name) & (table["n_classes"] == len(result.class_names))]
        rows[name] = fits.iloc[0] if len(fits) else pd.Series(index=table.columns, dtype=object)
    return pd.DataFrame.from_dict(rows, orient="index", columns=table.columns)
