"""Training over the batches of an epoch: loss, gradient and Adam's update of one net, for numba."""

from collections import namedtuple
from hashlib import sha256
from math import sqrt
from pathlib import Path

from numba import njit

from skmer._utils._numba import cached
from skmer.nn._compiled import _block as block
from skmer.nn._compiled._block import block_backward, block_forward
from skmer.nn._compiled._head import (
    apply_linear,
    apply_weights,
    apply_weights_backward,
    clear,
    linear_backward,
    linear_inputs,
    load_linear,
    losses,
)
from skmer.nn._compiled._pooling import pooling_backward, pooling_forward
from skmer.nn._compiled._weights import load_block, store_block

Plan = namedtuple(
    "Plan", "features n_backbone n_components sizes own firsts tables sources pooling_sizes poolings"
)
"""The blocks of a net: those of the backbone, one for each component, that of the relations.

``features`` (clips, nodes, frames times channels) is what the first block reads. ``sizes`` (blocks, 6),
``own`` (blocks,), ``tables`` and ``sources`` are arguments of the functions of a block, ``firsts`` the first
node of each block; ``pooling_sizes`` and ``poolings`` those of a component's pooling.
"""

Batches = namedtuple("Batches", "features target share flat")
"""Features (batches, clips, frames, nodes, channels), classes and shares (batches, clips), and the input of
the skip connection (batches, clips, entries)."""

Tensors = namedtuple("Tensors", "head head_bias linear linear_bias centers adjacency relations")
"""Parameters of a net, or their gradients; empty where it has none."""

Matrices = namedtuple("Matrices", "adjacency relations fixed_adjacency fixed_relations")
"""Adjacency matrices that the blocks read, and their fixed parts."""

Adam = namedtuple("Adam", "weights gradients means squares trainable schedule constants")
"""Flat arrays of all parameters, ``trainable`` (runs, 2) of them, and the numbers of the optimizer.

``schedule`` has, for each batch, the factor of weight decay, the step size and the root of the second
moment's correction; ``constants`` are 1 - beta1, beta2, 1 - beta2, epsilon and the decay that is added to the
gradient.
"""


@njit(nogil=True)
def _six(values):
    """Return a row of sizes as a tuple, whose entries numba keeps in registers."""
    return values[0], values[1], values[2], values[3], values[4], values[5]


@njit(nogil=True)
def _load_features(padded, features):
    """Copy a batch, node by node; the zeros at the end of a row stay."""
    n_channels = features.shape[3]
    for b in range(len(features)):
        for t in range(features.shape[1]):
            for n in range(features.shape[2]):
                for c in range(n_channels):
                    padded[b, n, t * n_channels + c] = features[b, t, n, c]


@njit(nogil=True)
def _forward(plan, head, options, lowest):
    """Compute the weighted actions of a batch from its features."""
    n_nodes = plan.n_backbone + plan.n_components
    for i in range(len(plan.sizes)):
        # ReLU follows all blocks but those that score actions. `lowest - lowest` is zero in the arrays' type.
        floor = lowest if plan.n_backbone <= i < n_nodes else lowest - lowest
        block_forward(_six(plan.sizes[i]), plan.tables[i], floor, lowest)
        if plan.n_backbone <= i < n_nodes:
            s = i - plan.n_backbone
            pooling_forward(_six(plan.pooling_sizes[s]), plan.poolings[s], lowest)
    if options.reconstruct:
        apply_weights(head, lowest)


@njit(nogil=True)
def _backward(plan, head, options, lowest):
    """Compute the gradients of all blocks' parameters from that of the weighted actions."""
    n_nodes = plan.n_backbone + plan.n_components
    if options.reconstruct:
        apply_weights_backward(head)
        block_backward(_six(plan.sizes[n_nodes]), plan.tables[n_nodes], True, True, True, lowest)
    else:
        for b in range(len(head.d_actions)):
            for e in range(head.d_actions.shape[1]):
                head.d_actions[b, e] += head.d_parts[b, e]
    for i in range(plan.n_backbone, n_nodes):
        s = i - plan.n_backbone
        pooling_backward(_six(plan.pooling_sizes[s]), plan.poolings[s], lowest)
        block_backward(_six(plan.sizes[i]), plan.tables[i], False, True, True, lowest)
    for i in range(plan.n_backbone - 1, -1, -1):
        block_backward(_six(plan.sizes[i]), plan.tables[i], True, i > 0, False, lowest)


