"""Whether the actions of DeRe-GRL are action units: fields, stability, price in UF1, detected units.

    python benchmarks/actions.py fields --seeds 5
    python benchmarks/actions.py scores --seeds 20 --families casme2 samm three detected
    python benchmarks/actions.py scores --seeds 20 --real FILE.npz
    python benchmarks/actions.py units --seeds 3

Fields: the displacement that each action responds to (`DeReGRLClassifier.action_fields`), and its cosine with
the true field of a unit. "named": of the unit that `assign_action_units` gives to the action, before anything
is seen. "matched": of the units of its component, one to one, so that the mean is largest; the best of many
flatters what has learned nothing. "random" is the network before training, "noise" are fields of white noise,
and "labels" are what the true units themselves respond to: the ceiling. Stability: the mean correlation of
action maps at the apex between two seeds, matched in the same way; "named maps" are only those of actions
that a unit is given to, each compared with the same action of the other net. Scores: pooled UF1 of single
nets in ten folds (`--folds`) of whole subjects, and the difference from the default with its 95 % interval
by subject, each the mean over the seeds. Units: macro F1 of detected units, out of fold, over those of at
least eight clips.
"""

import argparse
import time
from itertools import combinations

import numpy as np
from families import family_of, load_clips, make_clips
from recipe import load_real
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from skmer.classifiers import DeReGRLClassifier
from skmer.face import ACTION_UNITS, FaceGraph, assign_action_units
from skmer.metrics import paired_bootstrap, uf1_score

GRAPH = FaceGraph.preset("brow-nose-lip31")
LEAST = 8  # clips of a unit
MAPS = {"init_actions": "units", "lambda_sparsity": 0.1, "lambda_orthogonality": 0.1}
# Parameters of a net, and whether it learns from action units.
VARIANTS = {
    "random": ({"max_epochs": 1, "lr": 1e-12}, False),
    "default": ({}, False),
    "maps of units": ({"init_actions": "units"}, False),
    "sparse, orthogonal": ({**MAPS, "init_actions": "random"}, False),
    "maps of units, sparse, orthogonal": (MAPS, False),
    "action units": ({}, True),
    "action units, maps of units": ({"init_actions": "units"}, True),
}


def units_of(name):
    """Action units of a family's clips: those of at least `LEAST` clips."""
    table = make_clips(family_of(name)).action_units()
    return table.loc[:, table.sum() >= LEAST]


def fitted(variant, seed, X, y, units, n_actions):
    """Return a net of a variant."""
    parameters, learns = VARIANTS[variant]
    net = DeReGRLClassifier(n_actions, random_state=seed, **parameters)
    return net.fit(X, y, action_units=units if learns and units is not None else None)


def component_slices(n_actions):
    """Yield the slices of nodes and of actions of each component."""
    ends = np.cumsum(GRAPH.component_sizes)
    for k, (end, size) in enumerate(zip(ends, GRAPH.component_sizes, strict=True)):
        yield slice(end - size, end), slice(k * n_actions, (k + 1) * n_actions)


def matched_cosines(fields, numbers, n_actions):
    """Cosines between actions and the true fields of their component, best matched."""
    true = np.array([ACTION_UNITS[n].field[list(GRAPH.nodes)] for n in numbers if n in ACTION_UNITS])
    energy = np.stack([np.square(true[:, s]).sum((1, 2)) for s, _ in component_slices(n_actions)], -1)
    found = []
    for k, (nodes, actions) in enumerate(component_slices(n_actions)):
        own = true[(energy.argmax(1) == k) & (energy.max(1) > 0)][:, nodes].reshape(
            -1, 2 * (nodes.stop - nodes.start)
        )
        mine = fields[actions][:, nodes].reshape(n_actions, -1)
        cosines = unit_rows(mine) @ unit_rows(own).T
        rows, columns = linear_sum_assignment(-cosines)
        found += cosines[rows, columns].tolist()
    return found


