"""Action weights, linear maps and losses, eqs. (5)-(10), and their gradients, for numba.

Arrays are (clips, entries); ``share`` (clips,) sums to one. A loss returns its term, and adds its gradient
times ``scale`` to an array that it is given.
"""

from collections import namedtuple
from math import exp, log

from numba import njit

from skmer.nn._compiled._gemm import LANES, Matrix, product
from skmer.nn._compiled._simd import sum_of_sigmoids

# Sums over entries in any order, so that they fill vectors.
FAST = {"reassoc", "contract", "nsz"}

Head = namedtuple(
    "Head",
    "actions parts d_parts d_actions relations d_relations sigmoids "
    "weights d_weights logits d_logits mean centers",
)
"""Arrays of one net: of (clips, entries), ``mean`` (entries,), ``centers`` (classes, P)."""

Linear = namedtuple("Linear", "weight turned bias d_weight")
"""A linear map of one net; columns fill whole vectors, those beyond the classes are zero."""

Losses = namedtuple("Losses", "n_classes smoothing learned_centers relative reconstruct decompose")
"""Settings of the losses."""


@njit(nogil=True)
def _address(array):
    """Return the address of an array, counted in its entries."""
    return array.ctypes.data // array.itemsize


@njit(nogil=True)
def load_linear(linear, weight, bias):
    """Copy a net's weights."""
    for k in range(weight.shape[1]):
        linear.bias[k] = bias[0, k]
        for e in range(len(weight)):
            linear.weight[e, k] = linear.turned[k, e] = weight[e, k]


@njit(nogil=True)
def apply_linear(linear, x, out, lowest):
    """Add ``x W + b`` to ``out``."""
    n_rows, depth = x.shape
    width = linear.weight.shape[1]
    for b in range(n_rows):
        for k in range(width):
            out[b, k] += linear.bias[k]
    to, of = Matrix(_address(out), width, 1), Matrix(_address(linear.weight), width, 1)
    product(to, Matrix(_address(x), depth, 1), of, to, lowest, n_rows, width, depth)


@njit(nogil=True)
def linear_inputs(linear, d_out, d_x, zeros, lowest):
    """Write the gradient of x."""
    n_rows, width = d_out.shape
    depth = d_x.shape[1]
    to, of = Matrix(_address(d_x), depth, 1), Matrix(_address(linear.turned), depth, 1)
    product(to, Matrix(_address(d_out), width, 1), of, Matrix(zeros, 0, 1), lowest, n_rows, depth, width)


@njit(nogil=True)
def linear_backward(linear, x, d_out, d_weight, d_bias, zeros, lowest):
    """Write the gradients of a net's weights."""
    n_rows, depth = x.shape
    n_classes, width = d_weight.shape[1], linear.weight.shape[1]
    to, of = Matrix(_address(linear.d_weight), width, 1), Matrix(_address(d_out), width, 1)
    product(to, Matrix(_address(x), 1, depth), of, Matrix(zeros, 0, 1), lowest, depth, width, n_rows)
    for k in range(n_classes):
        d_bias[0, k] = 0
        for b in range(n_rows):
            d_bias[0, k] += d_out[b, k]
        for e in range(depth):
            d_weight[e, k] = linear.d_weight[e, k]


@njit(nogil=True)
def apply_weights(head, lowest):
    """Eq. (5), and the weighted actions of eq. (6)."""
    n_clips, n_weights = head.weights.shape
    n_entries = head.actions.shape[1] // n_weights
    for b in range(n_clips):
        for p in range(n_weights):
            first = b * n_weights * n_entries + p * n_entries
            total = sum_of_sigmoids(
                lowest, _address(head.sigmoids) + first, _address(head.relations) + first, n_entries // LANES
            )
            head.weights[b, p] = total / n_entries
            weight = head.weights[b, p]
            for e in range(p * n_entries, (p + 1) * n_entries):
                head.parts[b, e] = weight * head.actions[b, e]


@njit(nogil=True, fastmath=FAST)
def apply_weights_backward(head):
    """Gradient of the actions by eq. (6), and of what eq. (5) takes the sigmoid of."""
    n_clips, n_weights = head.weights.shape
    n_entries = head.actions.shape[1] // n_weights
    for b in range(n_clips):
        for p in range(n_weights):
            weight, total = head.weights[b, p], head.d_weights[b, p]
            for e in range(p * n_entries, (p + 1) * n_entries):
                total += head.d_parts[b, e] * head.actions[b, e]
                head.d_actions[b, e] += weight * head.d_parts[b, e]
            head.d_weights[b, p] = total / n_entries
            scale = head.d_weights[b, p]
            for e in range(p * n_entries, (p + 1) * n_entries):
                share = head.sigmoids[b, e]
                head.d_relations[b, e] = scale * (share - share * share)


@njit(nogil=True)
def clear(row, n_entries):
    """Set the first entries of a row to zero."""
    for e in range(n_entries):
        row[e] = 0


