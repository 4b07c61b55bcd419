"""Candidates for the default recipe, on real displacements and on synthetic families, paired by subject.

``python benchmarks/recipe.py --real FILE.npz --seeds 5`` reads real displacements: D (n, 31, 2) at the nodes
of `FaceGraph.preset("brow-nose-lip31")`, y (n,) and group (n,). ``python benchmarks/recipe.py --families``
takes the families for choosing (`families.py`), which are the brake: none may lose more than .02. ``--maps
FILE.npz`` reads flow maps X (n, 28, 28, 2): the parts of `recommended(input="maps")`, their mean, and the
plain baselines. Folds are ten groups of whole subjects, or with ``--loso`` each subject. A line has the mean
of pooled UF1 over the seeds, its spread, and the difference from the first candidate with its 95 % interval
by subject, each the mean over the seeds.
"""

import argparse
import time

import numpy as np
from families import load_family, names_of
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, cross_val_predict

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.metrics import paired_bootstrap, uf1_score
from skmer.model_selection import batched_cross_val_predict
from skmer.pipelines import BASELINES, baseline, recommended

OLD = {"max_epochs": 40, "head_motion_noise": 0.5}
NETS = {
    "40 epochs, head motion .5": OLD,
    "20 epochs, head motion .5": {**OLD, "max_epochs": 20},
    "40 epochs, no head motion": {**OLD, "head_motion_noise": 0.0},
    "20 epochs, no head motion": {"max_epochs": 20, "head_motion_noise": 0.0},
    "15 epochs, no head motion": {"max_epochs": 15, "head_motion_noise": 0.0},
}


def load_real(path):
    """Node features (n, 3, 31, 2) whose apex row is filled, classes and subjects."""
    with np.load(path, allow_pickle=True) as file:
        D, y, groups = file["D"], file["y"], file["group"]
    X = np.zeros((len(D), 3, *D.shape[1:]), dtype=np.float32)
    X[:, 1] = D
    return X, y, groups.astype(str)


def net_probabilities(X, y, split, seed, n_estimators, parameters):
    """Out-of-fold probabilities of a net, or of an ensemble of them."""
    net = DeReGRLClassifier(**parameters)
    model = (
        SeedEnsemble(net, n_estimators=n_estimators, random_state=seed)
        if n_estimators > 1
        else net.set_params(random_state=seed)
    )
    return batched_cross_val_predict(model, X, y, method="predict_proba", n_jobs=2, **split)


def lda_probabilities(X, y, split):
    """Out-of-fold probabilities of the LDA that stands in every table: mirrored, magnitudes, equal priors."""
    return cross_val_predict(baseline("lda"), X, y, method="predict_proba", **split)


def vote_probabilities(X, y, split, seed):
    """Out-of-fold probabilities of `recommended(input="nodes")`; prints in how many folds its LDA votes."""
    proba, joined = np.zeros((len(y), len(np.unique(y)))), []
    for train, test in split["cv"].split(X, y, split["groups"]):
        model = recommended(input="nodes", random_state=seed)
        model.fit(X[train], y[train], clf__groups=split["groups"][train])
        proba[np.ix_(test, np.searchsorted(np.unique(y), model.classes_))] = model.predict_proba(X[test])
        joined.append(model["clf"].weights_[1])
    print(f"seed {seed}: the LDA votes in {sum(joined):.0f} of {len(joined)} folds", flush=True)
    return proba


def compare_maps(path, options):
    """Print a line for each part of the recommended pipeline of maps, their mean, and plain baselines."""
    with np.load(path, allow_pickle=True) as file:
        X, y, groups = np.moveaxis(file["X"], -1, 1).astype(np.float32), file["y"], file["group"].astype(str)
    classes = np.unique(y)
    split = {"groups": groups, "cv": LeaveOneGroupOut() if options.loso else GroupKFold(10)}
    lda = dict(recommended(input="maps")["clf"].estimators)["lda"]
    parts = {"LDA on sampled nodes": [cross_val_predict(lda, X, y, method="predict_proba", **split)]}
    start, nets = time.perf_counter(), []
    for seed in range(options.seeds):
        net = dict(recommended(input="maps", random_state=seed)["clf"].estimators)["net"]
        nets.append(batched_cross_val_predict(net, X, y, method="predict_proba", n_jobs=2, **split))
        print(f"seed {seed}: {time.perf_counter() - start:.0f} s", flush=True)
    parts["STSTNet"] = nets
    parts["their mean"] = [(p + parts["LDA on sampled nodes"][0]) / 2 for p in nets]
    for name in BASELINES:
        predicted = cross_val_predict(baseline(name, input="maps"), X, y, **split)
        parts[name] = [(predicted[:, None] == classes).astype(float)]
    found = {}
    for candidate, probabilities in parts.items():
        found[candidate] = probabilities * (options.seeds if len(probabilities) == 1 else 1)
        report("maps", candidate, found, y, groups, classes, time.perf_counter() - start)


