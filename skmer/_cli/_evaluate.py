"""``skmer evaluate``: one method on one or several data sets under one protocol, into one folder."""

import shutil
from contextlib import suppress

from sklearn.base import clone

from skmer._cli._corpora import read_clips
from skmer._cli._methods import NETS, make_method, searched
from skmer.frames import holds_landmarks
from skmer.model_selection import evaluate_loso


def run_evaluation(
    output,
    dataset,
    root,
    method,
    protocol,
    *,
    seeds,
    n_jobs,
    resume,
    overwrite,
    audit,
    inner_folds,
    **options,
):
    """Evaluate and write ``result.json`` and its like; folds that are finished wait in ``folds``.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to; made where it is missing.
    dataset, root : list
        Names of the data sets, and folders of those that are read.
    method, protocol : str
        By name.
    seeds, n_jobs : int
        Number of seeds, and of processes.
    resume, overwrite : bool
        Go on from the folds that lie in `output`, or delete them.
    audit : {"off", "warn", "raise"}
        What a leak leads to.
    inner_folds : int or None
        Of the search of "nested-loso"; None leaves one subject out.
    **options : object
        ``train_on`` and ``test_on``, ``epochs``, ``magnet_weights``, and those of
        :func:`skmer._cli._corpora.read_clips`.

    Returns
    -------
    LOSOResult
    """
    folds = prepare(output, resume, overwrite)
    sets = {name: options.pop(name) for name in ("train_on", "test_on")}
    model = {name: options.pop(name) for name in ("epochs", "magnet_weights")}
    clips = read_clips(dataset, root, composite=protocol == "megc2019", **options)
    print(clips)
    landmarks = holds_landmarks(clips.frames)
    pipeline = make_method(method, dataset=paper_set(dataset), landmarks=landmarks, **model)
    find_landmarks(pipeline, clips, n_jobs)
    if protocol == "nested-loso":
        pipeline = searched(method, pipeline, inner_folds)
    result = evaluate_loso(
        pipeline,
        clips,
        protocol=protocol,
        **sets,
        seeds=seeds,
        n_jobs=n_jobs,
        checkpoint=folds,
        engine="batched" if method in NETS else "loop",
        audit={"off": False, "warn": "warn", "raise": True}[audit],
    )
    write(result, output)
    files = ", ".join(sorted(path.name for path in output.iterdir() if path.is_file()))
    print(f"\n{method}, {result}\n\nWritten to {output}: {files}")
    return result


def prepare(output, resume, overwrite):
    """Folder of the finished folds; ValueError where some lie there and nobody said what to do with them."""
    folds = output / "folds"
    if overwrite and folds.exists():
        shutil.rmtree(folds)
    if not resume and folds.exists() and any(folds.rglob("*.json")):
        raise ValueError(
            f"{folds} holds finished folds; go on from them with --resume, delete them with --overwrite, or "
            "name another --output."
        )
    output.mkdir(parents=True, exist_ok=True)
    return folds


def paper_set(names):
    """The data set whose width the paper's network takes; its other one is CASME II."""
    return "samm" if all("samm" in name for name in names) else "casme2"


def find_landmarks(pipeline, clips, n_jobs):
    """Fill the cache of landmarks before the folds ask for them, with a progress bar of its own."""
    name, first = pipeline.steps[0]
    if name == "graph" and not holds_landmarks(clips.frames):
        clone(first).set_params(n_jobs=n_jobs, verbose=1).fit_transform(clips.frames)


def write(result, output):
    """All forms of a result; the log of the challenges where one can hold it."""
    result.to_json(output / "result.json")
    result.to_csv(output / "predictions.csv")
    result.to_markdown(output / "table.md")
    result.to_latex(output / "table.tex")
    with suppress(ValueError):  # several seeds, or a clip with a blank in its name: no log can hold them
        result.to_megc_log(output / "megc-log.txt")
