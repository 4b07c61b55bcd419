"""Four nets that the compiled loops do not know, on the CPU: one after the other, and in one stack.

``python benchmarks/ensemble.py`` prints the seconds of both, the best of three, and how far the probabilities
of a net alone and in the stack lie apart.
"""

import time

import numpy as np

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.training import fit_stacked

SHAPES = (
    {"dropout": 0.2},
    {"dropout": 0.2, "batch_size": -1},
    {"n_channels": 12},
    {"dropout": 0.2, "n_channels": 64},
)


def nets(params):
    return [DeReGRLClassifier(max_epochs=20, random_state=seed, **params) for seed in range(4)]


def in_loop(params, X, y):
    return [net.fit(X, y) for net in nets(params)]


def in_stack(params, X, y):
    together = nets(params)
    fit_stacked(together, [(X, y, {})] * len(together))
    return together


def seconds(fit, *arguments):
    times = []
    for _ in range(3):
        started = time.perf_counter()
        fit(*arguments)
        times.append(time.perf_counter() - started)
    return min(times)


def main():
    clips = make_landmark_clips(n_subjects=26, n_clips=240, random_state=0)
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    for params in SHAPES:
        loop, stack = (seconds(fit, params, X, clips.target) for fit in (in_loop, in_stack))
        alone, stacked = (fit(params, X, clips.target)[1].predict_proba(X) for fit in (in_loop, in_stack))
        apart = np.abs(alone - stacked).max()
        print(
            f"{params}: loop {loop:.2f} s, stack {stack:.2f} s, {loop / stack:.2f} times; apart {apart:.0e}"
        )


if __name__ == "__main__":
    main()
