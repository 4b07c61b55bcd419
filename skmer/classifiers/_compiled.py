"""Training steps in compiled loops, for one net and for a stack of them."""

import torch

from skmer.nn._compiled._use import is_computed, make_step

LAMBDAS = ("lambda_center", "lambda_weight", "lambda_balance")


def is_compiled(net):
    """Whether steps of a net are computed in compiled loops, which let go of Python's lock."""
    own = {name.removeprefix("module__"): v for name, v in vars(net).items() if name.startswith("module__")}
    return torch.device(net.device).type == "cpu" and is_computed({**net._module_params(), **own})


class CompiledSteps:
    """Steps on batches of any number of clips. They hold addresses, so a copy begins without any.

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

    def __getstate__(self):
        return {"parts": self.parts, "steps": {}}

    def __call__(self, features, target, weight):
        """Return the step, which has the gradients, and the terms of the loss, each of (nets,)."""
        n_nets, n_clips = features.shape[:2]
        if n_clips not in self.steps:
            lambdas = [torch.as_tensor(getattr(self.parts[1], name)).expand(n_nets) for name in LAMBDAS]
            self.steps[n_clips] = make_step(*self.parts, torch.stack(lambdas).to(features.dtype), n_clips)
        step = self.steps[n_clips]
        return step, step(features, target, weight)