def compare(name, data, options):
    """Print a line for each candidate on one set."""
    X, y, groups = data
    classes, n_folds = np.unique(y), min(10, len(np.unique(groups)))
    split = {"groups": groups, "cv": LeaveOneGroupOut() if options.loso else GroupKFold(n_folds)}
    found = {}
    for candidate in options.candidates or NETS:
        start = time.perf_counter()
        found[candidate] = [
            net_probabilities(X, y, split, seed, options.members, NETS[candidate])
            for seed in range(options.seeds)
        ]
        report(name, candidate, found, y, groups, classes, time.perf_counter() - start)
    if options.vote:
        start = time.perf_counter()
        found["recommended"] = [vote_probabilities(X, y, split, seed) for seed in range(options.seeds)]
        report(name, "recommended", found, y, groups, classes, time.perf_counter() - start)
    if options.lda:
        lda = lda_probabilities(X, y, split)
        found["LDA"] = [lda] * options.seeds
        report(name, "LDA", found, y, groups, classes, 0.0)
        for candidate in options.candidates or NETS:
            mixed = {f"LDA, {voices} to 1": (lda, voices) for voices in (1, 2, 3)}
            mixed |= {"root of LDA": (softened(lda), 1)}
            for which, (other, voices) in mixed.items():
                pairs = [(voices * p + other) / (voices + 1) for p in found[candidate]]
                found[f"{candidate} + {which}"] = pairs
                report(name, f"{candidate} + {which}", found, y, groups, classes, 0.0)


def softened(probabilities, power=0.5):
    """Probabilities to a power, as LDA's are too sure."""
    raised = probabilities**power
    return raised / raised.sum(axis=1, keepdims=True)


def report(name, candidate, found, y, groups, classes, seconds):
    """Print the line of one candidate."""
    labels = [classes[p.argmax(axis=1)] for p in found[candidate]]
    scores = [uf1_score(y, predicted) for predicted in labels]
    first = [classes[p.argmax(axis=1)] for p in next(iter(found.values()))]
    draws = [paired_bootstrap(y, a, b, groups)["uf1"] for a, b in zip(labels, first, strict=True)]
    low, high = np.mean(draws, axis=0)
    value = np.mean(scores) - np.mean([uf1_score(y, predicted) for predicted in first])
    print(
        f"| {name} | {candidate} | {np.mean(scores):.3f} | {np.std(scores):.3f} | "
        f"{value:+.3f} [{low:+.3f}, {high:+.3f}] | {seconds:.0f} |",
        flush=True,
    )


def main():
    """Compare the candidates on what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", help="file of real displacements")
    parser.add_argument("--maps", help="file of real flow maps")
    parser.add_argument("--families", nargs="*", help="names; none given means all for choosing")
    parser.add_argument("--candidates", nargs="*", choices=list(NETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--members", type=int, default=4, help="nets in an ensemble; 1 is a single net")
    parser.add_argument("--loso", action="store_true")
    parser.add_argument("--lda", action="store_true", help="with LDA, alone and averaged with each net")
    parser.add_argument("--vote", action="store_true", help="with the recommended pipeline")
    options = parser.parse_args()
    print(
        "| set | candidate | UF1 | spread | less the first, 95 % by subject | s |\n|---|---|---|---|---|---|"
    )
    if options.real:
        compare("real", load_real(options.real), options)
    if options.maps:
        compare_maps(options.maps, options)
    for name in [] if options.families is None else options.families or names_of("choose"):
        compare(name, load_family(name), options)


if __name__ == "__main__":
    main()
