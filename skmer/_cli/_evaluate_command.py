"""Commands ``evaluate`` and ``compare``: a method on a data set, and two saved results on the same clips."""

from contextlib import suppress

from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut
from sklearn.pipeline import Pipeline

from skmer._cli._corpora import (
    find_features,
    find_landmarks,
    paper_set,
    published_set,
    read_clips,
)
from skmer._cli._options import NETS, PUBLISHED, REAL, Model
from skmer._cli._paper_tables import write_methods
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.frames import holds_landmarks
from skmer.metrics import uf1_scorer
from skmer.model_selection import (
    BatchedGridSearchCV,
    LOSOResult,
    MethodsResult,
    evaluate_loso,
    evaluate_methods,
    named_method,
)
from skmer.pipelines import (
    BASELINES,
    COMPARISON_METHODS,
    baseline,
    comparison_grid,
    paper_pipeline,
    recommended,
)

GRIDS = {
    "dere-grl": {"clf__estimator__n_actions": [2, 3, 5], "clf__estimator__lambda_center": [0.01, 0.1, 1.0]},
    "recommended": {"clf__net__estimator__n_actions": [3, 5]},
    "paper": {"clf__n_actions": [2, 3, 5], "clf__lambda_center": [0.1, 1.0]},
    "rbf-svm": {
        "clf__estimator__clf__C": [0.1, 1.0, 10.0],
        "clf__estimator__clf__gamma": [0.003, 0.01, 0.03],
    },
    "linear-svm": {"clf__estimator__clf__C": [0.001, 0.01, 0.1, 1.0]},
    "lda": {"clf__estimator__clf__shrinkage": [0.1, 0.3, 0.5, 0.7, 0.9]},
}


def make_method(name, *, dataset="casme2", landmarks=False, model=None):
    """Pipeline of a method; `dataset` sets the paper's width, `landmarks` says that X is no frames."""
    model = model or Model()
    if name == "recommended":
        return with_epochs(recommended(random_state=0), model)
    if name not in NETS:
        return baseline(name, input="frames")
    epochs = {} if model.epochs is None else {"max_epochs": model.epochs}
    if name == "paper":
        pipeline = paper_pipeline(dataset, model.magnet_weights, landmarks=landmarks, random_state=0)
        pipeline["clf"].set_params(**epochs)
        return pipeline
    clf = SeedEnsemble(DeReGRLClassifier(**epochs), random_state=0)
    return Pipeline([("graph", LandmarkGraphTransformer()), ("clf", clf)])


def with_epochs(pipeline, model):
    """Set the epochs of the nets in a recommended pipeline, where others are asked for."""
    return (
        pipeline
        if model.epochs is None
        else pipeline.set_params(clf__net__estimator__max_epochs=model.epochs)
    )


def searched(name, pipeline, inner_folds=None, n_jobs=None, given=None):
    """Search over a method's own grid, leaving out each subject or, with `inner_folds`, groups of them.

    Parameters
    ----------
    name : str
        Of the method.
    pipeline : Pipeline
        The method.
    inner_folds : int, default=None
        Folds of the search.
    n_jobs : int, default=None
        Fits at a time.
    given : str, default=None
        What a published method takes; None is its published input.

    Returns
    -------
    BatchedGridSearchCV or GridSearchCV
    """
    cv = LeaveOneGroupOut() if inner_folds is None else GroupKFold(inner_folds)
    if name in PUBLISHED:
        grid = comparison_grid(name, input=given)
        return BatchedGridSearchCV(pipeline, grid, cv=cv, n_jobs=n_jobs, verbose=0)
    if name in NETS:
        return BatchedGridSearchCV(pipeline, GRIDS[name], cv=cv, n_jobs=n_jobs, verbose=0)
    return GridSearchCV(pipeline, GRIDS[name], scoring=uf1_scorer, cv=cv, n_jobs=n_jobs, error_score="raise")


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
    data, given = clips, None
    if method in PUBLISHED:
        dataset = published_set(source.names, protocol.name)
        pipeline, data, given = named_method(method, clips, dataset, max_epochs=model and model.epochs)
        rows = data.sequences if COMPARISON_METHODS[method][0] == "sequences" else data.frames
        find_features(pipeline, rows, run.n_jobs)
    else:
        landmarks = holds_landmarks(clips.frames)
        pipeline = make_method(method, dataset=paper_set(source.names), landmarks=landmarks, model=model)
        find_landmarks(pipeline, clips, run.n_jobs)
    if protocol.name == "nested-loso":
        pipeline = searched(method, pipeline, protocol.inner_folds, given=given)
    how = {"train_on": protocol.train_on, "test_on": protocol.test_on, "n_folds": protocol.n_folds}
    result = evaluate_loso(
        pipeline,
        data,
        protocol=protocol.name,
        **how,
        seeds=run.seeds,
        n_jobs=run.n_jobs,
        checkpoint=folds,
        engine="batched" if method in (*NETS, *PUBLISHED) else "loop",
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


def run_compare(first, second, *, latex=False):
    """Print the differences of two results, with intervals by subject and McNemar's test.

    Parameters
    ----------
    first, second : path
        Files that ``evaluate`` or `LOSOResult.to_json` wrote, or the folders that hold a ``result.json``.
    latex : bool, default=False
        Print the table of a paper instead.
    """
    paths = [path / "result.json" if path.is_dir() else path for path in (first, second)]
    results = [LOSOResult.from_json(path) for path in paths]
    comparison = results[0].compare(results[1])
    if latex:
        print(comparison.to_latex())
        return
    for path, result in zip(paths, results, strict=True):
        print(f"{path}: accuracy {result.accuracy:.3f}, UF1 {result.uf1:.3f}, UAR {result.uar:.3f}")
    print(f"\n{comparison!r}")
