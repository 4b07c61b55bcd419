"""Private names of scikit-learn, in the one module that imports any.

They may move with every release. All were seen in scikit-learn 1.8 and 1.9.1, and the package asks for no
later version than it was run with (``scikit-learn`` in pyproject.toml).
"""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.base import TransformerMixin, clone
from sklearn.base import _fit_context as fit_context
from sklearn.metrics._scorer import _MultimetricScorer as MultimetricScorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._search import _yield_masked_array_for_each_param as parameter_columns
from sklearn.model_selection._split import GroupsConsumerMixin
from sklearn.model_selection._split import _RepeatedSplits as RepeatedSplits
from sklearn.utils import InputTags
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Options,
    StrOptions,
    make_constraint,
    validate_params,
)
from sklearn.utils._param_validation import (
    Interval as _Interval,
)
from sklearn.utils._param_validation import (
    validate_parameter_constraints as _validate_parameter_constraints,
)
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

from skmer._utils._messages import site

try:
    from sklearn.callback._callback_support import callback_management_context
except ImportError:  # scikit-learn 1.8 has no callbacks
    from contextlib import nullcontext as callback_management_context

__all__ = [
    "DocumentedMixin",
    "BaseSearchCV",
    "GroupsConsumerMixin",
    "HasMethods",
    "Interval",
    "MultimetricScorer",
    "Options",
    "RepeatedSplits",
    "StrOptions",
    "callback_management_context",
    "check_method_params",
    "check_sample_weight",
    "fit_context",
    "make_constraint",
    "num_samples",
    "parameter_columns",
    "safe_indexing",
    "validate_parameter_constraints",
    "validate_params",
]


class Interval(_Interval):
    """Interval of the numbers that floats and integers are; scikit-learn's fails on fractions."""

    def is_satisfied_by(self, value):
        """Return whether a value is a number in the interval."""
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            return False
        return isinstance(value, int | float | np.number) and super().is_satisfied_by(value)


@dataclass(slots=True)
class ClipInputTags(InputTags):
    """Tags of the input of transformers of clips.

    Parameters
    ----------
    sequences : bool, default=False
        Whether they need ``clips.sequences``; where False, ``clips.frames`` will do.
    """

    sequences: bool = False


class DocumentedMixin:
    """Mixin of estimators whose HTML representation links to their page of the documentation."""

    _doc_link_module = "skmer"

    def _get_doc_link(self):
        package, name = self.__class__.__module__.split(".")[:2], self.__class__.__name__
        is_ours = package[0] == "skmer" and site()
        return f"{site()}/api/generated/{'.'.join(package)}.{name}.html" if is_ours else ""


class ClipTransformerMixin(DocumentedMixin, TransformerMixin):
    """Mixin of transformers that take the frames or landmarks of clips and learn nothing.

    `fit` only checks its input, and `transform` checks it too, so that `fit_transform` is `transform`.
    """

    def fit_transform(self, X, y=None):
        """Transform clips; the same as ``fit(X).transform(X)``, with one check of the input.

        Parameters
        ----------
        X : array-like
            Clips, in any form that `transform` accepts.
        y : object, default=None
            Ignored.

        Returns
        -------
        ndarray
            The transformed clips.
        """
        return self.transform(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags = ClipInputTags(**asdict(tags.input_tags))
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags


class _Adapted(HasMethods):
    """Constraint of `skmer._utils._arguments` in a form that scikit-learn's estimators take."""

    hidden = False  # of messages

    def __init__(self, constraint):
        self.constraint = constraint

    def is_satisfied_by(self, value):
        """Return whether a value fulfils the constraint."""
        return self.constraint.is_satisfied_by(value)

    def __str__(self):
        return str(self.constraint)


def for_estimators(constraints):
    """Return a table of constraints, those of `skmer._utils._arguments` among them, for scikit-learn."""
    known = (Interval, StrOptions, Options, HasMethods)
    return {
        name: allowed
        if isinstance(allowed, str)
        else [
            _Adapted(c) if hasattr(c, "is_satisfied_by") and not isinstance(c, known) else c for c in allowed
        ]
        for name, allowed in constraints.items()
    }


def validate_parameter_constraints(constraints, params, caller_name):
    """Validate parameters as scikit-learn does; constraints of `skmer._utils._arguments` are taken too."""
    _validate_parameter_constraints(for_estimators(constraints), params, caller_name)


def ungated(estimator):
    """Return an estimator that gives each clip a class: a copy without the threshold of a GatedPipeline."""
    names = [name for name in estimator.get_params() if name.rpartition("__")[2] == "least_reliability"]
    return clone(estimator).set_params(**dict.fromkeys(names)) if names else estimator
