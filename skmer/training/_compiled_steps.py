"""Training steps in compiled loops, for one net and for a stack of them."""

import torch

from skmer.nn._compiled._support import is_computed, loops

LAMBDAS = ("lambda_center", "lambda_weight", "lambda_balance")


def is_compiled(net):
    """Whether steps of a net are computed in compiled loops, which let go of Python's lock."""
    own = {name.removeprefix("module__"): v for name, v in vars(net).items() if name.startswith("module__")}
    return torch.device(net.device).type == "cpu" and is_computed({**net._module_params(), **own})


def has_hooks(module):
    """Whether something waits for a torch module, or a part of it, to be called."""
    return any(
        part._forward_hooks or part._forward_pre_hooks or part._backward_hooks or part._backward_pre_hooks
        for part in module.modules()
    )


class CompiledSteps:
    """Steps on batches of any number of clips. They share memory with the nets: a copy of a net has none.

    Parameters
    ----------
    module, criterion : DeReGRL, DeReGRLLoss
        One of the nets.
    weights, centers : dict of Tensor
        Parameters of all nets by their names in the two, a replica axis in front.
    """

    def __init__(self, module, criterion, weights, centers):
        self.parts = module, criterion, weights, centers
        self.steps = {}

    def __reduce__(self):
        return type(None), ()

    def __call__(self, features, target, weight):
        """Return the step, which has the gradients, and the terms of the loss, each of (nets,)."""
        n_nets, n_clips = features.shape[:2]
        if n_clips not in self.steps:
            self.steps[n_clips] = loops().CompiledStep(*self.parts, n_clips)
        step = self.steps[n_clips]
        lambdas = [torch.as_tensor(getattr(self.parts[1], name)).expand(n_nets) for name in LAMBDAS]
        return step, step(features, target, weight, torch.stack(lambdas, -1).to(features.dtype))
