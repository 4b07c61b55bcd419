"""A Pipeline that answers "no movement" where a clip's movement is not above its noise."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if

from skmer._utils._arguments import PATH, Items, check_argument, real
from skmer._utils._sklearn import HasMethods
from skmer._utils._text import sorted_values

NO_MOVEMENT = "no movement"


def _predicts(pipeline):
    return hasattr(pipeline.steps[-1][1], "predict")


class GatedPipeline(Pipeline):
    """Pipeline whose `predict` says "no movement" of clips whose movement may be noise.

    A clip is said to have no movement if two estimates of its displacement agree less than a threshold, as
    `FaceLandmarker` measures it. Nothing else changes: `fit` learns from all clips, and `predict_proba`,
    `decision_function` and `score` are those of the last step, whatever moves.

    Parameters
    ----------
    steps : list of (str, estimator)
        As of `sklearn.pipeline.Pipeline`. The first of them with a method ``reliability``, such as
        `LandmarkGraphTransformer`, tells how far the estimates agree.
    least_reliability : float, default=None
        Threshold from 0 to 1; None turns it off.
    transform_input : list of str, default=None
        As of `sklearn.pipeline.Pipeline`.
    memory : str or joblib.Memory, default=None
        As of `sklearn.pipeline.Pipeline`.
    verbose : bool, default=False
        As of `sklearn.pipeline.Pipeline`.

    Notes
    -----
    Evaluations, searches and the audit of `skmer.model_selection` turn it off: their clips have a true class
    each, and "no movement" is none of them; `best_estimator_` of a search has it on. `cross_val_predict` of
    scikit-learn leaves it on, and so does `cross_val_score` where ``scoring`` names a metric, such as
    "accuracy": give them a pipeline with ``least_reliability=None``. Where landmarks are given, their noise
    is not known, and each clip gets a class.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skmer.datasets import make_face_clips
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> from skmer.pipelines import GatedPipeline
    >>> clips = make_face_clips(n_subjects=2, n_clips=10, face_size=160, amplitude=(3, 3), random_state=0)
    >>> steps = [("graph", LandmarkGraphTransformer(flatten=True)), ("clf", LogisticRegression())]
    >>> pipeline = GatedPipeline(steps, least_reliability=0.85).fit(clips.frames, clips.target)
    >>> still = clips.frames[:1].copy()
    >>> still[0, 1] = still[0, 0]
    >>> print(pipeline.predict(still)[0])
    no movement
    """

    def __init__(self, steps, *, least_reliability=None, transform_input=None, memory=None, verbose=False):
        super().__init__(steps, transform_input=transform_input, memory=memory, verbose=verbose)
        self.least_reliability = least_reliability

    def fit(self, X, y=None, **params):
        """Fit the steps to all clips, those without a movement among them.

        Parameters
        ----------
        X : array-like
            What the first step takes.
        y : array-like of shape (n_clips,), default=None
            Classes.
        **params : object
            As of `sklearn.pipeline.Pipeline.fit`.

        Returns
        -------
        self : GatedPipeline
            Fitted.

        Raises
        ------
        ValueError
            If the threshold is out of its range, or a step refuses its input.
        """
        self._check_parameters()
        if y is not None:
            sorted_values("y", y)
        return super().fit(X, y, **params)

    def _check_parameters(self):
        # scikit-learn's Pipeline unpacks and opens before it looks.
        check_argument("steps", self.steps, [Items(Items(object, n=2), least=1)])
        check_argument("memory", self.memory, [*PATH, HasMethods("cache"), None])
        check_argument("least_reliability", self.least_reliability, [real(0, 1), None])

    @available_if(_predicts)
    def predict(self, X, **params):
        """Predict the class of each clip, or "no movement".

        Parameters
        ----------
        X : array-like
            What the first step takes.
        **params : object
            As of `sklearn.pipeline.Pipeline.predict`.

        Returns
        -------
        ndarray of shape (n_clips,)
            Classes; of objects where they are no strings and a clip has no movement.

        Raises
        ------
        ValueError
            If the threshold is out of its range, or no step knows a reliability.
        """
        self._check_parameters()
        labels = np.asarray(super().predict(X, **params))
        if self.least_reliability is None:
            return labels
        still = self._reliability(X) < self.least_reliability  # NaN, where it is not known, is not
        kind = object if labels.dtype.kind != "U" else f"U{len(NO_MOVEMENT)}"
        return np.where(still, np.array(NO_MOVEMENT, kind), labels) if still.any() else labels

    def _reliability(self, X):
        for _, step in self.steps[:-1]:
            if hasattr(step, "reliability"):
                return step.reliability(X)
            X = X if step in (None, "passthrough") else step.transform(X)
        raise ValueError(
            f"least_reliability={self.least_reliability} needs a step with a method reliability, such as "
            "LandmarkGraphTransformer, got none; set it to None."
        )
