"""Checks of learned attributes that no form can say: counts and numbers that compiled code would trust."""

from skmer.io._codec import ObjectNode

_SVM_NEEDS = (
    "n_features_in_ support_ support_vectors_ _n_support _dual_coef_ _intercept_ _probA _probB shape_fit_"
)


def _check_svm(params, state):
    """Refuse sizes that would lead the compiled code of libsvm past the end of an array."""
    kernel, rows = params.get("kernel"), state.get("_BaseLibSVM__Xfit")
    # With a function as kernel, libsvm gets its values alone: the rows are kept beside, their number is not.
    computed = isinstance(kernel, ObjectNode)
    missing = set(_SVM_NEEDS.split()) - state.keys() - ({"n_features_in_"} if computed else set())
    if missing:
        raise ValueError(f"a fitted support vector machine needs {sorted(missing)}")
    n_support, support, shape = state["_n_support"], state["support_"], state["shape_fit_"]
    # A regression has one number for each sign, a classification one for each class.
    total = n_support.sum() if "classes_" in state else n_support.max(initial=0)
    if (n_support < 0).any() or total != len(support):
        raise ValueError("the attribute _n_support does not count the vectors in support_")
    if len(shape) != 2 or (len(support) and not 0 <= support.min() <= support.max() < shape[0]):
        raise ValueError("the attribute support_ holds rows that are none of the training data")
    if (computed or kernel == "precomputed") != (len(state["support_vectors_"]) < len(support)):
        raise ValueError("the attribute support_vectors_ does not go with the kernel")
    if computed != (rows is not None) or (computed and rows.shape != tuple(shape)):
        raise ValueError("the rows that the kernel is computed with are not those of the fit")


def _check_svc(params, state):
    if "classes_" not in state:
        raise ValueError("a fitted support vector machine needs classes_")
    _check_svm(params, state)


def _check_neighbors(params, state):
    """Refuse class numbers that are none."""
    missing = {"n_features_in_", "classes_", "_y", "_fit_X"} - state.keys()
    if missing:
        raise ValueError(f"a fitted classifier by neighbors needs {sorted(missing)}")
    labels, classes = state["_y"], state["classes_"]
    if labels.dtype.kind not in "iu" or (
        len(labels) and not 0 <= labels.min() <= labels.max() < len(classes)
    ):
        raise ValueError("the attribute _y holds numbers that are none of a class")


def _check_ensemble(params, state):
    """Refuse members that are no copies of the estimator."""
    own = getattr(params.get("estimator"), "name", None)
    members = [*state.get("estimators_", ()), *([state["estimator_"]] if "estimator_" in state else [])]
    if any(member.name != own for member in members):
        raise ValueError("a fitted estimator in it is of another class than the parameter estimator")


def _check_voting(params, state):
    """Refuse voters that are no copies of the named estimators."""
    named = [part.name for _, part in params["estimators"] if part != "drop"]
    if not {"estimators_", "le_", "classes_"} <= state.keys():
        raise ValueError("a fitted vote needs estimators_, le_ and classes_")
    if [member.name for member in state["estimators_"]] != named:
        raise ValueError("a fitted estimator in it is of another class than the one named so")


# What the forms cannot say.
CHECKS = {
    **dict.fromkeys(("sklearn.svm.SVC", "sklearn.svm.NuSVC"), _check_svc),
    **dict.fromkeys(("sklearn.svm.SVR", "sklearn.svm.NuSVR"), _check_svm),
    "sklearn.neighbors.KNeighborsClassifier": _check_neighbors,
    "sklearn.ensemble.VotingClassifier": _check_voting,
    "skmer.classifiers.SeedEnsemble": _check_ensemble,
    "skmer.classifiers.FlipAugmentedClassifier": _check_ensemble,
}
