"""Parameters of a net: their check, and the keyword arguments that they make for its parts."""

import difflib
import inspect
from numbers import Real

import numpy as np
import torch
from sklearn.base import BaseEstimator
from skorch import NeuralNet, NeuralNetClassifier
from skorch.callbacks import LRScheduler

from skmer._utils._arguments import Items, Takes, check_argument, real
from skmer._utils._sklearn import HasMethods, StrOptions, validate_parameter_constraints
from skmer._utils._torch import DEVICE
from skmer.nn import Augmentation

_CALLBACK = HasMethods(["initialize", "on_train_begin"])
INPUT_SCALE = "input_scale"
# What papers and other packages call a parameter.
_OTHER_WORDS = {"weights": "pretrained"}
_PARTS = ("module", "criterion", "optimizer", "iterator_train", "iterator_valid", "callbacks")
# What skorch takes as it comes, and fails on deep inside.
_SKORCH = {
    "module": [Takes(0, "n_classes")],
    "criterion": [Takes(0, "n_classes")],
    "optimizer": [Takes(1, "lr")],
    "iterator_train": [Takes(1, "batch_size")],
    "iterator_valid": [Takes(1, "batch_size")],
    "dataset": [Takes(1), HasMethods("__getitem__")],
    "callbacks": [Items(_CALLBACK, Items(str, _CALLBACK, n=2)), StrOptions({"disable"}), None],
    "predict_nonlinearity": [Takes(1), StrOptions({"auto"}), None],
    "classes": [Items(str, least=1), Items(Real, np.bool_, least=1), None],
    "use_caching": ["boolean", StrOptions({"auto"})],
    **{flag: ["boolean"] for flag in ("compile", "warm_start")},
}


def resolve_device(device):
    """Return the device that "auto" stands for here, anything else as it is."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


class AutoDevice:
    """Device of a net's tensors; "auto" is resolved at each reading and stays "auto" among the parameters."""

    def __get__(self, net, cls=None):
        return self if net is None else resolve_device(vars(net)["device"])

    def __set__(self, net, value):
        vars(net)["device"] = value


class InputScale:
    """Factor that divides X: a buffer of the network, so that saved parameters take it along."""

    def __get__(self, net, cls=None):
        if net is None:
            return self
        buffer = getattr(_network(net), INPUT_SCALE, None)
        if buffer is not None:
            return float(buffer)
        if "scale_" not in vars(net):
            raise AttributeError(f"{type(net).__name__} has no scale_ before fit.")
        return vars(net)["scale_"]

    def __set__(self, net, value):
        vars(net)["scale_"] = value
        if hasattr(_network(net), INPUT_SCALE):
            self.register(net)

    @staticmethod
    def register(net):
        """Give the scale to the network, in the precision that divides."""
        scale = torch.tensor(vars(net)["scale_"], dtype=getattr(torch, net.dtype), device="cpu")
        _network(net).register_buffer(INPUT_SCALE, scale)


def _network(net):
    module = getattr(net, "module_", None)
    return getattr(module, "_orig_mod", module)  # torch.compile puts a module around it


def load_params(self, f_params=None, *args, **kwargs):
    """Load parameters that `save_params` or a ``Checkpoint`` wrote, the scale of the input among them.

    Parameters
    ----------
    f_params : file-like object, str or None, default=None
        Parameters of the network.
    *args, **kwargs : object
        As of `skorch.NeuralNet.load_params`, such as ``checkpoint``.

    Raises
    ------
    ValueError
        If the file holds no scale of the input, as those of older versions.
    RuntimeError
        If its parameters are those of another architecture.
    """
    try:
        NeuralNetClassifier.load_params(self, f_params, *args, **kwargs)
    except RuntimeError as error:
        if f'"{INPUT_SCALE}"' not in str(error):
            raise
        raise ValueError(
            f"f_params must hold {INPUT_SCALE}, the factor that divides X, and does not: it is of an older "
            "version or of another network; save the fitted classifier by save_params, or skmer.io.save."
        ) from error


