"""What the parameters of `DeReGRLClassifier` may be, and which of them build the network and its loss."""

from numbers import Integral, Real

import torch
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions

from skmer.face import FaceGraph

_POSITIVE_INT = [Interval(Integral, 1, None, closed="left")]
_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]

CONSTRAINTS: dict = {
    "n_actions": _POSITIVE_INT,
    "n_channels": _POSITIVE_INT,
    "n_layers": _POSITIVE_INT,
    "lambda_center": _NOT_NEGATIVE,
    "lambda_weight": _NOT_NEGATIVE,
    "lambda_balance": _NOT_NEGATIVE,
    "graph": [str, FaceGraph],
    "decomposition": ["boolean"],
    "reconstruction": ["boolean"],
    "adjacency": [StrOptions({"skeleton+learned", "skeleton", "learned", "full"})],
    "relations": [StrOptions({"learned", "full", "component"})],
    "activation": [StrOptions({"relu", "leaky_relu", "elu", "gelu", "tanh"})],
    "action_softmax": [StrOptions({"nodes", "actions"})],
    "weight_norm": [StrOptions({"l1", "l2"})],
    "weight_sigmoid": ["boolean"],
    "fusion": [StrOptions({"concatenate", "sum"})],
    "centers": [StrOptions({"batch", "learned"})],
    "balance": [StrOptions({"relative", "absolute"})],
    "loss_reduction": [StrOptions({"mean", "sum"})],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "channels": [tuple, list],
    "linear_path": ["boolean"],
    "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    "mirror": ["boolean"],
    "noise": _NOT_NEGATIVE,
    "rigid_noise": _NOT_NEGATIVE,
    "unit_rms": ["boolean"],
    "class_weight": [StrOptions({"balanced", "sqrt-balanced"}), dict, None],
    "lr": [Interval(Real, 0, None, closed="neither")],
    "weight_decay": _NOT_NEGATIVE,
    "schedule": [StrOptions({"one-cycle"}), None],
    "max_epochs": _POSITIVE_INT,
    "n_members": _POSITIVE_INT,
    "batch_size": [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1})],
    "dtype": [StrOptions({"float32", "float64"})],
    "device": [str, torch.device],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "train_split": [callable, HasMethods("split"), None],
}

MODULE_PARAMS = (
    "n_actions",
    "n_channels",
    "n_layers",
    "decomposition",
    "reconstruction",
    "adjacency",
    "relations",
    "activation",
    "action_softmax",
    "weight_norm",
    "weight_sigmoid",
    "fusion",
    "dropout",
    "channels",
    "linear_path",
)
CRITERION_PARAMS = (
    "lambda_center",
    "lambda_weight",
    "lambda_balance",
    "centers",
    "balance",
    "label_smoothing",
)
