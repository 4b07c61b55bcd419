"""Nets in model files: all that `skmer.io` knows of them stands here.

A fitted net is its parameters, the attributes in ``FITTED``, the weights of its module and its criterion, and
its history. Loading constructs the net, sets those attributes, lets it build its parts and fills in weights.
"""

import inspect
import math
import re

import numpy as np
import torch

from skmer._utils._messages import warn_user
from skmer.io._codec import GraphNode, ObjectNode
from skmer.io._forms import check_attributes, is_plain, parse_forms
from skmer.io._table import resolve

_COMMON = "classes_inferred_:labels[C] scale_:float n_features_in_:int feature_names_in_:names[F]"
FITTED = {
    "graph_": parse_forms(f"{_COMMON} graph_:graph action_units_:i[*]"),
    "map_shape_": parse_forms(f"{_COMMON} map_shape_:sizes motion_rms_:float"),
}
"""Learned attributes of nets by the one that says how their rows are laid out."""
MAX_SIDE = 4096
WEIGHTS = ("module_", "criterion_")
_SCALE = "input_scale"  # the network's copy of scale_
_STATE = {"fitted", "history", *WEIGHTS}
_DEVICE = re.compile(r"auto|cpu|mps|(cuda|xpu)(:\d{1,3})?")
# Parts whose parameters may be set by prefix, as in optimizer__betas; of iterators these alone.
_PARTS = ("module", "criterion", "optimizer", "iterator_train", "iterator_valid")
_ITERATOR = {"batch_size", "shuffle", "drop_last"}


def take_apart(net):
    """Return the parameters and the state of a net.

    Parameters
    ----------
    net : NeuralNet
        Fitted or not.

    Returns
    -------
    params, state : dict
        The state of a net that is not fitted is empty.
    """
    if net.initialized_ and not net.resumes():
        raise ValueError(
            "a parameter of the network has been set since the last fit; fit again before saving"
        )
    params = net.get_params(deep=False)
    defaults = {name: p.default for name, p in inspect.signature(type(net)).parameters.items()}
    usual = [name for name, value in params.items() if callable(value) and value is defaults.get(name)]
    lasting = {name: value for name, value in params.items() if name not in usual}
    return lasting, _state(net) if net.initialized_ else {}


def _state(net):
    weights = {part: _weights(getattr(net, part)) for part in WEIGHTS}
    fitted = {name: getattr(net, name) for name in FITTED[net._layout] if hasattr(net, name)}
    return {"fitted": fitted, "history": list(net.history), **weights}


def _weights(module):
    # A compiled module is one around the own, which it calls _orig_mod.
    named = {name.removeprefix("_orig_mod."): t.cpu().numpy() for name, t in module.state_dict().items()}
    return {name: array for name, array in named.items() if name != _SCALE}


def check_params(cls, params):
    """Return the parameters of parts by their own names, refuse those that no part has.

    Parameters
    ----------
    cls : type
        Class of the net.
    params : dict of str to object
        Values and nodes.

    Returns
    -------
    flat : dict of str to object
        Such as ``{"n_actions": 3}`` for ``module__n_actions``.
    """
    own = inspect.signature(cls).parameters
    flat = {}
    for name, value in params.items():
        if name in own:
            continue
        part, _, inner = name.partition("__")
        if part not in _PARTS or inner not in _names_of(part, params.get(part), own) or not _is_small(value):
            raise ValueError(f"the parameter {name!r} is none that a net of {cls.__name__} keeps in a file")
        if part in ("module", "criterion"):
            flat[inner] = value
    if not _DEVICE.fullmatch(str(params.get("device", "auto"))):
        raise ValueError(f"device={params['device']!r} is no device that a file may name")
    nonlinearity = params.get("predict_nonlinearity")
    if not isinstance(nonlinearity, ObjectNode) and nonlinearity not in ("auto", None):
        raise ValueError("the parameter predict_nonlinearity may only be 'auto' or None in a file")
    return flat


def _names_of(part, node, own):
    if part.startswith("iterator"):
        return _ITERATOR
    member = resolve(node.name) if isinstance(node, ObjectNode) else own[part].default
    return set(inspect.signature(member).parameters) - {"params", "graph", "self"}


def _is_small(value):
    # Betas, sizes, names: no parameter of a part needs more than a handful of plain values.
    items = value if isinstance(value, tuple | list) else [value]
    return len(items) <= 16 and all(v is None or isinstance(v, bool | int | float | str) for v in items)


def check_state(cls, params, state):
    """Refuse a state that is not that of a fitted net.

    Parameters
    ----------
    cls : type
        Class of the net.
    params : dict of str to object
        Parameters of the net.
    state : dict of str to object
        From the document; empty where the net is not fitted.
    """
    if not state:
        return
    if state.keys() != _STATE:
        raise ValueError(f"the state of a net must have the keys {sorted(_STATE)}, got {sorted(state)[:10]}")
    _check_fitted(state["fitted"], cls._layout)
    for part in WEIGHTS:
        _check_weights(state[part], part)
    _check_sizes(params, state["module_"])
    _check_history(state["history"])