@njit(nogil=True)
def cross_entropy(logits, target, share, smoothing, n_classes, d_logits):
    """Weighted cross-entropy; what ``d_logits`` has of the classes is overwritten."""
    loss = 0.0
    spread = smoothing / n_classes
    for b in range(len(logits)):
        largest = logits[b, 0]
        for k in range(1, n_classes):
            largest = max(largest, logits[b, k])
        total = 0.0
        for k in range(n_classes):
            total += exp(logits[b, k] - largest)
        scale = log(total)
        for k in range(n_classes):
            wanted = spread + (1 - smoothing if k == target[b] else 0.0)
            share_log = logits[b, k] - largest - scale
            loss -= share[b] * wanted * share_log
            d_logits[b, k] = share[b] * (exp(share_log) - wanted)
    return loss


@njit(nogil=True, fastmath=FAST)
def center_loss(actions, share, scale, mean, d_actions):
    """Eq. (7): the spread of each entry about its mean over the batch."""
    n_entries = actions.shape[1]
    clear(mean, n_entries)
    for b in range(len(actions)):
        for e in range(n_entries):
            mean[e] += share[b] * actions[b, e]
    loss = 0.0
    for b in range(len(actions)):
        own, factor = mean[0] - mean[0], scale * share[b]
        for e in range(n_entries):
            off = actions[b, e] - mean[e]
            own += off * off
            d_actions[b, e] += (factor + factor) * off
        loss += share[b] * own
    return loss


@njit(nogil=True)
def class_means(weights, target, share, centers):
    """Write the weighted mean of each class of the batch, (classes, P)."""
    for k in range(len(centers)):
        clear(centers[k], centers.shape[1])
        total = 0.0
        for b in range(len(weights)):
            total += share[b] if target[b] == k else 0.0
        for b in range(len(weights)):
            if target[b] == k and total > 0:
                for p in range(weights.shape[1]):
                    centers[k, p] += share[b] / total * weights[b, p]


@njit(nogil=True)
def weight_loss(weights, target, share, scale, centers, d_weights, d_centers):
    """Eq. (8): the distance of each clip's weights to the centre of its class."""
    loss = 0.0
    for k in range(len(d_centers)):
        clear(d_centers[k], d_centers.shape[1])
    for b in range(len(weights)):
        for p in range(weights.shape[1]):
            off = weights[b, p] - centers[target[b], p]
            loss += share[b] * off * off
            gradient = 2 * scale * share[b] * off
            d_weights[b, p] += gradient
            d_centers[target[b], p] -= gradient
    return loss


@njit(nogil=True)
def balance_loss(weights, share, scale, relative, mean, d_weights):
    """Eq. (9): the distance of the mean weights, or of their shares, to those that are all the same."""
    n_weights = weights.shape[1]
    clear(mean, n_weights)
    for b in range(len(weights)):
        for p in range(n_weights):
            mean[p] += share[b] * weights[b, p]
    total, loss, inner = 0.0, 0.0, 0.0
    for p in range(n_weights):
        total += mean[p]
    total = total if relative else 1.0
    for p in range(n_weights):
        off = mean[p] / total - 1.0 / n_weights
        loss += abs(off)
        inner += _sign(off) * mean[p]
    for p in range(n_weights):
        sign = _sign(mean[p] / total - 1.0 / n_weights)
        gradient = (sign - inner / total) / total if relative else sign
        for b in range(len(weights)):
            d_weights[b, p] += scale * share[b] * gradient
    return loss


@njit(nogil=True)
def _sign(x):
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0


@njit(nogil=True)
def losses(head, options, target, share, scales, centers, d_centers, terms):
    """Write the loss, its terms and gradients; ``scales`` has what each counts and is divided by."""
    terms[1] = cross_entropy(head.logits, target, share, options.smoothing, options.n_classes, head.d_logits)
    for b in range(len(share)):
        clear(head.d_actions[b], head.d_actions.shape[1])
        clear(head.d_weights[b], head.d_weights.shape[1])
    terms[2] = terms[3] = terms[4] = 0
    if options.decompose:
        factor, size = scales[0, 0], scales[0, 1]
        terms[2] = center_loss(head.actions, share, factor / size, head.mean, head.d_actions) / size
    if options.reconstruct:
        if options.learned_centers:
            own = centers
        else:
            own = head.centers
            class_means(head.weights, target, share, own)
        factor, size = scales[1, 0], scales[1, 1]
        terms[3] = (
            weight_loss(head.weights, target, share, factor / size, own, head.d_weights, d_centers) / size
        )
        factor, size = scales[2, 0], scales[2, 1]
        balance = balance_loss(
            head.weights, share, factor / size, options.relative, head.mean, head.d_weights
        )
        terms[4] = balance / size
    terms[0] = terms[1] + scales[0, 0] * terms[2] + scales[1, 0] * terms[3] + scales[2, 0] * terms[4]