@njit(nogil=True)
def _classify(head, maps, flat, weights, lowest):
    """Compute the logits: eq. (6) and, where it has entries, the skip connection."""
    first, second = maps
    load_linear(first, weights.head, weights.head_bias)
    for b in range(len(head.logits)):
        clear(head.logits[b], head.logits.shape[1])
    apply_linear(first, head.parts, head.logits, lowest)
    if flat.shape[1]:
        load_linear(second, weights.linear, weights.linear_bias)
        apply_linear(second, flat, head.logits, lowest)


@njit(nogil=True)
def _classify_backward(head, maps, flat, gradients, zeros, lowest):
    """Compute the gradients of both linear maps and of the weighted actions."""
    first, second = maps
    linear_backward(first, head.parts, head.d_logits, gradients.head, gradients.head_bias, zeros, lowest)
    linear_inputs(first, head.d_logits, head.d_parts, zeros, lowest)
    if flat.shape[1]:
        linear_backward(second, flat, head.d_logits, gradients.linear, gradients.linear_bias, zeros, lowest)


@njit(nogil=True)
def _add(out, fixed, learned):
    """Write the sum of an adjacency's fixed and learned part, either of which may be empty."""
    for i in range(len(out)):
        for j in range(len(out)):
            total = out[i, j] - out[i, j]  # zero in the array's type
            if len(fixed):
                total = fixed[i, j]
            if len(learned):
                total += learned[i, j]
            out[i, j] = total


@njit(nogil=True)
def _load(plan, matrices, weights, lowest):
    """Copy the parameters into the padded arrays of the blocks."""
    _add(matrices.adjacency, matrices.fixed_adjacency, weights.adjacency)
    _add(matrices.relations, matrices.fixed_relations, weights.relations)
    for i in range(len(plan.sizes)):
        load_block(_six(plan.sizes[i]), plan.own[i], plan.tables[i], plan.sources[i], lowest)


@njit(nogil=True)
def _store(plan, gradients, lowest):
    """Copy the blocks' gradients out of their padded arrays."""
    for whole in (gradients.adjacency, gradients.relations):
        for n in range(len(whole)):
            clear(whole[n], whole.shape[1])
    for i in range(len(plan.sizes)):
        relates = i == plan.n_backbone + plan.n_components
        whole = gradients.relations if relates else gradients.adjacency
        sizes, table, source = _six(plan.sizes[i]), plan.tables[i], plan.sources[i]
        store_block(sizes, plan.own[i], table, source, whole, plan.firsts[i], lowest)


# Division as numpy's, without a check for zero, so that the loop is computed a vector at a time.
@njit(nogil=True, error_model="numpy")
def _update(adam, batch):
    """Take a step of Adam (Kingma and Ba, 2015), with decoupled weight decay where the schedule has one."""
    weights, gradients, means, squares = adam.weights, adam.gradients, adam.means, adam.squares
    keep, size, correction = adam.schedule[batch, 0], adam.schedule[batch, 1], adam.schedule[batch, 2]
    rate1, beta2, rate2, eps = adam.constants[0], adam.constants[1], adam.constants[2], adam.constants[3]
    decay = adam.constants[4]
    for run in range(len(adam.trainable)):
        for k in range(adam.trainable[run, 0], adam.trainable[run, 1]):
            gradient = gradients[k] + decay * weights[k]
            means[k] += rate1 * (gradient - means[k])
            squares[k] = beta2 * squares[k] + rate2 * gradient * gradient
            weights[k] = keep * weights[k] - size * means[k] / (sqrt(squares[k]) / correction + eps)


def _compile(sources):
    """Return the loop over batches. numba caches it by this file and by ``sources``, for the other files."""

    @cached
    @njit(nogil=True)
    def train_batches(
        plan, head, maps, options, batches, matrices, weights, gradients, scales, adam, terms, lowest
    ):
        """Write the terms of each batch's loss, (batches, 5), and update the parameters after each.

        Without rows in ``adam.schedule`` they stay as they are; the gradients are those of the last batch.
        """
        if sources == 0:  # never so: it makes the digest part of what numba compiles
            return
        zeros = plan.tables[0, block.ZEROS, 0]
        for batch in range(len(terms)):
            _load(plan, matrices, weights, lowest)
            _load_features(plan.features, batches.features[batch])
            _forward(plan, head, options, lowest)
            flat, target, share = batches.flat[batch], batches.target[batch], batches.share[batch]
            _classify(head, maps, flat, weights, lowest)
            losses(head, options, target, share, scales, weights.centers, gradients.centers, terms[batch])
            _classify_backward(head, maps, flat, gradients, zeros, lowest)
            _backward(plan, head, options, lowest)
            _store(plan, gradients, lowest)
            if len(adam.schedule):
                _update(adam, batch)

    return train_batches


_TEXTS = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
train_batches = _compile(1 + int(sha256(_TEXTS).hexdigest()[:12], 16))
