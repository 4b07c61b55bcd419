"""Time of many fits: our searches against scikit-learn's loop over the textbook network and over our own net.

Run ``python benchmarks/search.py [loso] [grid] [ensemble] [rate] [scale] [gpu]``; all without a name. All
sides train on the same clips, folds and batches, with two jobs of one thread each, one after the other in
one run; read the ratios. On a busy machine all parts become slower, and not by the same factor. What numba
compiles once for a machine is compiled before the clock starts.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import subprocess
import sys
import time
from functools import partial
from itertools import product

import numpy as np
import torch
from joblib.externals.loky import get_reusable_executor
from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut, cross_val_predict
from skorch import NeuralNetClassifier
from textbook import TextbookDeReGRL, TextbookLoss
from torch.utils.flop_counter import FlopCounterMode

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import make_landmark_clips
from skmer.face import FaceGraph
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV, batched_cross_val_predict

GRAPH = FaceGraph.preset("brow-nose-lip31")
# What the textbook network has: no augmentation, no second path, no schedule.
PLAIN = {
    "horizontal_flip": False,
    "noise": 0.0,
    "head_motion_noise": 0.0,
    "normalize_motion": False,
    "channels": (),
    "linear_skip": False,
    "label_smoothing": 0.0,
    "class_weight": None,
    "schedule": None,
    "batch_size": 32,
    "random_state": 0,
}


def load_data():
    """247 clips of 26 subjects, five classes."""
    clips = make_landmark_clips(random_state=0)
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    X = X / np.sqrt(np.mean(np.square(X, dtype=float))).astype(np.float32)
    return X, np.unique(clips.target, return_inverse=True)[1], clips.groups


def ours(max_epochs, **params):
    """Our classifier with what the textbook network has and no more."""
    return DeReGRLClassifier(**{**PLAIN, **params}, max_epochs=max_epochs)


def textbook(max_epochs):
    """The textbook network in a skorch net as skorch's documentation has it."""
    return NeuralNetClassifier(
        TextbookDeReGRL,
        module__skeleton=GRAPH.normalized_adjacency(),
        module__component_sizes=GRAPH.component_sizes,
        module__in_channels=2,
        module__n_classes=5,
        criterion=TextbookLoss,
        criterion__n_classes=5,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=0.1,
        lr=3e-3,
        max_epochs=max_epochs,
        batch_size=32,
        iterator_train__shuffle=True,
        iterator_train__drop_last=True,
        classes=list(range(5)),
        train_split=None,
        verbose=0,
    )


