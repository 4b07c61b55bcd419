"""``skmer evaluate``: one method on one or several data sets under one protocol, into one folder."""

from contextlib import suppress

from skmer._cli._corpora import find_landmarks, paper_set, read_clips
from skmer._cli._method_tables import write_methods
from skmer._cli._methods import make_method, searched
from skmer._cli._options import NETS, REAL
from skmer.frames import holds_landmarks
from skmer.model_selection import MethodsResult, evaluate_loso, evaluate_methods
from skmer.pipelines import BASELINES

_AUDIT = {"off": False, "warn": "warn", "raise": True}


def run_evaluation(run, source, method, protocol, *, model=None, audit="warn", baselines=True):
    """Evaluate and write ``result.json`` and its like; folds that are finished wait in ``folds``.

    Parameters
    ----------
    run : Run
        Folder to write to, seeds and processes.
    source : Source
        Clips.
    method : str
        By name.
    protocol : Protocol
        By name, with its own settings.
    model : Model, default=None
        Settings of the method other than its own.
    audit : {"off", "warn", "raise"}, default="warn"
        Consequence of a leak that is found.
    baselines : bool, default=True
        Whether the plain baselines are evaluated too, on the same clips and folds.

    Returns
    -------
    LOSOResult
    """
    folds = run.prepare()
    clips = read_clips(source, composite=protocol.name == "megc2019")
    print(clips)
    landmarks = holds_landmarks(clips.frames)
    pipeline = make_method(method, dataset=paper_set(source.names), landmarks=landmarks, model=model)
    find_landmarks(pipeline, clips, run.n_jobs)
    if protocol.name == "nested-loso":
        pipeline = searched(method, pipeline, protocol.inner_folds)
    how = {"train_on": protocol.train_on, "test_on": protocol.test_on, "n_folds": protocol.n_folds}
    result = evaluate_loso(
        pipeline,
        clips,
        protocol=protocol.name,
        **how,
        seeds=run.seeds,
        n_jobs=run.n_jobs,
        checkpoint=folds,
        engine="batched" if method in NETS else "loop",
        audit=_AUDIT[audit],
    )
    # A page with the frames of a licensed set would be as private as the set itself.
    write(result, run.output, None if set(source.names) & set(REAL) else clips)
    files = ", ".join(sorted(path.name for path in run.output.iterdir() if path.is_file()))
    print(f"\n{method}, {result}\n\nWritten to {run.output}: {files}")
    if baselines:
        _write_baselines(run, clips, method, result, protocol.name, how)
    return result


def _write_baselines(run, clips, method, result, protocol, how):
    """Evaluate the baselines on the same folds; print and write all in one table."""
    others = [name for name in BASELINES if name != method]
    found = evaluate_methods(
        others,
        clips,
        baselines=False,
        # Nothing of a baseline is searched; the folds are the same.
        protocol="loso" if protocol == "nested-loso" else protocol,
        **how,
        seeds=run.seeds,
        n_jobs=run.n_jobs,
        checkpoint=run.output / "baselines",
    )
    together = MethodsResult({method: result, **found.results})
    print(f"\n{together}")
    write_methods(together, run.output, "comparison")


def write(result, output, clips=None):
    """Write all forms of a result, the page with `clips` if given; the log of the challenges if it fits."""
    output.mkdir(parents=True, exist_ok=True)
    result.to_json(output / "result.json")
    result.to_csv(output / "predictions.csv")
    result.to_markdown(output / "table.md")
    result.to_latex(output / "table.tex")
    result.to_html(output / "report.html", clips)
    with suppress(ValueError):  # several seeds, or a clip with a blank in its name: no log can hold them
        result.to_megc_log(output / "megc-log.txt")