def named_cosines(fields, numbers, n_actions):
    """Cosines between the true field of each unit and that of the action that it is given to."""
    nodes = list(GRAPH.nodes)
    given = zip(numbers, assign_action_units(GRAPH, list(numbers), n_actions), strict=True)
    pairs = [(fields[a], ACTION_UNITS[n].field[nodes]) for n, a in given if n in ACTION_UNITS]
    # An action has its component's nodes alone; the rest of the unit is not its business.
    rows = [(mine.ravel(), (true * mine.any(1, keepdims=True)).ravel()) for mine, true in pairs if true.any()]
    return [float(np.sum(unit_rows(a[None]) * unit_rows(b[None]))) for a, b in rows]


def fields_of_labels(X, units, n_actions):
    """Fields of actions that are the units themselves: regressed on their labels, component by component."""
    given = np.array(assign_action_units(GRAPH, list(units.columns), n_actions))
    moved, fields = (X[:, 1] - X[:, 0]).astype(float), np.zeros((3 * n_actions, GRAPH.n_nodes, 2))
    for nodes, actions in component_slices(n_actions):
        own = np.flatnonzero((given >= actions.start) & (given < actions.stop))
        design = np.column_stack([units.to_numpy()[:, own], np.ones(len(X))])
        rows = moved[:, nodes].reshape(len(X), -1)
        for column, field in zip(own, np.linalg.lstsq(design, rows, rcond=None)[0], strict=False):
            fields[given[column], nodes] += field.reshape(-1, 2)
    return fields


def noise_fields(n_actions, seed):
    """Fields of white noise, each on its component's nodes."""
    fields, rng = np.zeros((3 * n_actions, GRAPH.n_nodes, 2)), np.random.default_rng(seed)
    for nodes, actions in component_slices(n_actions):
        fields[actions, nodes] = rng.normal(size=(n_actions, nodes.stop - nodes.start, 2))
    return fields


