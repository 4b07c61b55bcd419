"""Protocols of the field: splitters, and the names that `evaluate_loso` has for them."""

from collections.abc import Iterator
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator, GroupKFold, LeaveOneGroupOut, check_cv

from skmer._utils._arguments import Items, check_argument, checked, integer
from skmer._utils._messages import see_page
from skmer._utils._sklearn import BaseSearchCV, GroupsConsumerMixin
from skmer._utils._text import check_subjects
from skmer.model_selection._samples import Fold, splits_by_group, steps_of

TITLES = {
    "loso": "leave-one-subject-out",
    "megc2019": "MEGC 2019 composite, leave-one-subject-out",
    "cross-dataset": "cross-dataset",
    "nested-loso": "nested leave-one-subject-out",
    "group-k-fold": "subject-independent k-fold",
}
_MEGC_CLASSES = ["negative", "positive", "surprise"]


class LeaveOneDatasetOut(GroupsConsumerMixin, BaseCrossValidator):
    """Hold out one data set at a time, with groups such as "casme2/sub01".

    Of a tested set nothing is ever trained on. ``evaluate_loso(protocol="cross-dataset")`` uses it.

    Parameters
    ----------
    train_on : str or sequence of str, default=None
        Data sets to train on. None: all that are not tested.
    test_on : str or sequence of str, default=None
        Data sets to test on, each a fold. None: all that `train_on` does not hold; where that is None too,
        each set in turn, with all others to train on.

    Examples
    --------
    >>> from skmer.model_selection import LeaveOneDatasetOut
    >>> groups = ["casme2/sub01", "casme2/sub02", "samm/006", "smic/s1"]
    >>> for train, test in LeaveOneDatasetOut(test_on="samm").split(groups, groups=groups):
    ...     print(train, test)
    [0 1 3] [2]
    >>> LeaveOneDatasetOut().get_n_splits(groups=groups)
    3
    """

    @checked(train_on=[str, Items(str), None], test_on=[str, Items(str), None])
    def __init__(self, train_on=None, test_on=None):
        self.train_on = train_on
        self.test_on = test_on

    def split(self, X, y=None, groups=None):
        """Generate the rows of each fold.

        Parameters
        ----------
        X : object
            Samples; only their number counts.
        y : object, default=None
            Not used.
        groups : array-like of shape (n_clips,)
            Subjects with their data sets.

        Yields
        ------
        train, test : ndarray of int
            Rows.
        """
        for fold in self.folds(groups):
            yield np.flatnonzero(fold.train), np.flatnonzero(fold.test)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of folds.

        Parameters
        ----------
        X, y : object, default=None
            Not used.
        groups : array-like of shape (n_clips,)
            Subjects with their data sets.

        Returns
        -------
        n_splits : int
            Number of tested data sets.
        """
        return len(self.folds(groups))

    def folds(self, groups):
        """Return the folds with their names.

        Parameters
        ----------
        groups : array-like of shape (n_clips,)
            Subjects with their data sets.

        Returns
        -------
        folds : list of tuple (name, train, test)
            A name such as "casme2+smic -> samm", and masks over the clips.

        Raises
        ------
        ValueError
            If there are fewer than two data sets, a name is none of them, or no set is left to train or to
            test on.
        """
        if groups is None:
            raise ValueError("groups must be given, such as ['casme2/sub01', ...], got None.")
        check_argument("groups", groups, [Items(least=1)])
        of_clip = datasets_of(check_subjects(groups))
        names = np.unique(of_clip).tolist()
        if len(names) < 2:
            raise ValueError(
                "groups must hold clips of two data sets, such as 'casme2/sub01' and 'samm/006', got "
                f"{names[0] or 'groups without a data set'} alone. {see_page('protocols')}"
            )
        return [
            Fold(f"{'+'.join(trained)} -> {tested}", np.isin(of_clip, trained), of_clip == tested)
            for tested, trained in self._sets(names)
        ]

    def _sets(self, names):
        """Yield each tested set with those that it is trained on."""
        tested = _check_sets("test_on", self.test_on, names)
        trained = _check_sets("train_on", self.train_on, names)
        if tested is None:
            tested = [name for name in names if name not in (trained or [])]
        if not tested:
            raise ValueError(f"train_on must leave a set to test on, got all of {names}.")
        for name in tested:
            # Sets that were chosen to be tested never train for each other; else each is tested in turn.
            others = [other for other in names if other != name and not (self.test_on and other in tested)]
            chosen = trained or others
            if name in chosen or not chosen:
                raise ValueError(
                    f"train_on must leave out the tested set {name!r} and hold another, got {sorted(chosen)}."
                )
            yield name, chosen


def _check_sets(name, chosen, names):
    if chosen is None:
        return None
    chosen = [chosen] if isinstance(chosen, str) else list(chosen)
    unknown = [item for item in chosen if item not in names]
    if unknown or not chosen:
        raise ValueError(f"{name} must name some of the data sets {names}, got {chosen}.")
    return chosen


def datasets_of(groups) -> np.ndarray:
    """Return the data set of each clip, from groups such as "casme2/sub01"; "" without."""
    parts = [str(group).partition("/") for group in groups]
    return np.array([name if slash else "" for name, slash, _ in parts])


def check_protocol(protocol, train_on, test_on, n_folds=None) -> None:
    """Refuse unknown names, and data sets or a number of folds where the protocol does not use them."""
    if protocol not in TITLES:
        raise ValueError(f"protocol must be one of {list(TITLES)}, got {protocol!r}.")
    if protocol != "cross-dataset" and not (train_on is None and test_on is None):
        raise ValueError(f"train_on and test_on are for protocol='cross-dataset', got {protocol!r}.")
    if n_folds is not None and protocol != "group-k-fold":
        raise ValueError(f"n_folds is for protocol='group-k-fold', got {protocol!r}.")
    if protocol == "group-k-fold":
        check_argument("n_folds", 10 if n_folds is None else n_folds, [integer(2)])


def title_of(protocol, folds) -> str:
    """Return the words for a protocol in headings and run cards."""
    if protocol == "group-k-fold":
        return f"subject-independent {len(folds)}-fold"
    return TITLES[protocol]


def make_folds(protocol, samples, train_on=None, test_on=None, n_folds=None) -> list[Fold]:
    """Return the folds of a protocol."""
    if protocol == "group-k-fold":
        return _folds_of_subjects(samples, 10 if n_folds is None else n_folds)
    if protocol == "cross-dataset":
        return LeaveOneDatasetOut(train_on, test_on).folds(samples.groups)
    if protocol == "megc2019" and not set(samples.classes.tolist()) <= set(_MEGC_CLASSES):
        raise ValueError(
            f"protocol='megc2019' needs clips in the classes {_MEGC_CLASSES}, as load_megc2019 gives, got "
            f"{samples.classes.tolist()}. {see_page('protocols')}"
        )
    return samples.folds


def _folds_of_subjects(samples, n_folds):
    """Return folds of whole subjects, about as many clips in each; ValueError where there are too few."""
    n_subjects = len(np.unique(samples.groups))
    if n_folds > n_subjects:
        raise ValueError(f"n_folds must be at most the number of subjects, {n_subjects}, got {n_folds}.")
    folds = []
    for k, (_, test) in enumerate(GroupKFold(n_folds).split(samples.y, groups=samples.groups), start=1):
        held_out = np.zeros(len(samples.y), dtype=bool)
        held_out[test] = True
        folds.append(Fold(f"fold {k}", ~held_out, held_out))
    return folds


def check_searches(estimator) -> None:
    """Refuse a search with a folder of its own, which all folds of an evaluation would write to."""
    for _, step in steps_of(estimator):
        if isinstance(step, BaseSearchCV) and getattr(step, "checkpoint", None) is not None:
            raise ValueError(
                f"checkpoint={str(step.checkpoint)!r} of {type(step).__name__} would be shared by the "
                "searches of all folds; pass checkpoint to the evaluation instead."
            )


def group_searches(estimator, y):
    """Return a copy whose searches split by subject; ValueError where there is none or it refuses."""
    estimator = clone(estimator)
    searches = [step for _, step in steps_of(estimator) if isinstance(step, BaseSearchCV)]
    if not searches:
        raise ValueError(
            "protocol='nested-loso' needs a search, such as GridSearchCV(pipeline, grid), as the estimator "
            f"or as a step of it, got {type(estimator).__name__} without one. {see_page('tuning')}"
        )
    for search in searches:
        search.set_params(cv=_by_subject(search, y))
    return estimator


def _by_subject(search, y):
    if search.cv is None:
        return LeaveOneGroupOut()
    if isinstance(search.cv, int | np.integer):
        return splitter_of(search.cv, y, grouped=True)
    grouped, name = splits_by_group(search, y)
    if not grouped:
        raise ValueError(
            f"protocol='nested-loso' searches by subject, got cv={name} in {type(search).__name__}, which "
            "puts a subject on both sides; leave cv out (LeaveOneGroupOut) or pass a number (GroupKFold). "
            f"{see_page('protocols')}"
        )
    return search.cv


def splitter_of(cv, y, grouped=False):
    """Return the splitter that an argument ``cv`` stands for, as scikit-learn does.

    Parameters
    ----------
    cv : int, cross-validator, iterable of (train, test) or None
        As of `sklearn.model_selection.check_cv`.
    y : array-like of shape (n_clips,) or None
        Labels, by which numbers of folds are stratified.
    grouped : bool, default=False
        Whether a number of folds is of whole subjects instead.

    Returns
    -------
    splitter : cross-validator
        With the method ``split``.
    """
    if isinstance(cv, Integral):
        check_argument("cv", cv, [integer(2)])
        cv = GroupKFold(cv) if grouped else cv
    elif cv is not None and not hasattr(cv, "split"):
        if isinstance(cv, Iterator):
            cv = list(cv)  # a generator gives its splits once
        check_argument("cv", cv, [Items(Items(n=2), least=1)])
    return check_cv(cv, y, classifier=True)
