"""``skmer evaluate``: one method on one or several data sets under one protocol, into one folder."""

from contextlib import suppress

from skmer._cli._corpora import find_landmarks, paper_set, read_clips
from skmer._cli._methods import make_method, searched
from skmer._cli._options import NETS
from skmer.frames import holds_landmarks
from skmer.model_selection import evaluate_loso

_AUDIT = {"off": False, "warn": "warn", "raise": True}


def run_evaluation(run, source, method, protocol, *, model=None, audit="warn"):
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
    result = evaluate_loso(
        pipeline,
        clips,
        protocol=protocol.name,
        train_on=protocol.train_on,
        test_on=protocol.test_on,
        seeds=run.seeds,
        n_jobs=run.n_jobs,
        checkpoint=folds,
        engine="batched" if method in NETS else "loop",
        audit=_AUDIT[audit],
    )
    write(result, run.output)
    files = ", ".join(sorted(path.name for path in run.output.iterdir() if path.is_file()))
    print(f"\n{method}, {result}\n\nWritten to {run.output}: {files}")
    return result


def write(result, output):
    """Write all forms of a result; the log of the challenges if one can hold it."""
    result.to_json(output / "result.json")
    result.to_csv(output / "predictions.csv")
    result.to_markdown(output / "table.md")
    result.to_latex(output / "table.tex")
    with suppress(ValueError):  # several seeds, or a clip with a blank in its name: no log can hold them
        result.to_megc_log(output / "megc-log.txt")