def check_arguments(cls, kwargs):
    """Refuse arguments that neither the net nor one of its parts takes.

    Parameters
    ----------
    cls : type
        Of the net.
    kwargs : dict
        What its constructor hands to skorch.
    """
    own = {name for base in (NeuralNetClassifier, NeuralNet) for name in inspect.signature(base).parameters}
    # A class that makes parts of its own knows their prefixes, and skorch checks them in `fit`.
    free = not cls.initialize_module.__module__.startswith(("skmer.", "skorch."))
    for name in kwargs:
        prefix, dunder, _ = name.partition("__")
        if name in own or (dunder and (prefix in _PARTS or (free and prefix != "dataset"))):
            continue
        known = [p for p in inspect.signature(cls).parameters if p not in ("self", "kwargs")]
        close = [p for p in known if p == _OTHER_WORDS.get(name)] or difflib.get_close_matches(
            name, known, n=1
        )
        hint = f"; did you mean {close[0]}?" if close else "."
        raise TypeError(f"{cls.__name__} got an unexpected argument {name!r}{hint}")


def check_params(net):
    """Raise ValueError or TypeError where a parameter is not what it may be."""
    params = net.get_params(deep=False)
    constraints = {**_SKORCH, **net._parameter_constraints}
    validate_parameter_constraints(constraints, params, type(net).__name__)
    check_argument("callbacks", net.callbacks, [list, tuple, str, None])
    if isinstance(net.class_weight, dict):
        check_argument("class_weight", net.class_weight.values(), [Items(real(0, 1e30))])
    check_argument("device", net.device, [DEVICE])
    callbacks = net.callbacks if isinstance(net.callbacks, list) else []
    if net.callbacks == "disable" and net.schedule is not None:
        raise ValueError(
            f"callbacks='disable' would leave out schedule={net.schedule!r} too; pass schedule=None."
        )
    kinds = [c[1] if isinstance(c, tuple) else c for c in callbacks]
    if net.schedule is not None and any(isinstance(c, LRScheduler) or c is LRScheduler for c in kinds):
        raise ValueError(
            f"callbacks holds an LRScheduler while schedule={net.schedule!r} sets the rate too; pass "
            "schedule=None."
        )


def set_aside(net, params):
    """Set the parameters that skorch would build parts from at once; return the others, dict.

    The next fit builds these parts, from the net's own streams and with its own words for what is wrong.
    """
    rest = dict(params)
    if not net.initialized_ and "callbacks" in rest:
        net.callbacks = rest.pop("callbacks")
    later = {name: rest.pop(name) for name in params if name.startswith(("module__", "criterion__"))}
    vars(net).update(later)
    net._params_to_validate.update(later)
    if net.initialized_ and "weight_decay" in rest:
        for group in net.optimizer_.param_groups:
            group["weight_decay"] = rest["weight_decay"]
    return rest


def own_request(estimator, train_split):
    """Return the request of ``fit`` under metadata routing: groups only where an inner split needs them.

    Where the user has decided (``set_fit_request``), that stands.
    """
    request = BaseEstimator.get_metadata_routing(estimator)
    if train_split is not None and not hasattr(estimator, "_metadata_request"):
        for method in (request.fit, request.partial_fit):
            method.add_request(param="groups", alias=True)
    return request


def own_params_for(net, prefix):
    """Return the keyword arguments that the flat parameters and the data make for one part; dict."""
    if prefix == "module":
        return {**net._data_params(), "n_classes": len(net.classes_), **net._module_params()}
    if prefix == "criterion":
        return {"n_classes": len(net.classes_), **net._criterion_params()}
    if prefix == "optimizer":
        accepted = inspect.signature(net.optimizer).parameters
        wanted = {"weight_decay": net.weight_decay, "fused": True}
        return {name: value for name, value in wanted.items() if name in accepted}
    if prefix == "iterator_train":
        return {"shuffle": True, "drop_last": net._drop_last, "generator": net.streams_.shuffle}
    return {}


def architecture_key(net):
    """Return the parameters whose change asks for a new network; dict."""
    names = (*net._structural, "dtype", "module", "criterion", "optimizer")
    dunder = [name for name in vars(net) if name.startswith(("module__", "criterion__"))]
    own = {name: getattr(net, name) for name in (*names, *dunder)}
    return {**own, **net._module_params(), **net._criterion_params()}


def make_augmentation(net):
    """Return the augmentation that a net's parameters ask for."""
    return Augmentation(net.graph_, 0.5 * net.horizontal_flip, net.noise, net.head_motion_noise)


def renew_callbacks(net):
    """Build the callbacks anew where another parameter asks for others than at the last training."""
    names = [name for name, _ in net._default_callbacks]
    if net.callbacks == "disable" or names == getattr(net, "default_callback_names_", None):
        return
    net.default_callback_names_ = names
    net._initialize_callbacks()
    if net.schedule is None:
        for group in net.optimizer_.param_groups:
            group["lr"] = group.get("max_lr", net.lr)  # a cycle leaves next to nothing behind
