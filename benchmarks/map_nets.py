"""What an epoch of STSTNet costs on one core, and why nets on maps are trained one by one.

Usage: python benchmarks/map_nets.py [ROOT]
ROOT is a folder for `skmer.datasets.load_flow_maps`; without it maps are random numbers, which cost the same.
"""

import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from skmer.classifiers import FlowNetClassifier
from skmer.datasets import load_flow_maps

N_TRAIN, N_FOLDS, N_EPOCHS, BATCH = 435, 68, 500, 256
N_REPLICAS = 8


class Streams(nn.Module):
    """STSTNet as published code has it: three convolutions, each with its own layers behind it."""

    def __init__(self, running=True):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(3, n, 3, padding=1) for n in (3, 5, 8))
        self.norms = nn.ModuleList(nn.BatchNorm2d(n, track_running_stats=running) for n in (3, 5, 8))
        self.head = nn.Linear(400, 3)

    def forward(self, x):
        parts = [
            functional.dropout(functional.max_pool2d(norm(convolution(x).relu()), 3, 3, 1))
            for convolution, norm in zip(self.convolutions, self.norms, strict=True)
        ]
        return self.head(functional.avg_pool2d(torch.cat(parts, 1), 2).flatten(1))


class Replicas(nn.Module):
    """Several STSTNets as one grouped convolution over maps whose channels stand side by side."""

    def __init__(self, n_nets):
        super().__init__()
        self.n_nets = n_nets
        self.convolution = nn.Conv2d(3 * n_nets, 16 * n_nets, 3, padding=1, groups=n_nets)
        self.norm = nn.BatchNorm2d(16 * n_nets)
        self.weight = nn.Parameter(0.05 * torch.randn(n_nets, 400, 3))

    def forward(self, x):
        x = functional.max_pool2d(self.norm(self.convolution(x).relu()), 3, 3, 1)
        x = functional.avg_pool2d(functional.dropout(x), 2).unflatten(1, (self.n_nets, 16))
        return torch.einsum("bnd,ndk->nbk", x.flatten(2), self.weight)


def plain_epochs(network, X, y, channels_last=False, n_nets=1, n_epochs=8):
    """Seconds of each epoch of one net in a loop of plain torch."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    network, X = network.to(memory_format=layout), X.to(memory_format=layout)
    optimizer, seconds = torch.optim.Adam(network.parameters(), lr=5e-5, fused=True), []
    for _ in range(n_epochs):
        started = time.perf_counter()
        for rows in torch.randperm(len(X)).split(BATCH):
            optimizer.zero_grad()
            logits, target = network(X[rows]), y[rows]
            if n_nets > 1:
                logits, target = logits.flatten(0, 1), target.repeat(n_nets)
            functional.cross_entropy(logits, target).backward()
            optimizer.step()
        seconds.append((time.perf_counter() - started) / n_nets)
    return seconds


def mapped_epochs(X, y, n_nets=N_REPLICAS, n_epochs=3):
    """Seconds of each epoch of a net among several that `torch.func.vmap` trains at once."""
    # In place, running statistics cannot be mapped.
    networks = [Streams(running=False) for _ in range(n_nets)]
    weights, buffers = torch.func.stack_module_state(networks)
    weights = {name: weight.detach().requires_grad_() for name, weight in weights.items()}

    def loss(weights, buffers, rows, target):
        logits = torch.func.functional_call(networks[0], (weights, buffers), (rows,))
        return functional.cross_entropy(logits, target)

    gradients = torch.func.vmap(torch.func.grad(loss), (0, 0, None, None), randomness="different")
    optimizer, seconds = torch.optim.Adam(weights.values(), lr=5e-5, fused=True), []
    for _ in range(n_epochs):
        started = time.perf_counter()
        for rows in torch.randperm(len(X)).split(BATCH):
            for name, gradient in gradients(weights, buffers, X[rows], y[rows]).items():
                weights[name].grad = gradient
            optimizer.step()
        seconds.append((time.perf_counter() - started) / n_nets)
    return seconds


def net_epochs(X, y, norm, n_epochs=12):
    """Seconds of each epoch of our classifier, as its history has them."""
    net = FlowNetClassifier("ststnet", norm=norm, max_epochs=n_epochs, random_state=0)
    return [epoch["dur"] for epoch in net.fit(X, y).history]


def report(name, seconds):
    """Print the quickest and the median epoch, and what all folds take on two cores at the median."""
    total = np.median(seconds) * N_FOLDS * N_EPOCHS / 2 / 60
    print(f"{name:52s} {min(seconds):.4f} {np.median(seconds):.4f} s  {total:5.1f} min", flush=True)


def main():
    """Measure on one thread."""
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        X = load_flow_maps(sys.argv[1]).frames[:N_TRAIN] / 128
    else:
        X = np.random.default_rng(0).normal(size=(N_TRAIN, 3, 28, 28)).astype(np.float32)
    y = np.arange(N_TRAIN) % 3
    maps, target = torch.as_tensor(X), torch.as_tensor(y)
    print(f"{'an epoch of one net on one core':52s} least  median    all folds on two cores")
    report("three streams, plain torch", plain_epochs(Streams(), maps, target))
    report("three streams, channels last", plain_epochs(Streams(), maps, target, channels_last=True))
    together = maps.repeat(1, N_REPLICAS, 1, 1)
    for last in (False, True):
        seconds = plain_epochs(Replicas(N_REPLICAS), together, target, last, N_REPLICAS, 3)
        report(f"{N_REPLICAS} nets, grouped convolution{', channels last' * last}", seconds)
    report(f"{N_REPLICAS} nets, torch.func.vmap", mapped_epochs(maps, target))
    for norm in ("batch", "group", None):
        report(f"FlowNetClassifier(norm={norm!r})", net_epochs(X, y, norm))


if __name__ == "__main__":
    main()
