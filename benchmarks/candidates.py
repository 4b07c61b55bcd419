"""Candidates for the default recipe against it, on the families for choosing, five folds of whole subjects.

Run ``python benchmarks/candidates.py run --output FILE`` for the measurements (hours; one family and a few
candidates take minutes) and ``python benchmarks/candidates.py table --output FILE`` for the tables. The file
has a line for each candidate, family and corpus of it; what it holds already is not computed again. A line is
four nets of different seeds: their UF1, and that of their average. Set OMP_NUM_THREADS=1 where other things
run; the seconds are those of the processor.
"""

import argparse
import json
import re
import time
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from accuracy import read_rows, torn
from families import GRAPH, family_of, load_family, make_clips, names_of
from kernel_member import Kernel, predict_kernel
from prototypes import (
    Changes,
    ClipsWithUnits,
    Prototype,
    PrototypeStack,
    bootstrap_subjects,
    unit_probabilities,
)
from scipy.optimize import minimize_scalar
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import GroupKFold

from skmer.classifiers import DeReGRLClassifier
from skmer.metrics import uf1_score
from skmer.training._stack import _shape_of

KEYS = ("candidate", "family", "corpus")
N_FOLDS, N_SEEDS = 5, 4
# Action units that fewer clips of a corpus show are left out.
LEAST_CLIPS = 8
LOG_TEMPERATURES = (-2.5, 2.5)


class Candidate(NamedTuple):
    """What is other than in the default recipe.

    `parameters` of the classifier; `changes` of the training; whether subjects are `bootstrap`ped; the first
    seed; a kernel and its share of the mixture with each net (1: the kernel alone).
    """

    parameters: dict = {}
    changes: Changes = Changes()
    bootstrap: bool = False
    first_seed: int = 0
    kernel: Kernel | None = None
    kernel_share: float = 0.0


def _module(**parameters):
    return {f"module__{name}": value for name, value in parameters.items()}


SEEDS = {f"default, seeds from {seed}": Candidate(first_seed=seed) for seed in (100, 200, 300)}
NO_LAMBDAS = {"lambda_center": 0.0, "lambda_weight": 0.0, "lambda_balance": 0.0}
CHOSEN = Kernel((0.3, 0.6, 1.2, 2.4), (0.03, 0.1, 0.3, 1.0))
PROJECTED = _module(n_projected=32)
PARAMETERS = {
    "no class weights": {"class_weight": None},
    "balanced": {"class_weight": "balanced"},
    "43 nodes": {"graph": "brow-eye-nose-lip43"},
    "skeleton": {"adjacency": "skeleton"},
    "learned adjacency": {"adjacency": "learned"},
    "full adjacency": {"adjacency": "full"},
    "magnitude, edge": {"channels": ("magnitude", "edge")},
    "magnitude, relative": {"channels": ("magnitude", "relative")},
    "no channels": {"channels": ()},
    "dropout .2": {"dropout": 0.2},
    "dropout .4": {"dropout": 0.4},
    "one layer": {"n_layers": 1},
    "8 channels": {"n_channels": 8},
    "32 channels": {"n_channels": 32},
    "weight decay .05": {"weight_decay": 0.05},
    "weight decay .3": {"weight_decay": 0.3},
    "weight decay 1": {"weight_decay": 1.0},
    "learning rate .0015": {"lr": 0.0015},
    "learning rate .006": {"lr": 0.006},
    "20 epochs": {"max_epochs": 20},
    "30 epochs": {"max_epochs": 30},
    "60 epochs": {"max_epochs": 60},
    "80 epochs": {"max_epochs": 80},
    "smoothing .05": {"label_smoothing": 0.05},
    "smoothing .2": {"label_smoothing": 0.2},
    "lambdas 0": NO_LAMBDAS,
    "lambdas x 10": {"lambda_center": 1.0, "lambda_weight": 1.0, "lambda_balance": 0.1},
    "layer norm": _module(layer_norm=True),
    "Fourier": _module(n_fourier=256),
    "Fourier, gamma .3": _module(n_fourier=256, fourier_gamma=0.3),
    "linear magnitudes": _module(linear_magnitudes=True),
}
CHANGES = {
    "logit adjustment .5 for class weights": Candidate({"class_weight": None}, Changes(logit_adjustment=0.5)),
    "logit adjustment 1 for class weights": Candidate({"class_weight": None}, Changes(logit_adjustment=1.0)),
    "logit adjustment .5": Candidate(changes=Changes(logit_adjustment=0.5)),
    "amplitude .4": Candidate(changes=Changes(amplitude=0.4)),
    "amplitude .7": Candidate(changes=Changes(amplitude=0.7)),
    "node dropout .1": Candidate(changes=Changes(node_dropout=0.1)),
    "node dropout .2": Candidate(changes=Changes(node_dropout=0.2)),
    "smooth noise .4": Candidate(changes=Changes(smooth_noise=0.4)),
    "mixup .2": Candidate(changes=Changes(mixup=0.2)),
    "action units 1": Candidate(changes=Changes(units=1.0)),
    "action units 4": Candidate(changes=Changes(units=4.0)),
    "contrast .2": Candidate(PROJECTED, Changes(contrast=0.2)),
    "contrast .5": Candidate(PROJECTED, Changes(contrast=0.5)),
    "contrast 1": Candidate(PROJECTED, Changes(contrast=1.0)),
    "contrast .2, action units 1": Candidate(PROJECTED, Changes(contrast=0.2, units=1.0)),
    "weights of the last third": Candidate(changes=Changes(average="third")),
    "weights averaged exponentially": Candidate(changes=Changes(average="ema")),
    "subject bootstrap": Candidate(bootstrap=True),
}
KERNELS = {
    f"{name}{mixture}": Candidate(kernel=kernel, kernel_share=share)
    for name, kernel in (("kernel ridge", Kernel()), ("kernel ridge, chosen", CHOSEN))
    for mixture, share in ((" alone", 1.0), (", .3 of it", 0.3), (", .5 of it", 0.5))
}
CANDIDATES = {"default": Candidate()} | SEEDS
CANDIDATES |= {name: Candidate(changed) for name, changed in PARAMETERS.items()} | CHANGES | KERNELS


