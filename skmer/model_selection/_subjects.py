"""Searches inside an evaluation: where they are, how they split, what they chose."""

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._split import GroupsConsumerMixin
from sklearn.pipeline import Pipeline

from skmer.model_selection._run._card import plain


def steps_of(estimator, prefix=""):
    """An estimator, and where it is a Pipeline its steps, with the prefix of each one's fit parameters."""
    if not isinstance(estimator, Pipeline):
        yield prefix, estimator
        return
    for name, step in estimator.steps:
        if hasattr(step, "fit"):
            yield from steps_of(step, f"{prefix}{name}__")


def is_grouped(search, y):
    """Whether a search's `cv` keeps a subject on one side, or is of a kind that nobody here knows."""
    cv = search._cv() if hasattr(search, "_cv") else search.cv  # a batched one splits by subject by itself
    splitter = check_cv(cv, y, classifier=True)
    outside = not type(splitter).__module__.startswith("sklearn.")
    return isinstance(splitter, GroupsConsumerMixin) or outside, type(splitter).__name__


def check_searches(estimator):
    """Refuse a search with a folder of its own, which all folds of an evaluation would write to."""
    for _, step in steps_of(estimator):
        if isinstance(step, BaseSearchCV) and getattr(step, "checkpoint", None) is not None:
            raise ValueError(
                f"checkpoint={str(step.checkpoint)!r} of {type(step).__name__} would be shared by the "
                "searches of all folds; pass checkpoint to the evaluation instead."
            )


def group_searches(estimator, y):
    """Copy of an estimator whose searches split by subject; ValueError where there is none or it refuses."""
    estimator = clone(estimator)
    searches = [step for _, step in steps_of(estimator) if isinstance(step, BaseSearchCV)]
    if not searches:
        raise ValueError(
            "protocol='nested-loso' needs a search, such as GridSearchCV(pipeline, grid), as the estimator "
            f"or as a step of it, got {type(estimator).__name__} without one."
        )
    for search in searches:
        search.set_params(cv=_by_subject(search, y))
    return estimator


def _by_subject(search, y):
    if search.cv is None:
        return LeaveOneGroupOut()
    if isinstance(search.cv, int | np.integer):
        return GroupKFold(search.cv)
    grouped, name = is_grouped(search, y)
    if not grouped:
        raise ValueError(
            f"protocol='nested-loso' searches by subject, got cv={name} in {type(search).__name__}, which "
            "puts a subject on both sides; leave cv out (LeaveOneGroupOut) or pass a number (GroupKFold)."
        )
    return search.cv


def search_records(model):
    """What each search of a fitted model chose; list of dict that JSON holds.

    The best score is that of the best of all candidates on the very clips that chose it: optimistic.
    """
    return [
        {
            "step": prefix.removesuffix("__"),
            "best_params": plain(step.best_params_),
            "n_candidates": len(step.cv_results_["params"]),
            "best_score_optimistic": float(getattr(step, "best_score_", np.nan)),
        }
        for prefix, step in steps_of(model)
        if isinstance(step, BaseSearchCV) and hasattr(step, "best_params_")
    ]
