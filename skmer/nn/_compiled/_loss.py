"""The loss terms of one net, eqs. (7)-(10), and their gradients, for numba.

Arrays are (clips, entries); ``share`` (clips,) sums to one. A function returns its term, and adds its
gradient times ``scale`` to what it is given.
"""

from math import exp, log

from numba import njit

# Sums over entries in any order, so that they fill vectors.
FAST = {"reassoc", "contract", "nsz"}


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
