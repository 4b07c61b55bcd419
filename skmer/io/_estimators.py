"""Estimators as documents, and documents as estimators: taken apart, checked as a whole, then built.

`save` checks what it wrote by the same rules as `load`, so that it refuses at once what could not be loaded.
"""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import VotingClassifier
from sklearn.utils import Bunch
from skorch import NeuralNet

from skmer._utils._sklearn import validate_parameter_constraints
from skmer.face import FaceGraph
from skmer.io import _nets
from skmer.io._codec import Encoder, EstimatorNode, GraphNode, ObjectNode
from skmer.io._forms import LEARNED, check_attributes, is_plain, nodes
from skmer.io._table import CLASSES, FORMS, LASTING, NESTED, NETS, OBJECTS, lasts, name_of, parts_of, resolve

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
    if not {"estimators_", "le_", "classes_"} <= state.keys():
        raise ValueError("a fitted vote needs estimators_, le_ and classes_")
    named = [part.name for _, part in params["estimators"] if isinstance(part, EstimatorNode)]
    if [member.name for member in state["estimators_"]] != named:
        raise ValueError("a fitted estimator in it is of another class than the one named so")


def _check_chosen_voting(params, state):
    """Refuse votes without a voter, and as many voices as estimators."""
    _check_voting(params, state)
    weights = state.get("weights_")
    if weights is None or weights.shape != (len(state["estimators_"]),) or not weights.any():
        raise ValueError("a fitted vote needs a weight in weights_ for each estimator, one of them not zero")


def _check_motion(params, state):
    """Refuse bands, levels and whitening matrices that do not go together."""
    if not {"choices_", "levels_", "whitening_", "longest_"} <= state.keys() or not state["longest_"] >= 0:
        raise ValueError("a fitted spotter needs choices_, levels_, whitening_ and longest_")
    for kind, (setting, *_) in state["choices_"].items():
        if [np.shape(part) for part in setting] != [(2,), ()]:
            raise ValueError("a choice of a fitted spotter needs a band of two periods and a share")
        ends = np.array([*setting[0], setting[1]])
        if ends.dtype.kind not in "if" or not (0 < ends[0] < ends[1] < np.inf and 0 < ends[2] < 1):
            raise ValueError("a choice of a fitted spotter has an impossible band or share")
        levels, whitening = state["levels_"][kind], state["whitening_"][kind]
        if levels.ndim != 1 or whitening.shape != levels.shape * 2 or not (levels > 0).all():
            raise ValueError("the attributes levels_ and whitening_ do not go together")


def _check_shares(params, state):
    """Refuse choices of MDMDSpotter that are no share."""
    settings = [choice[0] for choice in state.get("choices_", {}).values()]
    if not settings or any(
        len(setting) != 1 or not isinstance(setting[0], float | np.floating) or not 0 <= setting[0] <= 1
        for setting in settings
    ):
        raise ValueError("a fitted spotter needs a share in choices_ for each type")


def _check_heights(params, state):
    """Refuse choices of OpticalFlowSpotter that are more than heights."""
    if any(choice[0] for choice in state.get("choices_", {"": ((0,),)}).values()):
        raise ValueError("a fitted spotter needs a height alone in choices_ for each type")


def _check_recogniser(params, state):
    """Refuse a fitted spotter and pipeline of other classes than the parameters."""
    for name in ("spotter", "pipeline"):
        own, fitted = params.get(name), state.get(f"{name}_")
        if own is None or fitted is None or own.name != fitted.name:
            raise ValueError(f"a fitted estimator in it is of another class than the parameter {name}")


# What the forms cannot say.
CHECKS = {
    "skmer.spotting.MotionSpotter": _check_motion,
    "skmer.spotting.MDMDSpotter": _check_shares,
    "skmer.spotting.OpticalFlowSpotter": _check_heights,
    "skmer.spotting.SpotThenRecognise": _check_recogniser,
    **dict.fromkeys(("sklearn.svm.SVC", "sklearn.svm.NuSVC"), _check_svc),
    **dict.fromkeys(("sklearn.svm.SVR", "sklearn.svm.NuSVR"), _check_svm),
    "sklearn.neighbors.KNeighborsClassifier": _check_neighbors,
    "sklearn.ensemble.VotingClassifier": _check_voting,
    "skmer.classifiers.VotingClassifierCV": _check_chosen_voting,
    "skmer.classifiers.SeedEnsemble": _check_ensemble,
    "skmer.classifiers.FlipAugmentedClassifier": _check_ensemble,
}