def _check_fitted(fitted, layout):
    forms = FITTED[layout]
    if not isinstance(fitted, dict) or not fitted.keys() <= forms.keys():
        raise ValueError(f"a fitted net has the attributes {list(forms)} and no others in a file")
    # Files from before there were action units have none of them.
    missing = forms.keys() - {"feature_names_in_", "action_units_"} - fitted.keys()
    if missing:
        raise ValueError(f"a fitted net needs {sorted(missing)}")
    if layout == "graph_" and not isinstance(fitted["graph_"], GraphNode):
        raise ValueError("the attribute graph_ is no graph")
    check_attributes(forms, {name: value for name, value in fitted.items() if name != "graph_"})
    fits = _fits_graph if layout == "graph_" else _fits_maps
    if len(fitted["classes_inferred_"]) < 2 or not fitted["scale_"] > 0 or not fits(fitted):
        raise ValueError(
            f"the numbers of features and classes or the scale do not fit a net over its {layout[:-1]}"
        )


def _fits_graph(fitted):
    graph = fitted["graph_"].fields
    n_values = graph["n_frames"] * len(graph["nodes"])
    return n_values and fitted["n_features_in_"] % n_values == 0


def _fits_maps(fitted):
    shape = fitted["map_shape_"]
    bounded = 2 <= len(shape) <= 4 and all(0 < size <= MAX_SIDE for size in shape)
    return bounded and fitted["n_features_in_"] == math.prod(shape) and fitted["motion_rms_"] > 0


def _check_weights(weights, part):
    if not isinstance(weights, dict) or not all(isinstance(name, str) for name in weights):
        raise ValueError(f"the weights of {part} are no arrays by name")
    for name, value in weights.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
            raise ValueError(f"the weight {name} of {part} is no array of numbers")
        if not np.isfinite(value).all():
            raise ValueError(f"the weight {name} of {part} is not finite: the training diverged")


def _check_sizes(params, weights):
    """Bound the sizes of a network by those of its weights, before a module of that size is built."""
    n_entries = sum(value.size for value in weights.values())
    for name, value in params.items():
        most = len(weights) if name.endswith("n_layers") else n_entries
        builds = name.startswith(("module__", "n_a", "n_c", "n_l"))
        if builds and isinstance(value, int) and value > max(most, 16):
            raise ValueError(f"{name}={value} does not fit the weights of the file")
        if name == "network_params" and value is not None:
            _check_network_params(value, len(weights), n_entries)


def _check_network_params(value, n_weights, n_entries):
    """As `_check_sizes`, for the arguments of a network by name: sizes, and lists of numbers of layers."""
    for name, item in value.items():
        items = item if isinstance(item, list | tuple) else [item]
        most = max(16, n_weights if item is items else n_entries)
        if not all(isinstance(n, int | float) and abs(n) <= most for n in items) or len(items) > most:
            raise ValueError(f"network_params[{name!r}]={item} does not fit the weights of the file")


def _check_history(history):
    rows = history if isinstance(history, list) else [None]
    for row in rows:
        if not isinstance(row, dict) or not all(isinstance(name, str) for name in row) or not is_plain(row):
            raise ValueError("the history of a net is no list of epochs")
        batches = row.get("batches", [])
        if not isinstance(batches, list) or not all(isinstance(batch, dict) for batch in batches):
            raise ValueError("the history of a net has an epoch whose batches are no list")


def restore(net, state):
    """Make a constructed net the fitted one that was saved.

    Parameters
    ----------
    net : NeuralNet
        Not fitted.
    state : dict
        From the document, checked; graphs are built.
    """
    if torch.device(net.device).type == "cuda" and not torch.cuda.is_available():
        warn_user(f"device={net.device!r} is not there; device='auto' takes its place.")
        net.device = "auto"
    vars(net).update(state["fitted"])
    for part in WEIGHTS:
        _compare_shapes(net, part, state[part])
    # The initial weights are replaced: they need not move numpy's generator.
    net.build(np.random.RandomState() if net.random_state is None else net.random_state)
    for part in WEIGHTS:
        module = getattr(net, part)
        weights = {name: torch.as_tensor(array) for name, array in state[part].items()}
        scale = {name: value for name, value in module.state_dict().items() if name == _SCALE}
        module.load_state_dict(weights | scale)
    net.history.extend(state["history"])


def _compare_shapes(net, part, weights):
    """Compare names and shapes of weights with those of a module that takes no memory."""
    cls = getattr(net, part[:-1])
    if not cls.__module__.startswith("skmer.nn."):
        return  # a class that the user trusts may not be able to; load_state_dict compares in any case
    with torch.device("meta"):
        own = cls(**net.get_params_for(part[:-1])).state_dict()
    expected = {
        name: (tuple(tensor.shape), net.dtype if tensor.is_floating_point() else str(tensor.dtype)[6:])
        for name, tensor in own.items()
    }
    if {name: (array.shape, str(array.dtype)) for name, array in weights.items()} != expected:
        raise ValueError(f"the weights of {part} have other names, shapes or dtypes than the network")