class Corpus(NamedTuple):
    """Features, encoded classes, subjects and action units (n, n_units) of a corpus, and its folds."""

    X: np.ndarray
    codes: np.ndarray
    groups: np.ndarray
    units: np.ndarray
    splits: list


def load_corpus(family, corpus, graph):
    """A corpus of a family."""
    X, y, groups = load_family(family, corpus, graph)
    texts = make_clips(family_of(family, corpus)).table["action_units"]
    shown = [set(re.sub("[A-Z]", "", text).split("+")) - {""} for text in texts]
    names = sorted(set().union(*shown), key=int)
    units = np.array([[name in own for name in names] for own in shown], np.float32)
    codes = np.unique(y, return_inverse=True)[1]
    splits = list(GroupKFold(min(N_FOLDS, len(set(groups)))).split(X, codes, groups))
    return Corpus(X, codes, np.asarray(groups), units[:, units.sum(0) >= LEAST_CLIPS], splits)


class Run(NamedTuple):
    """A net, about to be trained, with its rows, those held out, and its place among the seeds."""

    net: DeReGRLClassifier
    data: object
    train: np.ndarray
    test: np.ndarray
    place: int


def prepare(candidate, corpus):
    """A run for each fold and seed."""
    runs, parameters = [], candidate.parameters
    if candidate.changes.units:
        parameters = parameters | _module(n_units=corpus.units.shape[1])
    for (train, test), place in product(corpus.splits, range(N_SEEDS)):
        rows = bootstrap_subjects(train, corpus.groups, place) if candidate.bootstrap else train
        seed = candidate.first_seed + place
        net = DeReGRLClassifier(random_state=seed, module=Prototype, **parameters)
        ((_, data),) = net.prepare_fit(corpus.X[rows], corpus.codes[rows])
        if candidate.changes.units:
            data = ClipsWithUnits(data, corpus.units[rows])
        runs.append(Run(net, data, rows, test, place))
    return runs


def train(runs, changes):
    """Train runs, those of one shape together."""
    stacks = {}
    for run in runs:
        key = _shape_of(run.net, run.data), len(run.net.classes_)
        stacks.setdefault(key, []).append(run)
    for alike in stacks.values():
        PrototypeStack([run.net for run in alike], [run.data for run in alike], changes).train()


def measure(candidate, corpus):
    """Scores of a candidate on a corpus."""
    probabilities = np.zeros((N_SEEDS, len(corpus.codes), corpus.codes.max() + 1))
    runs = prepare(candidate, corpus) if candidate.kernel_share < 1 else []
    train(runs, candidate.changes)
    for run in runs:
        proba = run.net.predict_proba(corpus.X[run.test])
        probabilities[run.place, run.test[:, None], run.net.classes_[None]] = proba
    if candidate.kernel is not None:
        graph = candidate.parameters.get("graph", GRAPH)
        kernel = predict_kernel(candidate.kernel, corpus.X, corpus.codes, corpus.splits, graph)
        probabilities += candidate.kernel_share * (kernel - probabilities)
    scores = score(probabilities, corpus.codes)
    return scores | (score_units(runs, corpus, probabilities) if candidate.changes.units else {})