_BY_NAME = "named_estimators_"  # of a vote: its estimators_ once more, which a file need not hold twice


def to_document(estimator, trusted):
    """Return the document of an estimator.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    trusted : set of str
        Names of classes and functions beside those of the tables.

    Returns
    -------
    document : dict
        What JSON holds.
    tensors : dict of str to ndarray
        Arrays that the document names.
    left_out : list of str
        Parameters that are not in it.
    """
    left_out: list[str] = []

    def encode_estimator(part):
        name = name_of(type(part), CLASSES | trusted)
        try:
            params, state = _nets.take_apart(part) if isinstance(part, NeuralNet) else _take_apart(part)
        except ValueError as error:
            raise ValueError(f"{type(part).__name__}: {error}") from error
        dropped = [key for key, value in params.items() if not lasts(name, key, value)]
        left_out.extend(key for key in dropped if key not in left_out)
        return name, {key: value for key, value in params.items() if key not in dropped}, state

    encoder = Encoder(
        encode_estimator, lambda member: name_of(member, set().union(*OBJECTS.values(), trusted))
    )
    return encoder.encode(estimator), encoder.tensors, left_out


def _take_apart(estimator):
    params = estimator.get_params(deep=False)
    # What the constructor sets beside the parameters comes back with it.
    fresh = vars(type(estimator)(**params))
    learned = {
        name: value
        for name, value in vars(estimator).items()
        if name not in (*params, _BY_NAME) and not (name in fresh and _is_same(fresh[name], value))
    }
    return params, learned


def _is_same(a, b):
    return a is b or (type(a) is type(b) and isinstance(a, bool | int | float | str) and a == b)


def check(node, trusted):
    """Refuse a document in which anything is not as it is in the document of a saved estimator.

    Parameters
    ----------
    node : object
        What the parser made of the document; an `EstimatorNode` in all that `save` wrote.
    trusted : set of str
        Names of classes and functions beside those of the tables.
    """
    if not isinstance(node, EstimatorNode):
        raise ValueError("its document is no estimator")
    cls = _class_of(node, trusted)
    try:
        _check_params(node, cls, trusted)
        if issubclass(cls, NeuralNet):
            _nets.check_state(cls, node.params, node.state)
        else:
            _check_state(node, cls)
    except ValueError as error:
        raise ValueError(f"{cls.__name__}: {error}") from error
    for inner in nodes([*node.params.values(), *node.state.values()]):
        if isinstance(inner, EstimatorNode):
            check(inner, trusted)


def _class_of(node, trusted):
    if node.name not in CLASSES and node.name not in trusted:
        raise ValueError(
            f"it names the class {node.name}, which is not among those that model files may name; if you "
            f"know what it does, pass trusted=[{node.name!r}]"
        )
    # The name stands in a table or is the user's own: only now is anything imported.
    cls = resolve(node.name)
    if not (isinstance(cls, type) and issubclass(cls, BaseEstimator)):
        raise ValueError(f"it names {node.name} as an estimator, which it is not")
    return cls


def _check_params(node, cls, trusted):
    is_net = issubclass(cls, NeuralNet)
    unknown = [] if is_net else sorted(node.params.keys() - set(cls._get_param_names()))
    if unknown:
        raise ValueError(f"it has no parameter {unknown[0]!r}")
    plain = {}
    for name, value in node.params.items():
        if not lasts(node.name, name, value):
            raise ValueError(f"the parameter {name} may only be {LASTING[name][0]!r} in a file")
        if is_plain(value):
            plain[name] = value
        elif not _may_hold(node.name, is_net, name, value, trusted):
            raise ValueError(
                f"the parameter {name!r} holds a class, a function or an estimator that it may not"
            )
    # Only now, when each name in it is one of a table, may anything be looked up.
    if is_net:
        plain |= _nets.check_params(cls, node.params)
    if "steps" in NESTED.get(node.name, {}).values():
        plain = {name: value for name, value in plain.items() if NESTED[node.name].get(name) != "steps"}
        _check_steps(node)
    constraints = getattr(cls, "_parameter_constraints", {})
    validate_parameter_constraints(constraints, plain, cls.__name__)


