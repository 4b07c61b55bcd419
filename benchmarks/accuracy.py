"""Pooled scores of methods on families of synthetic corpora, ten folds of whole subjects.

Run ``python benchmarks/accuracy.py choose --output FILE`` as often as a choice needs it,
``python benchmarks/accuracy.py report --output FILE`` once when nothing is left to choose, and
``python benchmarks/accuracy.py table --output FILE`` for the tables. The file has a line for each family,
corpus of it, method and seed; what it holds already is not computed again. Set OMP_NUM_THREADS=1 where other
things run; the seconds are those of the processor.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from baselines import BASELINES, outer_folds, predict_subjects
from families import FAMILIES, load_family, names_of

from skmer.classifiers import DeReGRLClassifier
from skmer.metrics import expected_calibration_error, subject_bootstrap, uar_score, uf1_score
from skmer.model_selection import batched_cross_val_predict
from skmer.pipelines._paper import PAPER

KEYS = ("family", "corpus", "method", "seed")


class Method(NamedTuple):
    """What predicts each subject from the others, and whether another seed gives another result.

    `run(X, y, groups, seed)` returns predictions (n,) and probabilities (n, n_classes) of the sorted classes.
    """

    run: Callable
    seeded: bool


def run_ours(X, y, groups, seed, **parameters):
    """Our classifier with changed parameters, all folds in stacks."""
    net = DeReGRLClassifier(random_state=seed, **parameters)
    options = {"groups": groups, "cv": outer_folds(groups), "method": "predict_proba"}
    probabilities = batched_cross_val_predict(net, X, y, **options)
    return np.unique(y)[probabilities.argmax(axis=1)], probabilities


def run_baseline(X, y, groups, seed, name):
    """A plain classifier with its own search."""
    return predict_subjects(BASELINES[name], X, y, groups)


# The rows of the paper's Tables 1 and 2.
PARTS = {
    "backbone": {"decomposition": False, "reconstruction": False},
    "backbone + ADM": {"reconstruction": False},
    "all": {},
    "lambda1 = 0": {"lambda_center": 0.0},
    "lambda2 = 0": {"lambda_weight": 0.0},
    "lambda3 = 0": {"lambda_balance": 0.0},
    "all lambdas 0": {"lambda_center": 0.0, "lambda_weight": 0.0, "lambda_balance": 0.0},
}
# One thing of the default recipe taken back.
WITHOUT = {
    "no linear path": {"linear_skip": False},
    "no magnitudes": {"channels": ()},
    "no scaling of clips": {"normalize_motion": False},
    "no rigid noise": {"head_motion_noise": 0.0},
    "no noise": {"noise": 0.0},
    "no mirror": {"horizontal_flip": False},
    "no balance": {"class_weight": None},
    "no smoothing": {"label_smoothing": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "batches of 32": {"batch_size": 32},
    "60 epochs": {"max_epochs": 60},
    "learned adjacency": {"adjacency": "learned"},
}
METHODS = {name: Method(partial(run_baseline, name=name), False) for name in BASELINES}
METHODS |= {"ours": Method(run_ours, True)}
METHODS |= {f"ours, {name}": Method(partial(run_ours, **changed), True) for name, changed in WITHOUT.items()}
METHODS |= {
    f"{recipe}: {name}": Method(partial(run_ours, **own | changed), True)
    for recipe, own in (("paper", PAPER), ("default", {}))
    for name, changed in PARTS.items()
    if (recipe, name) != ("default", "all")
}


def score(y, groups, predicted, probabilities):
    """Scores of one run; predictions as one digit a clip."""
    classes, codes = np.unique(y, return_inverse=True)
    interval = subject_bootstrap(y, predicted, groups)["uf1"]
    options = {"labels": classes, "zero_division": 0.0}
    return {
        "n": len(y),
        "accuracy": float(np.mean(codes == np.searchsorted(classes, predicted))),
        "uf1": uf1_score(y, predicted, **options),
        "uar": uar_score(y, predicted, **options),
        "ece": expected_calibration_error(y, probabilities, labels=classes),
        "uf1_low": interval.low,
        "uf1_high": interval.high,
        "predictions": "".join(map(str, np.searchsorted(classes, predicted))),
    }


def run(families, n_corpora, methods, seeds, path):
    """Append what is missing, a line at a time."""
    done = {tuple(row[name] for name in KEYS) for row in read_rows(path)}
    for family, corpus in product(families, range(n_corpora)):
        wanted = [(name, seed) for name in methods for seed in (seeds if METHODS[name].seeded else [0])]
        missing = [task for task in wanted if (family, corpus, *task) not in done]
        X, y, groups = load_family(family, corpus) if missing else (None, None, None)
        for name, seed in missing:
            start = time.process_time()
            outcome = METHODS[name].run(X, y, groups, seed)
            row = dict(zip(KEYS, (family, corpus, name, seed), strict=True)) | score(y, groups, *outcome)
            row["seconds"] = round(time.process_time() - start, 1)
            with path.open("a", encoding="utf-8") as file:
                file.write("\n" * torn(path) + json.dumps(row) + "\n")
            print(
                f"{family:22s} {corpus} {name:22s} {seed} UF1 {row['uf1']:.3f} {row['seconds']:6.1f} s",
                flush=True,
            )


def torn(path):
    """Whether the last line was cut off."""
    return path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")


def read_rows(path):
    """Rows that a file holds; a last line that was cut off is none."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def print_tables(path):
    """UF1 and calibration error by half: families against methods, means over corpora and seeds."""
    frame = pd.DataFrame(read_rows(path))
    frame["half"] = [FAMILIES[name].half for name in frame["family"]]
    for half, rows in frame.groupby("half"):
        for value in ("uf1", "ece", "seconds"):
            table = rows.pivot_table(
                index="family", columns="method", values=value, aggfunc="mean", sort=False
            )
            table.loc["mean"] = table.mean(skipna=False)
            digits = 1 if value == "seconds" else 3
            print(f"\n{half}: {value}\n")
            print(_markdown(table, digits))


