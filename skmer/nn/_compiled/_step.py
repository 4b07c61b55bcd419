"""Loss and gradient of a stack of nets on a batch each, net by net, for numba."""

from collections import namedtuple
from hashlib import sha256
from pathlib import Path

from numba import njit

from skmer.nn._compiled import _block as pair
from skmer.nn._compiled._block import pair_backward, pair_forward
from skmer.nn._compiled._head import (
    apply_linear,
    linear_backward,
    linear_inputs,
    load_linear,
    losses,
    weigh,
    weigh_backward,
)
from skmer.nn._compiled._loss import clear
from skmer.nn._compiled._pooling import average_backward, average_forward
from skmer.nn._compiled._weights import load_pair, store_pair

Plan = namedtuple("Plan", "n_backbone n_components sizes own firsts tables sources average_sizes averages")
"""The pairs of a net: those of the backbone, one for each component, that of the relations.

``sizes`` (pairs, 6), ``own`` (pairs, 2), ``tables`` and ``sources`` are what the functions of a pair take,
``firsts`` the first node of each pair; ``average_sizes`` and ``averages`` are those of a component's average.
"""

Batch = namedtuple("Batch", "target share flat")
"""Classes and shares of the clips (nets, clips), features for the linear path (nets, clips, entries)."""

Stacks = namedtuple("Stacks", "head head_bias linear linear_bias centers adjacency relations")
"""Tensors of all nets, or their gradients; empty where a net has none."""


@njit(nogil=True)
def _six(values):
    return values[0], values[1], values[2], values[3], values[4], values[5]


@njit(nogil=True)
def _forward(plan, head, options, net, low):
    """From the features of the batch to the weighted actions."""
    n_nodes = plan.n_backbone + plan.n_components
    for i in range(len(plan.sizes)):
        floor = low if plan.n_backbone <= i < n_nodes else low - low
        pair_forward(net, _six(plan.sizes[i]), plan.tables[i], floor, low)
        if plan.n_backbone <= i < n_nodes:
            s = i - plan.n_backbone
            average_forward(_six(plan.average_sizes[s]), plan.averages[s], low)
    if options.reconstruct:
        weigh(head, low)


@njit(nogil=True)
def _backward(plan, head, options, net, low):
    """From the gradient of the weighted actions to those of all pairs' weights."""
    n_nodes = plan.n_backbone + plan.n_components
    if options.reconstruct:
        weigh_backward(head)
        pair_backward(net, _six(plan.sizes[n_nodes]), plan.tables[n_nodes], True, True, True, low)
    else:
        for b in range(len(head.d_actions)):
            for e in range(head.d_actions.shape[1]):
                head.d_actions[b, e] += head.d_parts[b, e]
    for i in range(plan.n_backbone, n_nodes):
        s = i - plan.n_backbone
        average_backward(_six(plan.average_sizes[s]), plan.averages[s], low)
        pair_backward(net, _six(plan.sizes[i]), plan.tables[i], False, True, True, low)
    for i in range(plan.n_backbone - 1, -1, -1):
        pair_backward(net, _six(plan.sizes[i]), plan.tables[i], True, i > 0, False, low)


@njit(nogil=True)
def _classify(head, maps, flat, net, weights, low):
    """Eq. (6) and, where it has entries, the linear path."""
    first, second = maps
    load_linear(first, weights.head[net], weights.head_bias[net])
    for b in range(len(head.logits)):
        clear(head.logits[b], head.logits.shape[1])
    apply_linear(first, head.parts, head.logits, low)
    if flat.shape[1]:
        load_linear(second, weights.linear[net], weights.linear_bias[net])
        apply_linear(second, flat, head.logits, low)


@njit(nogil=True)
def _classify_backward(head, maps, flat, net, gradients, zeros, low):
    first, second = maps
    linear_backward(
        first, head.parts, head.d_logits, gradients.head[net], gradients.head_bias[net], zeros, low
    )
    linear_inputs(first, head.d_logits, head.d_parts, zeros, low)
    if flat.shape[1]:
        d_weight, d_bias = gradients.linear[net], gradients.linear_bias[net]
        linear_backward(second, flat, head.d_logits, d_weight, d_bias, zeros, low)


@njit(nogil=True)
def _load(plan, net, low):
    for i in range(len(plan.sizes)):
        own = plan.own[i, 0], plan.own[i, 1]
        load_pair(net, _six(plan.sizes[i]), own, plan.tables[i], plan.sources[i], low)


@njit(nogil=True)
def _store(plan, net, gradients, low):
    for whole in (gradients.adjacency[net], gradients.relations[net]):
        for n in range(len(whole)):
            clear(whole[n], whole.shape[1])
    for i in range(len(plan.sizes)):
        relates = i == plan.n_backbone + plan.n_components
        whole = gradients.relations[net] if relates else gradients.adjacency[net]
        own = plan.own[i, 0], plan.own[i, 1]
        sizes, table, source = _six(plan.sizes[i]), plan.tables[i], plan.sources[i]
        store_pair(net, sizes, own, table, source, whole, plan.firsts[i], low)


def _compile(sources):
    """Return the step. numba keeps it on disk by this file's text and by ``sources``, for the other files."""

    @njit(nogil=True, cache=True)
    def train_step(plan, head, maps, options, batch, weights, gradients, scales, terms, low):
        """Write the terms of each net's loss, (nets, 5), and the gradients of all."""
        if sources == 0:
            return
        zeros = plan.tables[0, pair.ZEROS, 0]
        for net in range(len(terms)):
            _load(plan, net, low)
            _forward(plan, head, options, net, low)
            flat, target, share = batch.flat[net], batch.target[net], batch.share[net]
            _classify(head, maps, flat, net, weights, low)
            centers, d_centers = weights.centers[net], gradients.centers[net]
            losses(head, options, target, share, scales[net], centers, d_centers, terms[net])
            _classify_backward(head, maps, flat, net, gradients, zeros, low)
            _backward(plan, head, options, net, low)
            _store(plan, net, gradients, low)

    return train_step


_TEXTS = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
train_step = _compile(1 + int(sha256(_TEXTS).hexdigest()[:12], 16))
