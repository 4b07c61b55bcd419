"""The table of real data: plain baselines, the field's networks and DeRe-GRL on a folder of flow maps.

    python benchmarks/real_data.py ROOT --output real-data --seeds 3

`skmer.datasets.load_flow_maps` says which folders are read. Every method has the same clips and folds, one
subject left out unless ``--n-folds`` is given; each net is scored after its last epoch and, as a
demonstration that is stamped as not comparable, at the epoch that is best on each held-out subject. Finished
folds are on disk at once, and the same command goes on from them. ``--epochs`` shortens the networks of maps,
and the table says so.
"""

import argparse
import json
from pathlib import Path

import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skmer.datasets import load_flow_maps
from skmer.feature_extraction import sample_nodes
from skmer.model_selection import MethodsResult, evaluate_methods
from skmer.pipelines import BASELINES, baseline, recommended

NETWORKS = ("ststnet", "off-apexnet", "sssnet", "rcn-a", "dual-inception", "htnet")
RECIPES = ("dere-grl-single", "dere-grl", "paper")
HALVES = ("results", "test_epoch")


def of_nodes(pipeline):
    """Return a pipeline of nodes on the 31 that are sampled from maps."""
    return Pipeline([("nodes", FunctionTransformer(sample_nodes)), *pipeline.steps])


def run(arguments):
    """Evaluate, print and write the table; baselines stand in it on maps and on their 31 nodes."""
    clips = load_flow_maps(arguments.root)
    print(clips)
    options = {"seeds": arguments.seeds, "n_jobs": arguments.n_jobs, "baselines": False}
    options |= {"dataset": "megc2019", "select": "test-epoch", "checkpoint": arguments.output / "folds"}
    if arguments.n_folds is not None:
        options |= {"protocol": "group-k-fold", "n_folds": arguments.n_folds}
    nodes = {name: baseline(name) for name in BASELINES if name != "majority"}
    if arguments.recommended:
        nodes["recommended"] = recommended(input="nodes", random_state=0)
    own = [(f"{name} (31 nodes)", of_nodes(pipeline)) for name, pipeline in nodes.items()]
    parts = [evaluate_methods(["baselines", *own, *arguments.recipes], clips, **options)]
    if arguments.networks:
        parts.append(evaluate_methods(arguments.networks, clips, max_epochs=arguments.epochs, **options))
    results, best = ({k: v for part in parts for k, v in getattr(part, name).items()} for name in HALVES)
    published = pd.concat([part.published for part in parts])
    write(MethodsResult(results, published, best, arguments.epochs), arguments.output)


def write(found, output):
    """Print a table, its data sets one by one, and write all forms."""
    print(f"\n{found}\n")
    for name, result in found.results.items():
        by_set, by_seed = result.per_dataset["uf1"].round(3), result.per_seed["uf1"].round(3)
        print(f"{name}: UF1 by data set {json.dumps(by_set.to_dict())}; by seed {by_seed.tolist()}")
    output.mkdir(parents=True, exist_ok=True)
    found.to_markdown(output / "real-data.md")
    found.to_csv(output / "real-data.csv")
    found.to_latex(output / "real-data.tex")
    found.to_html(output / "real-data.html", title="Methods on a folder of flow maps")
    sets = {name: result.per_dataset["uf1"] for name, result in found.results.items()}
    seeds = {name: result.per_seed["uf1"].round(3).tolist() for name, result in found.results.items()}
    pd.DataFrame(sets).T.assign(seeds=seeds).to_csv(output / "data-sets.csv", index_label="method")
    found.differences("uf1").to_csv(output / "differences.csv")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path, help="folder of flow maps")
    parser.add_argument("--output", type=Path, default=Path("real-data"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--n-folds", type=int, help="folds of subjects, where one subject each takes too long"
    )
    parser.add_argument("--n-jobs", type=int, default=-1)
    parser.add_argument("--epochs", type=int, help="of the nets of maps, fewer than published")
    parser.add_argument("--networks", nargs="*", default=["ststnet"], choices=NETWORKS)
    parser.add_argument("--recommended", action="store_true", help="the recommended pipeline of nodes too")
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES), choices=RECIPES)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
