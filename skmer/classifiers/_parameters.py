"""The parameters of a net: skorch's, kept as scikit-learn keeps its own."""

import inspect

import torch
from sklearn.base import BaseEstimator
from skorch import NeuralNetClassifier


def resolve_device(device):
    """Return the device that "auto" stands for here, anything else as it is."""
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


class NetParameters(NeuralNetClassifier):
    """The half of `ClipNet` that is about parameters: what they build, and what a change of one asks for."""

    __repr__ = BaseEstimator.__repr__

    @property
    def device(self):
        """Where tensors go; "auto" is resolved at each reading and stays what it is among the parameters."""
        return resolve_device(self.__dict__["device"])

    @device.setter
    def device(self, value):
        self.__dict__["device"] = value

    def _get_param_names(self):
        return [name for name in super()._get_param_names() if not name.startswith("_")]

    def get_params(self, deep=True):
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether parameters of parameters, such as callbacks, are included.

        Returns
        -------
        params : dict
            Name to value.
        """
        params = super().get_params(deep=deep)
        return {**params, "device": self.__dict__["device"]}

    def set_params(self, **params):
        """Set parameters.

        Parameters
        ----------
        **params : object
            Name to value. On a fitted net ``lr`` and ``weight_decay`` take effect at once, a parameter of the
            network at the next fit.

        Returns
        -------
        self : estimator
            Changed.
        """
        if not self.initialized_ and "callbacks" in params:
            # skorch builds the callbacks here and now; what is wrong with them is for fit to say.
            self.callbacks = params.pop("callbacks")
        # skorch would build the part anew at once, from the global generator; here the next fit does it.
        later = {name: params.pop(name) for name in [*params] if name.startswith(("module__", "criterion__"))}
        vars(self).update(later)
        self._params_to_validate.update(later)
        super().set_params(**params)
        if self.initialized_ and "weight_decay" in params:
            for group in self.optimizer_.param_groups:
                group["weight_decay"] = self.weight_decay
        return self

    def _module_params(self):
        """Return the flat parameters that build the module."""
        raise NotImplementedError

    def _criterion_params(self):
        """Return the flat parameters that build the criterion."""
        raise NotImplementedError

    def get_params_for(self, prefix):
        """Return the keyword arguments of one part: the flat parameters under the dunder ones, which win.

        Parameters
        ----------
        prefix : str
            ``"module"``, ``"criterion"``, ``"optimizer"``, ``"iterator_train"``, ...

        Returns
        -------
        kwargs : dict
            Name to value.
        """
        params = {**self._own_params_for(prefix), **super().get_params_for(prefix)}
        if params.keys() & {"foreach", "differentiable"}:
            params.pop("fused", None)
        return params

    def _own_params_for(self, prefix):
        if prefix == "module":
            n_channels = self.n_features_in_ // (self.graph_.n_frames * self.graph_.n_nodes)
            data = {"graph": self.graph_, "in_channels": n_channels, "n_classes": len(self.classes_)}
            return {**data, **self._module_params()}
        if prefix == "criterion":
            return {"n_classes": len(self.classes_), **self._criterion_params()}
        if prefix == "optimizer":
            accepted = inspect.signature(self.optimizer).parameters
            wanted = {"weight_decay": self.weight_decay, "fused": True}
            return {name: value for name, value in wanted.items() if name in accepted}
        if prefix == "iterator_train":
            return {"shuffle": True, "drop_last": True, "generator": self.streams_.shuffle}
        return {}

    def _is_outdated(self):
        """Whether a parameter of the architecture or the loss has changed since the last fit."""
        return self._blueprint() != self.built_with_

    def _blueprint(self):
        names = ("graph", "unit_rms", "n_members", "dtype", "module", "criterion", "optimizer")
        dunder = [name for name in vars(self) if name.startswith(("module__", "criterion__"))]
        own = {name: getattr(self, name) for name in (*names, *dunder)}
        return {**own, **self._module_params(), **self._criterion_params()}

    def __setstate__(self, state):
        device = state["device"]
        super().__setstate__({**state, "device": resolve_device(device)})
        if device == "auto":
            self.device = device
