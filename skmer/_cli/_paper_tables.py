"""``skmer tables`` and ``--methods``: the paper's tables beside its figures, and many methods on one list."""

import json
import time
from dataclasses import replace

import pandas as pd

from skmer._cli._corpora import find_landmarks, paper_set, read_clips
from skmer._cli._options import FLOW_MAPS, SYNTHETIC, Model
from skmer._utils._files import write_atomically
from skmer._utils._text import markdown_table
from skmer.frames import holds_landmarks
from skmer.literature import published_results
from skmer.model_selection import evaluate_loso, evaluate_methods
from skmer.pipelines import BASELINES, ablation_pipelines

TABLES = {
    1: ("modules", ["backbone", "+ ADM", "+ ADM + RRM"]),
    2: ("loss terms", ["lambda1 = 0", "lambda2 = 0", "lambda3 = 0", "+ ADM + RRM"]),
}
_ROWS = {"+ ADM + RRM": "DeRe-GRL"}


def _published(dataset):
    """Accuracy in % and F1 of each row on a data set, and the number of clips; (dict, int)."""
    table = published_results(dataset=dataset).set_index("method")
    names = [row for _, rows in TABLES.values() for row in rows]
    rows = {row: table.loc[_ROWS.get(row, f"DeRe-GRL, {row}")] for row in names}
    figures = {row: (round(100 * line["accuracy"], 2), line["f1"]) for row, line in rows.items()}
    return figures, int(rows[names[0]]["n_clips"])


PUBLISHED = {name: _published(name)[0] for name in ("casme2", "samm")}
PUBLISHED_N = {name: _published(name)[1] for name in PUBLISHED}
COLUMNS = ["N", "Acc %", "UF1", "UAR", "UF1, 95 % interval", "published N", "published Acc %", "published F1"]


def run_tables(run, source, *, tables=(1, 2), recipe="both", model=None):
    """Evaluate the rows of the tables; print and write them as Markdown, CSV and JSON.

    Parameters
    ----------
    run : Run
        Folder to write to, seeds and processes.
    source : Source
        Clips of one data set: "casme2", "samm" or a synthetic corpus.
    tables : list of int, default=(1, 2)
        1, 2 or both.
    recipe : {"both", "paper", "default"}, default="both"
        Of :func:`skmer.pipelines.ablation_pipelines`.
    model : Model, default=None
        Settings other than the recipe's.

    Returns
    -------
    dict of str to dict of str to LOSOResult
        Each recipe's rows and their results.
    """
    model, (dataset,) = model or Model(), source.names
    folds = run.prepare()
    clips = read_clips(source)
    print(clips)
    recipes = ("paper", "default") if recipe == "both" else (recipe,)
    names = list(dict.fromkeys(row for number in tables for row in TABLES[number][1]))
    results = {
        name: _evaluate_rows(name, names, clips, folds / name, run, dataset, model) for name in recipes
    }
    _write(run, tables, results, dataset, model)
    return results


def _evaluate_rows(recipe, names, clips, folds, run, dataset, model):
    """Evaluate rows of the tables in a recipe, and say after each how long the others take."""
    options = {"recipe": recipe, "landmarks": holds_landmarks(clips.frames), "random_state": 0}
    weights = model.magnet_weights if recipe == "paper" else None
    pipelines = ablation_pipelines(paper_set([dataset]), weights, **options)
    # Once, with a progress bar: the rows then find them in the cache.
    find_landmarks(next(iter(pipelines.values())), clips, run.n_jobs)
    rows, started = {}, time.perf_counter()
    for row in names:
        if model.epochs is not None:
            pipelines[row].set_params(clf__max_epochs=model.epochs)
        print(f"{recipe} recipe, {row} ...", flush=True)
        place = folds / "".join(letter if letter.isalnum() else "_" for letter in row)
        # Frames are magnified and landmarks found once a row, not once a fold.
        rows[row] = evaluate_loso(
            pipelines[row], clips, seeds=run.seeds, n_jobs=run.n_jobs, checkpoint=place, engine="batched"
        )
        each = (time.perf_counter() - started) / len(rows)
        left = len(names) - len(rows)
        print(
            f"    {each:.0f} s a row, {left} left" + (f": about {each * left / 60:.0f} min" if left else "")
        )
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
    baseline = next(iter(results.values())).baseline
    n_clips = next(iter(results.values())).n_clips
    ours = [f"{100 * baseline.accuracy:.2f}", f"{baseline.uf1:.3f}", f"{baseline.uar:.3f}", ""]
    lines["majority baseline"] = [n_clips, *ours, "", "", ""]
    return pd.DataFrame.from_dict(lines, orient="index", columns=COLUMNS)


