"""From the actions of one net to its losses and back, for numba: eqs. (5)-(10)."""

from collections import namedtuple

from numba import njit

from skmer.nn._compiled._gemm import LANES, Matrix, product
from skmer.nn._compiled._loss import (
    FAST,
    balance_loss,
    center_loss,
    class_means,
    clear,
    cross_entropy,
    weight_loss,
)
from skmer.nn._compiled._simd import sum_of_sigmoids

Head = namedtuple(
    "Head",
    "actions parts d_parts d_actions relations d_relations sigmoids "
    "weights d_weights logits d_logits mean centers",
)
"""Arrays of one net: of (clips, entries), ``mean`` (entries,), ``centers`` (classes, P)."""

Linear = namedtuple("Linear", "weight turned bias d_weight")
"""A linear map of one net; columns fill whole vectors, those beyond the classes are zero."""

Losses = namedtuple("Losses", "n_classes smoothing learned_centers relative reconstruct decompose")
"""What the losses are, for all nets."""


@njit(nogil=True)
def _at(array):
    """Address, in entries."""
    return array.ctypes.data // array.itemsize


@njit(nogil=True)
def load_linear(linear, weight, bias):
    """Copy a net's weights."""
    for k in range(weight.shape[1]):
        linear.bias[k] = bias[0, k]
        for e in range(len(weight)):
            linear.weight[e, k] = linear.turned[k, e] = weight[e, k]


@njit(nogil=True)
def apply_linear(linear, x, out, low):
    """Add ``x W + b`` to ``out``."""
    n_rows, depth = x.shape
    width = linear.weight.shape[1]
    for b in range(n_rows):
        for k in range(width):
            out[b, k] += linear.bias[k]
    to, of = Matrix(_at(out), width, 1), Matrix(_at(linear.weight), width, 1)
    product(to, Matrix(_at(x), depth, 1), of, to, low, n_rows, width, depth)


@njit(nogil=True)
def linear_inputs(linear, d_out, d_x, zeros, low):
    """Write the gradient of x."""
    n_rows, width = d_out.shape
    depth = d_x.shape[1]
    to, of = Matrix(_at(d_x), depth, 1), Matrix(_at(linear.turned), depth, 1)
    product(to, Matrix(_at(d_out), width, 1), of, Matrix(zeros, 0, 1), low, n_rows, depth, width)


@njit(nogil=True)
def linear_backward(linear, x, d_out, d_weight, d_bias, zeros, low):
    """Write the gradients of a net's weights."""
    n_rows, depth = x.shape
    n_classes, width = d_weight.shape[1], linear.weight.shape[1]
    to, of = Matrix(_at(linear.d_weight), width, 1), Matrix(_at(d_out), width, 1)
    product(to, Matrix(_at(x), 1, depth), of, Matrix(zeros, 0, 1), low, depth, width, n_rows)
    for k in range(n_classes):
        d_bias[0, k] = 0
        for b in range(n_rows):
            d_bias[0, k] += d_out[b, k]
        for e in range(depth):
            d_weight[e, k] = linear.d_weight[e, k]


@njit(nogil=True)
def weigh(head, low):
    """Eq. (5), and the weighted actions of eq. (6)."""
    n_clips, n_weights = head.weights.shape
    n_entries = head.actions.shape[1] // n_weights
    for b in range(n_clips):
        for p in range(n_weights):
            first = b * n_weights * n_entries + p * n_entries
            total = sum_of_sigmoids(
                low, _at(head.sigmoids) + first, _at(head.relations) + first, n_entries // LANES
            )
            head.weights[b, p] = total / n_entries
            weight = head.weights[b, p]
            for e in range(p * n_entries, (p + 1) * n_entries):
                head.parts[b, e] = weight * head.actions[b, e]


@njit(nogil=True, fastmath=FAST)
def weigh_backward(head):
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