def unit_rows(rows):
    """Rows of length one."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def map_agreement(first, second, n_actions):
    """Correlations of the maps of two nets, (N, P) each, best matched within components."""
    found = []
    for nodes, actions in component_slices(n_actions):
        a, b = (unit_rows((m[nodes, actions] - m[nodes, actions].mean(0)).T) for m in (first, second))
        rows, columns = linear_sum_assignment(-(a @ b.T))
        found += (a @ b.T)[rows, columns].tolist()
    return found


def named_agreement(first, second, units, n_actions):
    """Correlations of the maps (N, P) of two nets at the actions that units are given to."""
    given = set(assign_action_units(GRAPH, list(units), n_actions))
    return [
        np.corrcoef(first[nodes, action], second[nodes, action])[0, 1]
        for nodes, actions in component_slices(n_actions)
        for action in range(actions.start, actions.stop)
        if action in given
    ]


def measure_fields(options):
    """Print a line for each family and variant: cosines of the fields, agreement of the maps."""
    print(
        "| family | K | variant | named | spread | matched | maps over seeds | named maps | seconds a fit |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    for name in options.families:
        X, y, _ = load_clips(family_of(name))
        units, K = units_of(name), options.n_actions
        references = {
            "noise": [noise_fields(K, seed) for seed in range(20)],
            "labels": [fields_of_labels(X, units, K)],
        }
        for reference, fields in references.items():
            field_line(name, K, reference, fields, units.columns, (np.nan, np.nan), np.nan)
        for variant in options.variants:
            start, fields, maps = time.perf_counter(), [], []
            for seed in range(options.seeds):
                net = fitted(variant, seed, X, y, units, K)
                fields.append(net.action_fields(X))
                maps.append(net.action_maps(X)[:, 1].mean(0))
            pairs = [
                (np.mean(map_agreement(a, b, K)), np.mean(named_agreement(a, b, units.columns, K)))
                for a, b in combinations(maps, 2)
            ]
            seconds = (time.perf_counter() - start) / options.seeds
            agreements = np.mean(pairs, axis=0) if pairs else (np.nan, np.nan)
            field_line(name, K, variant, fields, units.columns, agreements, seconds)


def field_line(family, n_actions, variant, fields, numbers, agreements, seconds):
    """Print the line of one variant."""
    named = [np.mean(named_cosines(own, numbers, n_actions)) for own in fields]
    matched = [np.mean(matched_cosines(own, numbers, n_actions)) for own in fields]
    print(
        f"| {family} | {n_actions} | {variant} | {np.mean(named):.3f} | {np.std(named):.3f} | "
        f"{np.mean(matched):.3f} | {agreements[0]:.3f} | {agreements[1]:.3f} | {seconds:.1f} |",
        flush=True,
    )


def out_of_fold(variant, seed, X, y, groups, units, options, read):
    """Values that nets read off held-out clips."""
    found = None
    for train, test in GroupKFold(min(options.folds, len(np.unique(groups)))).split(X, y, groups):
        own = None if units is None else units.iloc[train]
        values = read(fitted(variant, seed, X[train], y[train], own, options.n_actions), X[test])
        found = np.empty((len(X), *values.shape[1:]), values.dtype) if found is None else found
        found[test] = values
    return found


def measure_scores(options):
    """Print a line for each set and variant: UF1 and its difference from the default."""
    print("| set | variant | UF1 | spread | less the default, 95 % by subject |\n|---|---|---|---|---|")
    sets = [(name, load_clips(family_of(name)), units_of(name)) for name in options.families]
    if options.real:
        sets = [("real", load_real(options.real), None)]
    for name, (X, y, groups), units in sets:
        predictions = {}
        for variant in ["default", *[v for v in options.variants if v not in ("random", "default")]]:
            if VARIANTS[variant][1] and units is None:
                continue
            predictions[variant] = [
                out_of_fold(variant, seed, X, y, groups, units, options, lambda net, x: net.predict(x))
                for seed in range(options.seeds)
            ]
            pairs = list(zip(predictions[variant], predictions["default"], strict=True))
            scores = [uf1_score(y, mine) for mine, _ in pairs]
            less = np.mean(scores) - np.mean([uf1_score(y, other) for _, other in pairs])
            low, high = np.mean([paired_bootstrap(y, a, b, groups)["uf1"] for a, b in pairs], axis=0)
            print(
                f"| {name} | {variant} | {np.mean(scores):.3f} | {np.std(scores):.3f} | "
                f"{less:+.3f} [{low:+.3f}, {high:+.3f}] |",
                flush=True,
            )


def measure_units(options):
    """Print a line for each family and variant that learns from units: macro F1 of detected units."""
    print("| family | variant | units | macro F1 |\n|---|---|---|---|")
    for name in options.families:
        (X, y, groups), units = load_clips(family_of(name)), units_of(name)
        for variant in [v for v in options.variants if VARIANTS[v][1]]:
            scores = []
            for seed in range(options.seeds):
                arguments = (variant, seed, X, y, groups, units, options)
                found = out_of_fold(*arguments, lambda net, x: net.predict_action_units(x))
                scores.append(f1_score(units.to_numpy(), found > 0.5, average="macro", zero_division=0))
            print(f"| {name} | {variant} | {units.shape[1]} | {np.mean(scores):.3f} |", flush=True)


def main():
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    measures = {"fields": measure_fields, "scores": measure_scores, "units": measure_units}
    parser.add_argument("measure", choices=list(measures))
    parser.add_argument("--families", nargs="*", default=["casme2", "many"])
    parser.add_argument("--real", help="file of real displacements, as of recipe.py")
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--n-actions", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=10, help="groups of whole subjects")
    options = parser.parse_args()
    measures[options.measure](options)


if __name__ == "__main__":
    main()
