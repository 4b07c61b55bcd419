from sklearn.base import BaseEstimator, clone
from sklearn.model_selection._search import BaseSearchCV

from skmer.model_selection._evaluation._evaluate import evaluate_loso


class NestedLOSO(BaseEstimator):
    """Search inside each fold of a leave-one-subject-out evaluation: the honest figure of a tuned method.

    For each subject the search sees the other subjects alone, leaves out one of them at a time, and picks the
    candidate with the best pooled score; that candidate, fitted on all the others, predicts the subject. The
    inner fits of all subjects are trained in the same stacks.

    Parameters
    ----------
    search : BatchedGridSearchCV, BatchedRandomizedSearchCV or BatchedHalvingGridSearchCV
        What is done inside each fold, with its own grid, metric and seeds. It is cloned and never fitted
        itself; its ``n_jobs`` and ``verbose`` are not used, and a ``checkpoint`` of its own is refused. A
        search of scikit-learn, or a Pipeline with one, works as well, fold after fold.
    inner_cv : int, splitter or None, default=None
        How the search splits its clips, instead of its own ``cv``: None leaves that, which is one subject at
        a time unless said otherwise; a number n is ``GroupKFold(n)``. One that divides subjects is refused.
    seeds : int or sequence of int, default=None
        Repeat search and evaluation with every ``random_state`` set to each seed in turn, as in
        :func:`evaluate_loso`.
    n_jobs : int, default=None
        Stacks trained at a time, through joblib.
    checkpoint : path-like, default=None
        Folder where each stack is written as soon as it is finished; see :func:`evaluate_loso`.
    audit : bool or "warn", default=False
        Run :func:`audit_loso` first.
    verbose : int, default=1
        1 shows a progress bar over fits on a terminal and nothing elsewhere, 0 nothing at all.

    Examples
    --------
    >>> from skmer.classifiers import DeReGRLClassifier
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.model_selection import BatchedGridSearchCV, NestedLOSO
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> X = LandmarkGraphTransformer().fit_transform(clips.frames)
    >>> clf = DeReGRLClassifier(max_epochs=2, n_channels=4, random_state=0)
    >>> search = BatchedGridSearchCV(clf, {"n_actions": [2, 3]})
    >>> result = NestedLOSO(search).evaluate(X, clips.target, clips.groups)
    >>> result.n_clips, len(result.run_card["searches"])
    (40, 4)
    """

    def __init__(
        self, search, *, inner_cv=None, seeds=None, n_jobs=None, checkpoint=None, audit=False, verbose=1
    ):
        self.search = search
        self.inner_cv = inner_cv
        self.seeds = seeds
        self.n_jobs = n_jobs
        self.checkpoint = checkpoint
        self.audit = audit
        self.verbose = verbose

    def evaluate(self, X, y=None, groups=None):
        """Predict each clip by a model whose parameters were chosen without its subject.

        Parameters
        ----------
        X : MicroExpressionClips, or array-like of n_clips samples
            As for :func:`evaluate_loso`.
        y, groups : array-like of shape (n_clips,), default=None
            Classes and subjects; None where `X` is clips.

        Returns
        -------
        result : LOSOResult
            Of ``evaluate_loso(search, X, y, groups, protocol="nested-loso", engine="batched")``: the pooled
            predictions, and in ``run_card["searches"]`` what was chosen in each fold.

        Raises
        ------
        ValueError
            If there is no search, or it does not split by subject or has a checkpoint of its own, or the data
            do not fit.
        """
        search = clone(self.search)
        if self.inner_cv is not None:
            if not isinstance(search, BaseSearchCV):
                raise ValueError(
                    f"inner_cv is for a search, got {type(search).__name__}; set the cv of the search inside."
                )
            search.set_params(cv=self.inner_cv)
        return evaluate_loso(
            search,
            X,
            y,
            groups,
            protocol="nested-loso",
            engine="batched",
            seeds=self.seeds,
            n_jobs=self.n_jobs,
            checkpoint=self.checkpoint,
            audit=self.audit,
            verbose=self.verbose,
        )