def _may_hold(owner, is_net, name, value, trusted):
    """Return whether a parameter may hold a value that is not plain."""
    if isinstance(value, ObjectNode):
        allowed = parts_of(owner, OBJECTS) if owner in NETS else OBJECTS
        return value.name in allowed.get(name, ()) or value.name in trusted
    if owner in trusted:
        # Estimators inside are checked for themselves.
        return all(inner.name in trusted for inner in nodes(value) if isinstance(inner, ObjectNode))
    rule = "graph" if is_net and name == "graph" else NESTED.get(owner, {}).get(name)
    if rule == "steps":
        return all(isinstance(inner, EstimatorNode) for inner in nodes(value))
    if isinstance(value, GraphNode):
        return rule == "graph"
    # An estimator inside is checked for itself.
    return isinstance(value, EstimatorNode) and (rule == "estimator" or value.name in (rule or ()))


def _check_steps(node):
    (name,) = [name for name, rule in NESTED[node.name].items() if rule == "steps"]
    steps, taken = node.params.get(name), set()
    for step in steps if isinstance(steps, list | tuple) else [None]:
        if not (isinstance(step, tuple | list) and len(step) == 2 and isinstance(step[0], str)):
            raise ValueError(f"the parameter {name} is no list of names and estimators")
        # Two underscores part step and parameter in set_params.
        if step[0] in taken or "__" in step[0]:
            raise ValueError(f"the parameter {name} has the impossible or repeated name {step[0]!r}")
        taken.add(step[0])
        if not isinstance(step[1], EstimatorNode) and step[1] not in (None, "passthrough", "drop"):
            raise ValueError(f"the step {step[0]!r} of {name} is no estimator")


def _check_state(node, cls):
    forms, learned = FORMS.get(node.name, {}), {}
    for name, value in node.state.items():
        if name in forms:
            learned[name] = value
        elif not (LEARNED.fullmatch(name) or (node.name not in FORMS and _is_own(name))):
            raise ValueError(f"{name!r} is no attribute that a file may set")
        # An attribute of the name of a method would take the place of the class's code.
        elif hasattr(cls, name) or name in cls._get_param_names():
            raise ValueError(f"the attribute {name} is one of the class itself, and no file may set it")
        elif node.name in FORMS and not is_plain(value):
            raise ValueError(
                f"the attribute {name} holds a class, a function or an estimator that it may not"
            )
        elif any(not isinstance(inner, EstimatorNode) for inner in nodes(value)):
            raise ValueError(f"the attribute {name} holds a class or a function")
    check_attributes(forms, learned)
    if node.name in CHECKS and node.state:
        CHECKS[node.name](node.params, node.state)


def _is_own(name):
    """Return whether a trusted class may have an attribute of this name."""
    return name.isidentifier() and not name.startswith("__")


def build(value):
    """Return the object of a checked value.

    Parameters
    ----------
    value : object
        Value or node, which `check` has passed.

    Returns
    -------
    value : object
    """
    if isinstance(value, EstimatorNode):
        return _build_estimator(value)
    if isinstance(value, ObjectNode):
        return resolve(value.name)
    if isinstance(value, GraphNode):
        return FaceGraph(**value.fields)
    if isinstance(value, dict):
        return {key: build(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(build(item) for item in value)
    return value


def _build_estimator(node):
    # The first code of a named class that runs; all that it is given has been checked.
    estimator = resolve(node.name)(**build(node.params))
    state = build(node.state)
    if isinstance(estimator, NeuralNet):
        if state:
            _nets.restore(estimator, state)
    else:
        # Not by setattr, which would run the setters of properties.
        vars(estimator).update(state)
        if isinstance(estimator, VotingClassifier) and "estimators_" in state:
            named = [name for name, part in estimator.estimators if part != "drop"]
            vars(estimator)[_BY_NAME] = Bunch(**dict(zip(named, estimator.estimators_, strict=True)))
        complete = getattr(type(estimator), "_complete_loaded", None)
        if complete is not None:
            complete(estimator)
    return estimator
