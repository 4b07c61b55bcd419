"""The network written as the paper's text would have it: einsum, nn.Linear, one component after the other.

The package is measured against it: speed in benchmarks/fit.py, values in tests/nn/test_dere_grl_network.py.
"""

import torch
from torch import nn
from torch.nn import functional


class GraphConv(nn.Module):
    """A X W + b on (B, T, N, C)."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.linear = nn.Linear(c_in, c_out)

    def forward(self, x, adjacency):
        return self.linear(torch.einsum("nm,btmc->btnc", adjacency, x))


class TemporalConv(nn.Module):
    """Conv1d over T on (B, T, N, C)."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv1d(c_in, c_out, 3, padding=1)

    def forward(self, x):
        b, t, n, c = x.shape
        y = self.conv(x.permute(0, 2, 3, 1).reshape(b * n, c, t))
        return y.reshape(b, n, -1, t).permute(0, 3, 1, 2)


class Pair(nn.Module):
    """GC, ReLU, TC."""

    def __init__(self, c_in, c_hidden, c_out):
        super().__init__()
        self.space = GraphConv(c_in, c_hidden)
        self.time = TemporalConv(c_hidden, c_out)

    def forward(self, x, adjacency):
        return self.time(torch.relu(self.space(x, adjacency)))


class TextbookDeReGRL(nn.Module):
    """Backbone, decomposition of each component, reconstruction, linear classifier."""

    def __init__(self, skeleton, component_sizes, in_channels, n_classes, n_actions=3, n_channels=16):
        super().__init__()
        self.register_buffer("skeleton", torch.as_tensor(skeleton, dtype=torch.float32))
        self.learned = nn.Parameter(torch.zeros_like(self.skeleton))
        self.sizes = list(component_sizes)
        d, p = n_channels, n_actions * len(component_sizes)
        self.backbone = nn.ModuleList([Pair(in_channels, d, d), Pair(d, d, d)])
        self.decompose = nn.ModuleList([Pair(d, d, n_actions) for _ in component_sizes])
        self.relate = Pair(d, d, d)
        self.relations = nn.Parameter(torch.empty(p, p))
        nn.init.xavier_uniform_(self.relations)
        self.head = nn.Linear(3 * p * d, n_classes)

    def forward(self, x):
        adjacency = self.skeleton + self.learned
        for block in self.backbone:
            x = torch.relu(block(x, adjacency))
        actions, start = [], 0
        for size, block in zip(self.sizes, self.decompose, strict=True):
            nodes = x[:, :, start : start + size]
            scores = block(nodes, adjacency[start : start + size, start : start + size])
            actions.append(torch.einsum("btnk,btnd->btkd", scores.softmax(2), nodes))
            start += size
        actions = torch.cat(actions, 2)
        relations = torch.relu(self.relate(actions, self.relations)).sigmoid()
        weights = relations.abs().mean((1, 3))
        return self.head((actions * weights[:, None, :, None]).flatten(1)), actions, weights


class TextbookLoss(nn.Module):
    """Eq. (10) with means over entries and class means of the batch, as written."""

    def __init__(self, n_classes, lambdas=(0.1, 0.1, 0.01)):
        super().__init__()
        self.n_classes = n_classes
        self.lambdas = lambdas

    def forward(self, output, target, sample_weight=None):
        logits, actions, weights = output
        share = torch.ones_like(logits[:, 0]) if sample_weight is None else sample_weight
        share = share / share.sum()
        cross_entropy = (share * functional.cross_entropy(logits, target, reduction="none")).sum()
        mean = (share[:, None, None, None] * actions).sum(0)
        center = (share * (actions - mean).square().mean((1, 2, 3))).sum()
        spread = torch.zeros_like(weights)
        for c in range(self.n_classes):
            rows = target == c
            if rows.any():
                class_mean = (share[rows, None] * weights[rows]).sum(0) / share[rows].sum()
                spread[rows] = (weights[rows] - class_mean).square()
        weight = (share * spread.mean(1)).sum()
        used = (share[:, None] * weights).sum(0)
        balance = (used / used.sum() - 1 / weights.shape[1]).abs().mean()
        terms = (center, weight, balance)
        return cross_entropy + sum(factor * term for factor, term in zip(self.lambdas, terms, strict=True))


def copy_weights(plain, ours):
    """Give a TextbookDeReGRL the weights of a skmer.nn.DeReGRL."""

    def pair(target, block):
        target.space.linear.weight.copy_(block.space.weight.T)
        target.space.linear.bias.copy_(block.space.bias.flatten())
        target.time.conv.weight.copy_(block.time.weight.permute(2, 1, 0))
        target.time.conv.bias.copy_(block.time.bias.flatten())

    with torch.no_grad():
        plain.learned.copy_(ours.adjacency.learned)
        for target, block in zip(plain.backbone, ours.backbone, strict=True):
            pair(target, block)
        for target, block in zip(plain.decompose, ours.decomposition.blocks, strict=True):
            pair(target, block)
        pair(plain.relate, ours.reconstruction.block)
        plain.relations.copy_(ours.reconstruction.adjacency.learned)
        # Ours flattens (actions, frames, channels), the textbook (frames, actions, channels).
        shape = (-1, plain.relations.shape[0], 3, plain.relate.space.linear.in_features)
        plain.head.weight.copy_(ours.head.weight.T.reshape(shape).transpose(1, 2).flatten(1))
        plain.head.bias.copy_(ours.head.bias.flatten())
    return plain
