"""Plain classifiers on the same node features, to compare a method with."""

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmer._utils._arguments import TEXT, checked
from skmer.feature_extraction import LandmarkGraphTransformer

_CLASSIFIERS = {
    "rbf-svm": (SVC, {"kernel": "rbf", "C": 1.0, "class_weight": "balanced"}),
    # Some 250 clips of 186 features are nearly separable: a small C is what keeps the margin wide.
    "linear-svm": (SVC, {"kernel": "linear", "C": 0.01, "class_weight": "balanced"}),
    "lda": (LinearDiscriminantAnalysis, {"solver": "eigen", "shrinkage": 0.5}),
}


@checked(name=TEXT)
def baseline(name):
    """Return a plain classifier on standardized node features as a pipeline.

    Parameters
    ----------
    name : {"rbf-svm", "linear-svm", "lda"}
        Support vector machine with an RBF or a linear kernel and balanced classes, or linear discriminant
        analysis with shrinkage.

    Returns
    -------
    pipeline : Pipeline
        Steps ``graph`` (from frames or landmarks to flattened node features), ``scale`` and ``clf``.

    Raises
    ------
    ValueError
        If `name` is another one.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.pipelines import baseline
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> baseline("lda").fit(clips.frames, clips.target).predict(clips.frames).shape
    (40,)
    """
    if name not in _CLASSIFIERS:
        raise ValueError(f"name must be one of {list(_CLASSIFIERS)}, got {name!r}.")
    classifier, parameters = _CLASSIFIERS[name]
    graph = LandmarkGraphTransformer(flatten=True)
    return Pipeline([("graph", graph), ("scale", StandardScaler()), ("clf", classifier(**parameters))])