def score(probabilities, codes):
    """UF1 of the average of seeds and of each, log-loss of the average at its best temperature."""
    labels, average = np.arange(probabilities.shape[-1]), probabilities.mean(0)
    logs = np.log(np.maximum(average, 1e-12))

    def loss(log_temperature):
        tempered = np.exp(logs / np.exp(log_temperature))
        return log_loss(codes, tempered / tempered.sum(1, keepdims=True), labels=labels)

    def uf1(values):
        return uf1_score(codes, values.argmax(1), labels=labels, zero_division=0.0)

    best = minimize_scalar(loss, bounds=LOG_TEMPERATURES, method="bounded")
    scores = {"uf1": uf1(average), "uf1_single": [uf1(values) for values in probabilities]}
    return scores | {"log_loss": best.fun, "temperature": np.exp(best.x)}


def score_units(runs, corpus, probabilities):
    """Mean F1 of action units by their head, and by what the predicted classes say of them.

    The latter are the shares of a unit in each class of the training clips, weighted by probability.
    """
    by_head, by_class = np.zeros((2, *corpus.units.shape))
    for run in runs:
        by_head[run.test] += unit_probabilities(run.net, corpus.X[run.test]) / N_SEEDS
        codes, units = corpus.codes[run.train], corpus.units[run.train]
        shares = [units[codes == k].mean(0) for k in run.net.classes_]
        expected = probabilities[run.place, run.test][:, run.net.classes_] @ np.array(shares)
        by_class[run.test] += expected / N_SEEDS
    options = {"average": "macro", "zero_division": 0.0}
    names = ("units_f1", by_head), ("units_f1_by_class", by_class)
    return {name: f1_score(corpus.units, values > 0.5, **options) for name, values in names}


def run_all(families, n_corpora, names, path):
    """Append what is missing, a line at a time."""
    done = {tuple(row[name] for name in KEYS) for row in read_rows(path)}
    for task in product(names, families, range(n_corpora)):
        if task in done:
            continue
        start, candidate = time.process_time(), CANDIDATES[task[0]]
        corpus = load_corpus(*task[1:], candidate.parameters.get("graph", GRAPH))
        row = dict(zip(KEYS, task, strict=True)) | measure(candidate, corpus)
        row["seconds"] = round(time.process_time() - start, 1)
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" * torn(path) + json.dumps(row) + "\n")
        print(
            f"{task[0]:38s} {task[1]:10s} {task[2]} UF1 {row['uf1']:.3f} {row['seconds']:6.1f} s", flush=True
        )


def print_tables(path):
    """Means and standard errors, over corpora, of differences to the mean of the default's sets of seeds."""
    frame = pd.DataFrame(read_rows(path))
    frame["uf1_single"] = [np.mean(values) for values in frame["uf1_single"]]
    is_default = frame["candidate"].isin(["default", *SEEDS])
    columns = ["uf1", "uf1_single", "log_loss"]
    reference = frame[is_default].groupby(["family", "corpus"])[columns].mean()
    titles = ("UF1, average of four", "UF1, single seeds", "log-loss", "UF1 better", "log-loss better")
    print(f"| candidate | corpora | {' | '.join(titles)} |")
    print("|---" * 7 + "|")
    for name, rows in frame[~is_default].groupby("candidate", sort=False):
        rows = rows.set_index(["family", "corpus"])[columns]
        less = (rows - reference).dropna()
        if less.empty:
            continue
        cells = [f"{less[k].mean():+.3f} ± {less[k].sem():.3f}" for k in columns]
        better = f"{(less['uf1'] > 0).sum()} | {(less['log_loss'] < 0).sum()}"
        print(f"| {name} | {len(less)} | {' | '.join(cells)} | {better} |")
    if "units_f1" in frame:
        print("\n| candidate | family | corpus | F1 of action units | by class |\n|---|---|---|---|---|")
        for row in frame.dropna(subset="units_f1").itertuples():
            scores = f"{row.units_f1:.3f} | {row.units_f1_by_class:.3f}"
            print(f"| {row.candidate} | {row.family} | {row.corpus} | {scores} |")


def main():
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description="Candidates for the default recipe.")
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--output", type=Path, required=True, help="file of results, one JSON line each")
    parser.add_argument("--families", nargs="*", help='names; by default all of the half "choose"')
    parser.add_argument("--candidates", nargs="*", default=list(CANDIDATES), choices=list(CANDIDATES))
    parser.add_argument("--corpora", type=int, default=1, help="corpora of each family")
    options = parser.parse_args()
    if options.command == "table":
        return print_tables(options.output)
    half = names_of("choose")
    families = options.families or half
    if foreign := set(families) - set(half):
        parser.error(f"families of the half 'choose' were expected, got {sorted(foreign)}.")
    return run_all(families, options.corpora, options.candidates, options.output)


if __name__ == "__main__":
    main()