def seconds(call):
    """Seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(name, ours, loop, textbook=None):
    """Time three calls, the loop over our net with new workers and with running ones; print a line."""
    fast = seconds(ours)
    # joblib keeps its processes for the next call: a script's first search has to start them.
    get_reusable_executor().shutdown(wait=True)
    new, running = seconds(loop), seconds(loop)
    slow = None if textbook is None else seconds(textbook)
    textbook_s, ratio = ("-", "-") if slow is None else (f"{slow:.0f}", f"{slow / fast:.1f}")
    loops = f"{new:.1f} | {running:.1f} | {fast:.1f} | {ratio} | {new / fast:.2f} | {running / fast:.2f}"
    print(f"| {name} | {textbook_s} | {loops} |", flush=True)


def loso(options):
    """Leave one subject out: 26 folds of 200 epochs."""
    X, y, groups = load_data()
    split = {"groups": groups, "cv": LeaveOneGroupOut(), "n_jobs": 2}
    compare(
        f"leave one subject out, {options.epochs} epochs",
        lambda: batched_cross_val_predict(ours(options.epochs), X, y, **split),
        lambda: cross_val_predict(ours(options.epochs), X, y, **split),
        lambda: cross_val_predict(textbook(options.epochs), X, y, **split),
    )


def grid(options):
    """16 candidates, five folds, 60 epochs."""
    X, y, groups = load_data()
    values = {"n_actions": [2, 3], "lambda_center": [0.1, 1.0], "lambda_weight": [0.1, 1.0]}
    values["lambda_balance"] = [0.01, 0.1]
    candidates = [
        {
            "module__n_actions": [k],
            "criterion__lambdas": [lambdas],
        }
        for k, *lambdas in product(*values.values())
    ]
    epochs = max(1, options.epochs * 3 // 10)
    search = BatchedGridSearchCV(ours(epochs), values, cv=GroupKFold(5), refit=False, n_jobs=2, verbose=0)
    loop = GridSearchCV(ours(epochs), values, cv=GroupKFold(5), refit=False, n_jobs=2)
    plain = GridSearchCV(textbook(epochs), candidates, cv=GroupKFold(5), refit=False, n_jobs=2)
    calls = [partial(each.fit, X, y, groups=groups) for each in (search, loop, plain)]
    compare(f"16 candidates, 5 folds, {epochs} epochs", *calls)


def ensemble(options):
    """Leave one subject out with the default recipe in an ensemble of four."""
    X, y, groups = load_data()
    split = {"groups": groups, "cv": LeaveOneGroupOut(), "n_jobs": 2}
    estimator = SeedEnsemble(DeReGRLClassifier(), random_state=0)
    compare(
        "leave one subject out, the default in an ensemble of four",
        lambda: batched_cross_val_predict(estimator, X, y, **split),
        lambda: cross_val_predict(estimator, X, y, **split),
    )


def operations(X, y):
    """Floating-point operations of one step of the textbook network on one batch of 32."""
    net = TextbookDeReGRL(GRAPH.normalized_adjacency(), GRAPH.component_sizes, 2, 5)
    loss = TextbookLoss(5)
    x, target = torch.as_tensor(X[:32]), torch.as_tensor(y[:32])
    with FlopCounterMode(display=False) as counter:
        loss(net(x), target).backward()
    return counter.get_total_flops()


def sgemm_rate():
    """Operations a second of a large product in float32, on one thread."""
    a, b, out = torch.randn(1024, 1024), torch.randn(1024, 1024), torch.empty(1024, 1024)
    torch.mm(a, b, out=out)
    return 2 * 1024**3 / min(seconds(lambda: torch.mm(a, b, out=out)) for _ in range(20))


def step_time(X, y, epochs=4):
    """Seconds of a step of one fit, everything but the preparation included."""
    net = ours(epochs)
    ((net, data),) = net.prepare_fit(X, y)
    n_steps = epochs * len(net.get_iterator(data, training=True))
    return seconds(lambda: net.train(data)) / n_steps


def rate(options):
    """Arithmetic rate of the training over that of a large matrix product."""
    torch.set_num_threads(1)
    X, y, _ = load_data()
    n_operations, peak = operations(X, y), sgemm_rate()
    print(
        f"\n{n_operations / 1e6:.0f} million operations a step; a large product: {peak / 1e9:.0f} billion/s"
    )
    best = min(step_time(X, y) for _ in range(9))
    print(
        f"{1e3 * best:.2f} ms a step of a fit, best of 9: {n_operations / best / peak:.2f} of that rate",
        flush=True,
    )


def scale(options):
    """Time and memory against the number of fits, each number in a process of its own."""
    print("\n| fits | seconds | ms a fit | peak memory, MiB |\n|---|---|---|---|", flush=True)
    for n_seeds in (1, 4, 20, 80):
        subprocess.run([sys.executable, __file__, "seeds", "--seeds", str(n_seeds)], check=True)


def seeds(options):
    """One line of `scale`: all folds under some seeds, five epochs."""
    X, y, groups = load_data()
    search = BatchedGridSearchCV(ours(5), {"n_actions": [3]}, seeds=options.seeds, refit=False, verbose=0)
    taken = seconds(lambda: search.fit(X, y, groups=groups))
    n_fits = options.seeds * len(np.unique(groups))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {n_fits} | {taken:.0f} | {1e3 * taken / n_fits:.0f} | {peak:.0f} |", flush=True)


def gpu(options):
    """A twentieth of the paper's grid on a GPU, extrapolated to the whole."""
    if not torch.cuda.is_available():
        print("\nNo GPU here: the paper's whole grid on one is unmeasured.")
        return
    X, y, groups = load_data()
    lambdas = {name: [1e-4, 1e-3, 0.1, 1.0] for name in ("lambda_center", "lambda_weight", "lambda_balance")}
    for n_actions in (3, 8):
        search = BatchedGridSearchCV(
            ours(options.epochs, device="cuda"),
            {"n_actions": [n_actions], **lambdas, "lambda_balance": [0.1]},
            refit=False,
            verbose=0,
        )
        taken = seconds(lambda search=search: search.fit(X, y, groups=groups))
        print(f"K = {n_actions}: {taken:.0f} s for 16 of 448 candidates; all at this rate {28 * taken:.0f} s")


def main():
    """Run the parts that are asked for."""
    ours(1).fit(*load_data()[:2])  # compiles
    parts = {"loso": loso, "grid": grid, "ensemble": ensemble, "rate": rate, "scale": scale, "gpu": gpu}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(parts), choices=[*parts, "seeds", []])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    if {"loso", "grid", "ensemble"} & set(options.parts):
        loops = "loop over our net, s | the same, workers running, s"
        print(f"| what | textbook in skorch, s | {loops} | ours, s | ratio | ratio | ratio |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
    for part in options.parts:
        {**parts, "seeds": seeds}[part](options)


if __name__ == "__main__":
    main()
