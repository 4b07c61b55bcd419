from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from skmer._utils._digest import row_digests
from skmer.model_selection._audit._data import data_findings
from skmer.model_selection._audit._fits import FoldAudit
from skmer.model_selection._audit._pipeline import Evidence, pipeline_findings
from skmer.model_selection._audit._splits import SplitRecorder
from skmer.model_selection._protocols import make_folds
from skmer.model_selection._samples import check_samples, group_names, missing_clips


class LeakError(ValueError):
    """An audit found a leak; it is in ``audit``.

    Parameters
    ----------
    audit : LeakAudit
        What was found.

    Examples
    --------
    >>> from skmer.model_selection import LeakAudit, LeakError, LeakFinding
    >>> print(LeakError(LeakAudit((LeakFinding("scaled", "X was scaled."),), 60, 7, ("lab/s1",), 0)))
    LeakAudit: 1 finding; 60 clips, 7 subjects, 1 fold fitted anew, 0 inner splits seen
      scaled: X was scaled.
    """

    def __init__(self, audit):
        super().__init__(repr(audit))
        self.audit = audit


@dataclass(frozen=True, repr=False)
class LeakAudit:
    """What :func:`audit_loso` found.

    Parameters
    ----------
    findings : tuple of LeakFinding
        Each with its kind and a sentence.
    n_clips, n_subjects : int
        Size of the data.
    folds : tuple of str
        Subjects whose folds were fitted anew.
    n_splits : int
        Inner splits that were drawn in those fits, and checked.

    Examples
    --------
    >>> from skmer.model_selection import LeakAudit
    >>> LeakAudit((), 60, 7, ("lab/s1", "lab/s2"), 0).passed
    True
    """

    findings: tuple
    n_clips: int
    n_subjects: int
    folds: tuple
    n_splits: int

    @property
    def passed(self):
        """Whether nothing was found; bool."""
        return not self.findings

    def __repr__(self):
        plural = "" if len(self.findings) == 1 else "s"
        verdict = "passed" if self.passed else f"{len(self.findings)} finding{plural}"
        folds = f"{len(self.folds)} fold{'' if len(self.folds) == 1 else 's'} fitted anew"
        head = (
            f"LeakAudit: {verdict}; {self.n_clips} clips, {self.n_subjects} subjects, {folds}, "
            f"{self.n_splits} inner splits seen"
        )
        return "\n".join([head, *(f"  {finding.kind}: {finding.message}" for finding in self.findings)])


def audit_loso(estimator, X, y=None, groups=None, *, n_folds=2):
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
    samples = check_samples(X, y, groups)
    present = ~missing_clips(estimator, samples.X)
    audited = _audited_folds(samples, present, n_folds)
    names = group_names(estimator, samples.y)
    folds = [FoldAudit(estimator, names, samples, fold, present) for fold in audited]
    findings = list(data_findings(samples, present))
    findings += pipeline_findings(estimator, Evidence(samples, present))
    n_splits, found, model = _audit_fits(folds, row_digests(samples.X))
    findings += found
    if not any(finding.kind == "holds-data" for finding in findings):
        findings += _later_findings(estimator, samples, present, model)
    n_subjects = len(np.unique(samples.groups))
    unique = tuple(dict.fromkeys(findings))
    return LeakAudit(unique, len(samples.y), n_subjects, tuple(fold.name for fold in audited), n_splits)


def _audited_folds(samples, present, n_folds):
    folds = [fold for fold in make_folds("loso", samples) if (fold.test & present).any()]
    sizes = np.array([(fold.test & present).sum() for fold in folds])
    return [folds[k] for k in np.argsort(-sizes, kind="stable")[:n_folds]]


def _audit_fits(folds, digests):
    """Number of inner splits, findings of the fits of all folds, and the first fitted model.

    A fold's second fit comes after the others' first: what a fit leaves behind has the fold's own subject in
    it by then.
    """
    recorders = [SplitRecorder(fold.samples, digests, fold.train) for fold in folds]
    first = [
        fold.fit(recorder.recording(fold.estimator)) for fold, recorder in zip(folds, recorders, strict=True)
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


def _later_findings(estimator, samples, present, model):
    """Findings in the pipeline that only show beside the features of its later steps."""
    if not isinstance(model, Pipeline) or len(model.steps) < 2:
        return []
    stages = [samples.X]
    for _, step in model.steps[:-1]:
        if step not in (None, "passthrough"):
            stages.append(step.transform(stages[-1]))
    return [
        finding
        for finding in pipeline_findings(estimator, Evidence(samples, present, stages[1:]))
        if finding.kind == "holds-data"
    ]
