"""Findings of an audit."""

from dataclasses import dataclass
from typing import NamedTuple

from skmer._utils._arguments import Items, check_argument, checked, integer


class LeakFinding(NamedTuple):
    """One finding of an audit.

    Attributes
    ----------
    kind : str
        "duplicate", "near-duplicate", "subjects", "scaled", "target-encoded" (in the data), "fitted-before",
        "holds-data" (in the pipeline), "state", "predictions", "batch", "inner-split", "unrepeatable" (in its
        fits).
    message : str
        A sentence that says what was found, and why it leaks.
    """

    kind: str
    message: str


@dataclass(frozen=True, repr=False)
class LeakAudit:
    """Findings of :func:`audit_loso`.

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

    def __post_init__(self):
        check_argument("findings", self.findings, [Items(LeakFinding)])
        check_argument("folds", self.folds, [Items(str)])
        for name in ("n_clips", "n_subjects", "n_splits"):
            check_argument(name, getattr(self, name), [integer(0)])

    @property
    def passed(self):
        """True where nothing was found; bool."""
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


class LeakError(ValueError):
    """An audit found a leak; it is in ``audit``.

    Parameters
    ----------
    audit : LeakAudit
        With its findings.

    Examples
    --------
    >>> from skmer.model_selection import LeakAudit, LeakError, LeakFinding
    >>> print(LeakError(LeakAudit((LeakFinding("scaled", "X was scaled."),), 60, 7, ("lab/s1",), 0)))
    LeakAudit: 1 finding; 60 clips, 7 subjects, 1 fold fitted anew, 0 inner splits seen
      scaled: X was scaled.
    """

    @checked(audit=[LeakAudit])
    def __init__(self, audit):
        super().__init__(repr(audit))
        self.audit = audit
