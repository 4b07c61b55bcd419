"""``skmer tables``: the paper's Tables 1 and 2 on a data set, its published figures beside ours."""

import json

import pandas as pd

from skmer._cli._corpora import SYNTHETIC, read_clips
from skmer._cli._evaluate import find_landmarks, paper_set, prepare
from skmer.frames import holds_landmarks
from skmer.model_selection import evaluate_loso
from skmer.pipelines import ablation_pipelines

TABLES = {
    1: ("modules", ["backbone", "+ ADM", "+ ADM + RRM"]),
    2: ("loss terms", ["lambda1 = 0", "lambda2 = 0", "lambda3 = 0", "+ ADM + RRM"]),
}
# Accuracy in %, F1; Wei et al., IEICE Trans. Inf. & Syst. E106-D(10), 2023, arXiv 2303.01776.
PUBLISHED = {
    "casme2": {
        "backbone": (73.68, 0.726),
        "+ ADM": (76.11, 0.758),
        "+ ADM + RRM": (80.16, 0.796),
        "lambda1 = 0": (74.09, 0.730),
        "lambda2 = 0": (76.52, 0.762),
        "lambda3 = 0": (76.11, 0.759),
    },
    "samm": {
        "backbone": (66.18, 0.640),
        "+ ADM": (69.85, 0.688),
        "+ ADM + RRM": (72.06, 0.699),
        "lambda1 = 0": (63.97, 0.582),
        "lambda2 = 0": (68.38, 0.646),
        "lambda3 = 0": (70.59, 0.684),
    },
}
PUBLISHED_N = {"casme2": 247, "samm": 136}
COLUMNS = ["N", "Acc %", "UF1", "UAR", "UF1, 95 % interval", "published N", "published Acc %", "published F1"]


def run_tables(
    output,
    dataset,
    root,
    *,
    tables,
    recipe,
    epochs,
    magnet_weights,
    seeds,
    n_jobs,
    resume,
    overwrite,
    **options,
):
    """Evaluate the rows of the tables; print and write them as Markdown, CSV and JSON.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to; made where it is missing.
    dataset : str
        "casme2", "samm" or a synthetic corpus.
    root : list of path
        Folder of the data set, none for a synthetic one.
    tables : list of int
        1, 2 or both.
    recipe : {"paper", "default"}
        Of :func:`skmer.pipelines.ablation_pipelines`.
    epochs : int or None
        Epochs other than the recipe's.
    magnet_weights : path or None
        Weights of the learned magnification.
    seeds, n_jobs : int
        Number of seeds, and of processes.
    resume, overwrite : bool
        Go on from the folds that lie in `output`, or delete them.
    **options : object
        Of :func:`skmer._cli._corpora.read_clips`.

    Returns
    -------
    dict of str to LOSOResult
        Each row's result.
    """
    folds = prepare(output, resume, overwrite)
    clips = read_clips([dataset], root, **options)
    print(clips)
    model = {"recipe": recipe, "landmarks": holds_landmarks(clips.frames), "random_state": 0}
    pipelines = ablation_pipelines(paper_set([dataset]), magnet_weights, **model)
    rows = dict.fromkeys(row for number in tables for row in TABLES[number][1])
    find_landmarks(next(iter(pipelines.values())), clips, n_jobs)
    for row in rows:
        pipeline = pipelines[row] if epochs is None else pipelines[row].set_params(clf__max_epochs=epochs)
        print(f"{row} ...", flush=True)
        place = folds / "".join(letter if letter.isalnum() else "_" for letter in row)
        rows[row] = evaluate_loso(pipeline, clips, seeds=seeds, n_jobs=n_jobs, checkpoint=place)
    about = {"recipe": recipe, "epochs": epochs or "as the recipe says", "seeds": seeds}
    _write(output, tables, rows, dataset, about)
    return rows


def table(number, results, dataset):
    """One table of the paper: our pooled scores of each row, and the published ones; DataFrame."""
    like = SYNTHETIC.get(dataset, dataset)
    lines = {}
    for row in TABLES[number][1]:
        result, (accuracy, f1) = results[row], PUBLISHED[like][row]
        low, high = result.intervals()["uf1"]
        scores = [
            f"{100 * result.accuracy:.2f}",
            f"{result.uf1:.3f}",
            f"{result.uar:.3f}",
            f"{low:.3f} to {high:.3f}",
        ]
        lines[row] = [result.n_clips, *scores, PUBLISHED_N[like], f"{accuracy:.2f}", f"{f1:.3f}"]
    floor = next(iter(results.values())).floor
    n_clips = next(iter(results.values())).n_clips
    ours = [f"{100 * floor.accuracy:.2f}", f"{floor.uf1:.3f}", f"{floor.uar:.3f}", ""]
    lines["majority floor"] = [n_clips, *ours, "", "", ""]
    return pd.DataFrame.from_dict(lines, orient="index", columns=COLUMNS)


def _write(output, tables, results, dataset, about):
    first = next(iter(results.values()))
    note = ", ".join(f"{name} {value}" for name, value in about.items())
    if dataset in SYNTHETIC:
        note += "; the clips are synthetic, the published figures are those of the real data set"
    blocks, frames = [], []
    for number in tables:
        found = table(number, results, dataset)
        title = (
            f"Table {number}, {TABLES[number][0]}: {dataset}, {first.n_clips} clips, {first.n_folds} folds"
        )
        print(f"\n{title}\n{found.to_string()}")
        blocks.append(f"{title}\n\n{_markdown(found)}\n\n{note}\n")
        frames.append(found.rename_axis("row").reset_index().assign(table=number))
    print(f"\n{note}\nWritten to {output}: tables.md, tables.csv, tables.json")
    (output / "tables.md").write_text("\n".join(blocks), encoding="utf-8")
    pd.concat(frames).to_csv(output / "tables.csv", index=False)
    content = {row: json.loads(result.to_json()) for row, result in results.items()}
    (output / "tables.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def _markdown(frame):
    lines = [["", *frame.columns], ["---", *["---:"] * frame.shape[1]]]
    lines += [[row, *map(str, values)] for row, values in zip(frame.index, frame.to_numpy(), strict=True)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
