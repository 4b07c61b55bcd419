"""A kernel machine as another member of the default recipe: mirrored kernel ridge, in closed form.

Features are displacements and magnitudes of clips at unit rms. The RBF kernel is averaged over a clip and its
mirror image, as in Haasdonk & Burkhardt, "Invariant kernel functions for pattern analysis and machine
learning", Machine Learning 68, 2007. Classes are regressed upon, weighted by the square roots that the
recipe has; probabilities are the softmax of a multiple of the values. That multiple, and width and penalty
where there are several, have the least log-loss of leaving one training clip out, which ridge regression
gives without another fit. The combination is ours.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from baselines import scaled_with_magnitudes
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist
from scipy.special import softmax

from skmer.face import FaceGraph
from skmer.nn import Augmentation

LOG_SCALES = (-1.0, 3.5)


class Kernel(NamedTuple):
    """Widths (multiples of the mean square difference) and penalties to choose from."""

    gammas: tuple = (1.0,)
    penalties: tuple = (0.3,)


def predict_kernel(kernel, X, codes, splits, graph):
    """Out-of-fold probabilities (n, n_classes) of encoded classes (n,)."""
    mirror = Augmentation(FaceGraph.preset(graph)).reflect(torch.as_tensor(X)).numpy()
    rows, mirrored = scaled_with_magnitudes(X), scaled_with_magnitudes(mirror)
    direct, crossed = (cdist(rows, other, "sqeuclidean") / rows.shape[1] for other in (rows, mirrored))
    targets = np.eye(codes.max() + 1)[codes]
    probabilities = np.zeros_like(targets)
    for train, test in splits:
        weight = _weights(targets[train])
        mean = np.average(targets[train], axis=0, weights=weight)
        fits = []
        for gamma, penalty in product(kernel.gammas, kernel.penalties):
            similar = (np.exp(-gamma * direct) + np.exp(-gamma * crossed)) / 2
            loss, scale, dual = _fit(similar[np.ix_(train, train)], targets[train], weight, mean, penalty)
            fits.append((loss, scale * (mean + similar[np.ix_(test, train)] @ dual)))
        probabilities[test] = softmax(min(fits, key=lambda fit: fit[0])[1], axis=1)
    return probabilities


def _weights(targets):
    """Weights of clips, the square roots of balanced ones, of mean one."""
    weight = 1 / np.sqrt(targets.sum(0)[targets.argmax(1)])
    return weight / weight.mean()


def _fit(similar, targets, weight, mean, penalty):
    """Log-loss of leaving one out at the best scale, that scale and the dual coefficients (n, n_classes)."""
    inverse = np.linalg.inv(similar + penalty * np.diag(1 / weight))
    dual = inverse @ (targets - mean)
    left_out = targets - dual / np.diag(inverse)[:, None]

    def loss(log_scale):
        shares = softmax(np.exp(log_scale) * left_out, axis=1)
        return -np.mean(np.log((shares * targets).sum(1) + 1e-12))

    best = minimize_scalar(loss, bounds=LOG_SCALES, method="bounded")
    return best.fun, np.exp(best.x), dual
