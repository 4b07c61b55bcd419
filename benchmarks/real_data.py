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

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import load_flow_maps
from skmer.feature_extraction import sample_nodes
from skmer.model_selection import MethodsResult, evaluate_methods
from skmer.pipelines import paper_pipeline

NETWORKS = ("ststnet", "off-apexnet", "sssnet", "rcn-a", "dual-inception", "htnet")


def node_methods():
    """Return DeRe-GRL on the 31 nodes: one net, the ensemble, and the paper's network from the nodes on."""
    return {
        "dere-grl-single": DeReGRLClassifier(random_state=0),
        "dere-grl": SeedEnsemble(DeReGRLClassifier(), random_state=0),
        "paper, from the nodes on": paper_pipeline("casme2", landmarks=True, random_state=0)["clf"],
    }


def run(arguments):
    """Evaluate, print and write the table; the nodes' own baselines stand beside those of maps."""
    clips = load_flow_maps(arguments.root)
    print(clips)
    options = {"seeds": arguments.seeds, "n_jobs": arguments.n_jobs, "baselines": False}
    options |= {"dataset": "megc2019", "select": "test-epoch"}
    if arguments.n_folds is not None:
        options |= {"protocol": "group-k-fold", "n_folds": arguments.n_folds}
    place = arguments.output / "folds"
    short = {"max_epochs": arguments.epochs, "checkpoint": place / "maps"}
    chosen = ["baselines", *arguments.networks]
    of_maps = evaluate_methods(chosen, clips, **options, **short)
    nodes = sample_nodes(clips.frames), clips.target, clips.groups
    plain = evaluate_methods(["lda", "rbf-svm"], *nodes, **options, checkpoint=place / "nodes")
    of_nodes = evaluate_methods(node_methods(), *nodes, **options, checkpoint=place / "nodes")
    renamed = {f"{name}, 31 nodes": result for name, result in {**plain.results, **of_nodes.results}.items()}
    best = {f"{name}, 31 nodes": result for name, result in of_nodes.test_epoch.items()}
    write(of_maps, "maps", arguments.output)
    write(MethodsResult(renamed, test_epoch=best), "nodes", arguments.output)


def write(found, stem, output):
    """Print a table, its data sets one by one, and write all forms."""
    print(f"\n{found}\n")
    for name, result in found.results.items():
        by_set, by_seed = result.per_dataset["uf1"].round(3), result.per_seed["uf1"].round(3)
        print(f"{name}: UF1 by data set {json.dumps(by_set.to_dict())}; by seed {by_seed.tolist()}")
    output.mkdir(parents=True, exist_ok=True)
    found.to_markdown(output / f"{stem}.md")
    found.to_csv(output / f"{stem}.csv")
    found.to_latex(output / f"{stem}.tex")
    found.to_html(output / f"{stem}.html", title="Methods on a folder of flow maps")


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
    run(parser.parse_args())


if __name__ == "__main__":
    main()
