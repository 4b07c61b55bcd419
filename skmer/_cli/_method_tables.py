"""``skmer tables --table 3`` and ``--methods``: many methods on one list of clips."""

import json
from dataclasses import replace

from skmer._cli import _paper_tables
from skmer._cli._corpora import read_clips
from skmer._cli._options import FLOW_MAPS, SYNTHETIC
from skmer._utils._files import write_atomically
from skmer.model_selection import evaluate_methods
from skmer.pipelines import BASELINES

# Of landmarks alone these can be made; every other method needs pictures.
_OF_LANDMARKS = {"dere-grl", "dere-grl-single", "paper", "baselines", *BASELINES}
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
        _paper_tables.run_tables(run=run, source=source, tables=ablations, recipe=recipe, model=model)
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