def print_differences(path, references):
    """UF1 of each method less a reference's, the mean over families, with an interval by subject.

    Subjects are drawn with replacement in every corpus, the same for both methods.
    """
    frame = pd.DataFrame(read_rows(path)).set_index(["method", "family", "corpus"])
    for reference in references:
        print(f"\nless {reference}\n")
        print("| method | corpora | UF1 | difference | 95 % interval |\n|---|---|---|---|---|")
        for method in frame.index.unique("method"):
            both = frame.loc[method].index.intersection(frame.loc[reference].index)
            if method == reference or both.empty:
                continue
            drawn = np.mean([_drawn_difference(frame, method, reference, *corpus) for corpus in both], axis=0)
            low, high = np.quantile(drawn[1:], [0.025, 0.975])
            uf1 = frame.loc[method].loc[both, "uf1"].mean()
            print(f"| {method} | {len(both)} | {uf1:.3f} | {drawn[0]:+.3f} | {low:+.3f} to {high:+.3f} |")


def _drawn_difference(frame, method, reference, family, corpus, n_draws=1000):
    """The difference on one corpus, then on redrawn subjects, (1 + n_draws,)."""
    _, y, groups = load_family(family, corpus)
    codes, people = (np.unique(values, return_inverse=True)[1] for values in (y, groups))
    n_people, n_classes = people.max() + 1, codes.max() + 1
    weights = np.random.default_rng(0).multinomial(n_people, np.full(n_people, 1 / n_people), n_draws)
    weights = np.vstack([np.ones(n_people), weights])
    scores = []
    for name in (method, reference):
        row = frame.loc[(name, family, corpus)]
        row = row.iloc[0] if isinstance(row, pd.DataFrame) else row
        counts = np.zeros((n_people, n_classes, n_classes))
        np.add.at(counts, (people, codes, [int(digit) for digit in row["predictions"]]), 1)
        drawn = np.tensordot(weights, counts, 1)
        right, total = np.einsum("dcc->dc", drawn), drawn.sum(1) + drawn.sum(2)
        scores.append((2 * right / np.maximum(total, 1)).mean(1))
    return scores[0] - scores[1]


def _markdown(table, digits):
    lines = ["| family | " + " | ".join(table.columns) + " |", "|---" * (table.shape[1] + 1) + "|"]
    for family, values in table.iterrows():
        cells = ["" if np.isnan(value) else f"{value:.{digits}f}" for value in values]
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description="Accuracy on families of synthetic corpora.")
    parser.add_argument("command", choices=["choose", "report", "table"])
    parser.add_argument("--output", type=Path, required=True, help="file of results, one JSON line each")
    parser.add_argument("--families", nargs="*", help="names; by default all of the half")
    parser.add_argument("--methods", nargs="*", default=[*BASELINES, "ours"], choices=list(METHODS))
    parser.add_argument("--corpora", type=int, default=1, help="corpora of each family")
    parser.add_argument("--seeds", type=int, default=1, help="seeds of what depends on one")
    options = parser.parse_args()
    if options.command == "table":
        print_tables(options.output)
        present = {row["method"] for row in read_rows(options.output)}
        print_differences(options.output, [name for name in ("ours", "paper: all") if name in present])
    else:
        half = names_of(options.command)
        families = options.families or half
        if foreign := set(families) - set(half):
            parser.error(f"families of the half {options.command!r} were expected, got {sorted(foreign)}.")
        run(families, options.corpora, options.methods, range(options.seeds), options.output)


if __name__ == "__main__":
    main()
