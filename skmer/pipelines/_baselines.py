"""Plain classifiers on the same features, to compare a method with."""

from typing import NamedTuple

from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmer._utils._arguments import TEXT, checked
from skmer.classifiers import BalancedLDA, FlipAugmentedClassifier
from skmer.feature_extraction import LandmarkGraphTransformer, NodeDisplacements, PooledMaps


class _Baseline(NamedTuple):
    """A classifier, its parameters, and whether it sees magnitudes beside the displacements."""

    classifier: type[ClassifierMixin]
    parameters: dict
    magnitudes: bool = False


BASELINES = ("majority", "lda", "rbf-svm", "linear-svm")
"""Names that `baseline` takes, in the order in which tables show them."""

INPUTS = ("nodes", "frames", "maps")
_CLASSIFIERS = {
    # A few hundred clips of some 180 features: the covariance is shrunk half way to the identity's.
    "lda": _Baseline(BalancedLDA, {"shrinkage": 0.5}, magnitudes=True),
    "rbf-svm": _Baseline(SVC, {"kernel": "rbf", "C": 1.0, "class_weight": "balanced"}),
    "linear-svm": _Baseline(SVC, {"kernel": "linear", "C": 0.1, "class_weight": "balanced"}),
}


@checked(name=TEXT, input=TEXT)
def baseline(name, *, input="nodes"):
    """Return a plain classifier as a pipeline, to stand beside a method in its table.

    All but the majority see each training clip and its mirror image, and average both in prediction, as the
    nets do: a comparison in which only the method knows the symmetry of a face would be none.

    Parameters
    ----------
    name : {"majority", "lda", "rbf-svm", "linear-svm"}
        The commonest class of the training clips; linear discriminant analysis with a covariance shrunk by .5
        and equal priors, which also sees the magnitudes of the displacements; support vector machine with an
        RBF kernel and C = 1, or a linear one and C = .1, classes balanced.
    input : {"nodes", "frames", "maps"}, default="nodes"
        What the pipeline takes: node features (n_clips, 3, 31, 2); frames or landmarks, as of clips; or flow
        maps (n_clips, C, H, W) with horizontal and vertical flow first, each clip in its own unit, averaged
        over a grid of 7 x 7.

    Returns
    -------
    pipeline : Pipeline
        Step ``graph`` (frames alone), and ``clf``: a `skmer.classifiers.FlipAugmentedClassifier` over the
        steps ``rows``, ``scale`` and ``clf``, or the majority.

    Raises
    ------
    ValueError
        If `name` or `input` is another one.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.pipelines import baseline
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> pipeline = baseline("lda", input="frames")
    >>> pipeline.fit(clips.frames, clips.target).predict(clips.frames).shape
    (40,)
    """
    if name not in BASELINES:
        raise ValueError(f"name must be one of {list(BASELINES)}, got {name!r}.")
    if input not in INPUTS:
        raise ValueError(f"input must be one of {list(INPUTS)}, got {input!r}.")
    if name == "majority":
        return Pipeline([("clf", DummyClassifier(strategy="most_frequent"))])
    front = [("graph", LandmarkGraphTransformer())] if input == "frames" else []
    return Pipeline([*front, ("clf", _flip_augmented(_CLASSIFIERS[name], of_maps=input == "maps"))])


def _flip_augmented(chosen, of_maps):
    options = {"magnitudes": chosen.magnitudes}
    rows = PooledMaps(normalize=True, **options) if of_maps else NodeDisplacements(**options)
    steps = [("rows", rows), ("scale", StandardScaler()), ("clf", chosen.classifier(**chosen.parameters))]
    return FlipAugmentedClassifier(Pipeline(steps), mirror="maps" if of_maps else "nodes")
