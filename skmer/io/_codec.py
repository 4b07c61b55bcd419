"""Objects as JSON and arrays, and back: numbers, text, arrays, graphs, estimators of known homes."""

import importlib
import inspect
import os
import warnings

import numpy as np
import torch
from sklearn.base import BaseEstimator

from skmer.classifiers._net import FITTED, ClipNet
from skmer.face import FaceGraph

# Where a file may name an estimator from, and where a class or function that is a parameter's value.
ESTIMATOR_HOMES = ("skmer.", "sklearn.")
OBJECT_HOMES = ("skmer.", "torch.optim.", "torch.utils.data.")


def encode(value, tensors):
    """Return what JSON can hold; arrays go into ``tensors`` under names of their own."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return {"$" + type(value).__name__: [encode(item, tensors) for item in value]}
    if isinstance(value, dict):
        return {"$dict": [[encode(part, tensors) for part in pair] for pair in value.items()]}
    if isinstance(value, np.generic):
        return {"$scalar": value.item(), "dtype": value.dtype.str}
    if isinstance(value, np.ndarray):
        return _encode_array(value, tensors)
    if isinstance(value, os.PathLike | torch.device):
        return str(value)
    if isinstance(value, FaceGraph):
        return {"$graph": {name: encode(getattr(value, name), tensors) for name in _GRAPH_FIELDS}}
    if isinstance(value, BaseEstimator):
        return {"$estimator": _home(value, ESTIMATOR_HOMES), **_encode_estimator(value, tensors)}
    if isinstance(value, type) or callable(value):
        return {"$object": _home(value, OBJECT_HOMES)}
    raise ValueError(f"{type(value).__name__} cannot be kept without pickle, got {value!r}; use joblib.dump.")


def decode(value, tensors):
    """Return the object that `encode` made this of."""
    if not isinstance(value, dict):
        return value
    kind = next(iter(sorted(value)), None)
    if kind not in _DECODERS:
        raise ValueError(f"the file holds an entry of the unknown kind {kind!r}; it was not written by save.")
    return _DECODERS[kind](value, tensors)


_GRAPH_FIELDS = ("name", "nodes", "edges", "components", "mirror", "n_frames")


def _encode_array(value, tensors):
    if value.dtype.kind in "UO":
        items = [encode(item, tensors) for item in value.ravel().tolist()]
        return {"$items": items, "dtype": value.dtype.str, "shape": list(value.shape)}
    if value.dtype.kind not in "biuf":
        raise ValueError(f"an array of {value.dtype} cannot be kept without pickle; use joblib.dump.")
    name = str(len(tensors))
    tensors[name] = np.ascontiguousarray(value).reshape(value.shape)
    # The order of the axes in memory decides the last digits of a matrix product.
    return {"$array": name, "order": "C" if value.flags.c_contiguous else "F"}


def _decode_array(value, tensors):
    return np.array(tensors[value["$array"]], order=value["order"])


def _decode_items(value, tensors):
    items = [decode(item, tensors) for item in value["$items"]]
    return np.array(items, dtype=value["dtype"]).reshape(value["shape"])


def _encode_estimator(estimator, tensors):
    params = estimator.get_params(deep=False)
    if isinstance(estimator, ClipNet):
        if estimator.initialized_ and estimator._is_outdated():
            raise ValueError(
                "a parameter of the network has been set since the last fit; fit again before saving."
            )
        params = _lasting_params(estimator, params)
        state = _net_state(estimator) if estimator.initialized_ else {}
    else:
        state = {name: value for name, value in vars(estimator).items() if name not in params}
    return {"params": encode(params, tensors), "state": encode(state, tensors)}


def _decode_estimator(value, tensors):
    cls = _resolve(value["$estimator"], ESTIMATOR_HOMES)
    if not (isinstance(cls, type) and issubclass(cls, BaseEstimator)):
        raise ValueError(f"the file names {value['$estimator']!r} as an estimator, which it is not.")
    estimator = cls(**decode(value["params"], tensors))
    state = decode(value["state"], tensors)
    if any(str(name).startswith("__") for name in state):
        raise ValueError("the file sets a special attribute; it was not written by save.")
    if isinstance(estimator, ClipNet):
        return _restore_net(estimator, state) if state else estimator
    vars(estimator).update(state)
    return estimator


def _lasting_params(net, params):
    """Leave out what serves training alone, and classes and functions that are defaults."""
    dropped = [name for name in ("callbacks", "train_split") if params[name] is not None]
    dropped += [name for name in ("random_state",) if not isinstance(params[name], int | None)]
    if dropped:
        warnings.warn(f"{' and '.join(dropped)} serve training alone and are not saved.", stacklevel=5)
    defaults = {name: p.default for name, p in inspect.signature(type(net)).parameters.items()}
    usual = [name for name, value in params.items() if callable(value) and value is defaults.get(name)]
    return {name: value for name, value in params.items() if name not in (*dropped, *usual)}


def _net_state(net):
    weights = {
        part: {name: tensor.cpu().numpy() for name, tensor in getattr(net, part).state_dict().items()}
        for part in ("module_", "criterion_")
    }
    fitted = {name: getattr(net, name) for name in FITTED if hasattr(net, name)}
    others = [_net_state(other) for other in net.others_]
    return {"fitted": fitted, "history": list(net.history), "others": others, **weights}


def _restore_net(net, state):
    if torch.device(net.device).type == "cuda" and not torch.cuda.is_available():
        warnings.warn(f"device={net.device!r} is not there; device='auto' takes its place.", stacklevel=5)
        net.device = "auto"
    vars(net).update(state["fitted"])
    net.rebuild()
    for own, saved in zip([net, *net.others_], [state, *state["others"]], strict=True):
        _restore_weights(own, saved)
    return net


def _restore_weights(net, state):
    for part in ("module_", "criterion_"):
        weights = {name: torch.as_tensor(array) for name, array in state[part].items()}
        getattr(net, part).load_state_dict(weights)
    net.history.extend(state["history"])


def _home(value, homes):
    """Name a class, a function or an estimator's class by the most public module that has it."""
    member = type(value) if isinstance(value, BaseEstimator) else value
    module, name = str(member.__module__), getattr(member, "__qualname__", "")
    while "._" in module and hasattr(importlib.import_module(module.rpartition(".")[0]), name):
        module = module.rpartition(".")[0]
    if not module.startswith(homes) or not name.isidentifier():
        raise ValueError(
            f"{module}.{name} is not part of {', '.join(home[:-1] for home in homes)}: loading it could run "
            "any code; use joblib.dump."
        )
    return f"{module}:{name}"