def _write(run, tables, results, dataset, model):
    blocks, frames = [], []
    for number in tables:
        for recipe, rows in results.items():
            found, note = table(number, rows, dataset), _note(number, rows, recipe, dataset, run, model)
            first = next(iter(rows.values()))
            title = f"Table {number}, {TABLES[number][0]}, {recipe} recipe: {dataset}, "
            title += f"{first.n_clips} clips, {first.n_folds} folds"
            print(f"\n{title}\n{found.to_string()}\n{note}")
            cells = [
                [row, *map(str, values)] for row, values in zip(found.index, found.to_numpy(), strict=True)
            ]
            blocks.append(f"{title}\n\n{markdown_table([['', *found.columns], *cells])}\n\n{note}\n")
            frames.append(found.rename_axis("row").reset_index().assign(table=number, recipe=recipe))
    write_atomically(run.output / "tables.md", "\n".join(blocks))
    write_atomically(run.output / "tables.csv", pd.concat(frames).to_csv(index=False))
    content = {
        recipe: {row: json.loads(result.to_json()) for row, result in rows.items()}
        for recipe, rows in results.items()
    }
    write_atomically(run.output / "tables.json", json.dumps(content, indent=1))
    print(f"\nWritten to {run.output}: tables.md, tables.csv, tables.json")


def _note(number, rows, recipe, dataset, run, model):
    """Settings of a table, and what a reader must know of its rows."""
    about = {"recipe": recipe, "epochs": model.epochs or "as the recipe says", "seeds": run.seeds}
    note = ", ".join(f"{name} {value}" for name, value in about.items())
    if dataset in SYNTHETIC:
        note += "; the clips are synthetic, the published figures are those of the real data set"
    guessing = [row for row in TABLES[number][1] if _guesses(rows[row])]
    if guessing:
        note += (
            f"; {', '.join(guessing)}: no better than guessing the commonest class, the network has learned "
            "nothing there (docs/accuracy.md compares the recipes)"
        )
    return note


def _guesses(result):
    return result.uf1 <= result.baseline.uf1 + 1e-9


# Of landmarks alone these can be made; every other method needs pictures.
_OF_LANDMARKS = {"dere-grl", "dere-grl-single", "recommended", "paper", "baselines", *BASELINES}
_OF_ABLATIONS = (1, 2)


def run_all_tables(run, source, *, tables, methods, recipe, model, select, n_folds):
    """Make the tables of the paper that are asked for, and those of methods by name.

    Parameters
    ----------
    run : Run
        Folder to write to, seeds and processes.
    source : Source
        Clips of one data set.
    tables : list of int or None
        1, 2, 3; None is 1 and 2 where no methods are named.
    methods : list of str
        As of `skmer.model_selection.evaluate_methods`.
    recipe, model : object
        As of `skmer._cli._paper_tables.run_tables`.
    select, n_folds : object
        As of `run_methods`.
    """
    tables = tables or ([] if methods else list(_OF_ABLATIONS))
    ablations = [number for number in tables if number in _OF_ABLATIONS]
    names = [*(["table3"] if 3 in tables else []), *methods]
    if ablations and source.names == [FLOW_MAPS]:
        raise ValueError("tables 1 and 2 are of landmarks, which flow-maps has none of; pass --methods.")
    if ablations:
        run_tables(run=run, source=source, tables=ablations, recipe=recipe, model=model)
        run = replace(run, resume=True, overwrite=False)
    if names:
        run_methods(run, source, names, model=model, select=select, n_folds=n_folds)


def run_methods(run, source, methods, *, model, select="last", n_folds=None):
    """Evaluate methods by name; print and write their table in all forms.

    Parameters
    ----------
    run : Run
        Folder to write to, seeds and processes.
    source : Source
        Clips of one data set.
    methods : list of str
        As of `skmer.model_selection.evaluate_methods`.
    model : Model
        Epochs other than the methods' own.
    select : {"last", "test-epoch"}, default="last"
        As there.
    n_folds : int, default=None
        Folds of whole subjects; None leaves out one subject at a time.

    Returns
    -------
    MethodsResult
    """
    folds, (name,) = run.prepare(), source.names
    clips = read_clips(source, faces=not set(methods) <= _OF_LANDMARKS)
    print(clips)
    found = evaluate_methods(
        methods,
        clips,
        dataset=SYNTHETIC.get(name),
        select=select,
        protocol="loso" if n_folds is None else "group-k-fold",
        n_folds=n_folds,
        max_epochs=model.epochs,
        seeds=run.seeds,
        n_jobs=run.n_jobs,
        checkpoint=folds / "methods",
    )
    note = "the clips are synthetic, the published figures are those of the real data set"
    print(f"\n{found}" + (f"\n{note}" if name in SYNTHETIC else ""))
    write_methods(found, run.output, "methods")
    return found


def write_methods(found, output, stem):
    """Write all forms of a comparison of methods, and every result in one file."""
    output.mkdir(parents=True, exist_ok=True)
    found.to_markdown(output / f"{stem}.md")
    found.to_latex(output / f"{stem}.tex")
    found.to_csv(output / f"{stem}.csv")
    found.to_html(output / f"{stem}.html")
    content = {"last": _contents(found.results), "test epoch, not comparable": _contents(found.test_epoch)}
    write_atomically(output / f"{stem}.json", json.dumps(content, indent=1))
    names = ", ".join(f"{stem}.{kind}" for kind in ("md", "tex", "csv", "html", "json"))
    print(f"\nWritten to {output}: {names}")


def _contents(results):
    return {name: json.loads(result.to_json()) for name, result in results.items()}
