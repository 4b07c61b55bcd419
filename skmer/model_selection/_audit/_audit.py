"""The leak audit of a pipeline and its clips."""

import numpy as np
from sklearn.pipeline import Pipeline

from skmer._utils._arguments import SUBJECTS, checked, integer
from skmer._utils._sklearn import HasMethods, ungated
from skmer.model_selection._audit._data import data_findings
from skmer.model_selection._audit._finding import LeakAudit
from skmer.model_selection._audit._pipeline import Evidence, pipeline_findings
from skmer.model_selection._audit._refits import FoldAudit
from skmer.model_selection._audit._splits import SplitRecorder
from skmer.model_selection._samples import check_samples, warn_of_unlearnable


@checked(groups=SUBJECTS, estimator=[HasMethods(["fit", "get_params"])], n_folds=[integer(1), None])
def audit_loso(estimator, X, y=None, groups=None, *, n_folds=2) -> LeakAudit:
    """Look for ways in which a held-out subject could take part in its own evaluation.

    Three things are looked at. The clips: equal or nearly equal ones under two subjects, one person under two
    names, columns that were scaled or target-encoded over all rows. The pipeline before any fit: steps that
    were fitted already; clips, labels, column statistics or a choice of columns that it holds or that its
    functions reach by closure or global name. Its fits: each of a few folds is fitted under one seed, twice
    as it is and once with the held-out clips and labels changed, and the fitted state and the predictions for
    training rows have to be the same to the last bit; every split that is drawn during a fit, by
    scikit-learn's splitters, one of your own, or skorch's ``train_split``, is traced back to its clips, and
    no subject may stand on both sides.

    Parameters
    ----------
    estimator, X, y, groups : object
        As for :func:`evaluate_loso`.
    n_folds : int or None, default=2
        Folds that are fitted, three times each: those of the subjects with most clips. None takes all.

    Returns
    -------
    LeakAudit
        ``passed``, and one sentence for each finding.

    Raises
    ------
    ValueError
        If there are fewer than two subjects, or lengths differ.

    Notes
    -----
    The held-out rows are changed in place, for the time of a fit, and put back: so the audit sees a pipeline
    that reaches them by another way than its arguments. Read-only arrays and sparse matrices are not changed.
    Every ``random_state`` is set, and the global generators are seeded and put back.

    What it cannot see: a choice that a person made after looking at the test scores, and a number that was
    typed in. Statistics of all rows are recognised where they are a column's mean, deviation, variance,
    median or range, or the share of a class.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer, StandardScaler
    >>> from skmer.model_selection import audit_loso
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 4)), np.tile(["happiness", "others", "others"], 20)
    >>> subjects = [f"lab/s{i // 6}" for i in range(60)]
    >>> audit_loso(make_pipeline(StandardScaler(), LogisticRegression()), X, y, subjects).passed
    True
    >>> leaky = make_pipeline(FunctionTransformer(lambda rows: rows - X.mean(axis=0)), LogisticRegression())
    >>> audit_loso(leaky, X, y, subjects).passed
    False
    """
    return audit_samples(check_samples(X, y, groups, ungated(estimator)), n_folds)


def audit_samples(samples, n_folds=2) -> LeakAudit:
    """Audit the estimator of samples on them; see `audit_loso`."""
    samples.warn_of_searches()
    splits = [(fold.train & samples.present, fold.test & samples.present) for fold in samples.folds]
    warn_of_unlearnable(samples.y, splits, samples.groups)
    audited = _audited_folds(samples, n_folds)
    folds = [FoldAudit(samples, fold) for fold in audited]
    findings = list(data_findings(samples))
    findings += pipeline_findings(samples.estimator, Evidence(samples))
    n_splits, found, model = _audit_fits(folds)
    findings += found
    if not any(finding.kind == "holds-data" for finding in findings):
        findings += _later_findings(samples, model)
    n_subjects = len(samples.folds)
    unique = tuple(dict.fromkeys(findings))
    return LeakAudit(unique, len(samples.y), n_subjects, tuple(fold.name for fold in audited), n_splits)


def _audited_folds(samples, n_folds):
    """Return the folds with most present clips."""
    sizes = [(fold.test & samples.present).sum() for fold in samples.folds]
    order = np.argsort(np.negative(sizes), kind="stable")
    return [samples.folds[k] for k in order if sizes[k]][:n_folds]


def _audit_fits(folds):
    """Return the number of inner splits, findings of the fits of all folds, and the first fitted model.

    A fold's second fit comes after the others' first: what a fit leaves behind has the fold's own subject in
    it by then.
    """
    recorders = [SplitRecorder(fold.samples, fold.train) for fold in folds]
    first = [
        fold.fit(recorder.recording(fold.samples.estimator))
        for fold, recorder in zip(folds, recorders, strict=True)
    ]
    findings = [finding for recorder in recorders for finding in recorder.findings]
    for fold, fitted in zip(folds, first, strict=True):
        control = fold.fit()
        with fold.changed():
            changed = fold.fit()
        findings += fold.compare(fitted, control, changed)
    kinds = {finding.kind: finding for finding in reversed(findings) if finding.kind != "inner-split"}
    inner = [finding for finding in findings if finding.kind == "inner-split"]
    n_splits = sum(recorder.n_splits for recorder in recorders)
    return n_splits, [*inner, *kinds.values()], first[0].model


def _later_findings(samples, model):
    """Return findings in the pipeline that only show beside the features of its later steps."""
    if not isinstance(model, Pipeline) or len(model.steps) < 2:
        return []
    if not samples.present.all() and getattr(samples.X, "ndim", 0) == 1:  # None has no features
        samples = samples.take(np.flatnonzero(samples.present))
    stages = [samples.X]
    for _, step in model.steps[:-1]:
        if step not in (None, "passthrough"):
            stages.append(step.transform(stages[-1]))
    return [
        finding
        for finding in pipeline_findings(samples.estimator, Evidence(samples, stages[1:]))
        if finding.kind == "holds-data"
    ]