def _resolve(name, homes):
    module, _, attribute = str(name).partition(":")
    if not module.startswith(homes) or not attribute.isidentifier():
        raise ValueError(
            f"the file names {name!r}, which is not part of {', '.join(homes)}; nothing was loaded."
        )
    try:
        member = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"the file names {name!r}, which this installation lacks: {error}.") from error
    if not str(getattr(member, "__module__", "")).startswith(homes):
        raise ValueError(f"the file names {name!r}, which is only passing through there; nothing was loaded.")
    return member


_DECODERS = {
    "$list": lambda value, tensors: [decode(item, tensors) for item in value["$list"]],
    "$tuple": lambda value, tensors: tuple(decode(item, tensors) for item in value["$tuple"]),
    "$dict": lambda value, tensors: {decode(k, tensors): decode(v, tensors) for k, v in value["$dict"]},
    "$array": _decode_array,
    "$items": _decode_items,
    "$scalar": lambda value, tensors: np.dtype(value["dtype"]).type(value["$scalar"]),
    "$graph": lambda value, tensors: FaceGraph(**{k: decode(v, tensors) for k, v in value["$graph"].items()}),
    "$object": lambda value, tensors: _resolve(value["$object"], OBJECT_HOMES),
    "$estimator": _decode_estimator,
}
