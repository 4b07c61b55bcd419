"""The recommended pipeline, and plain classifiers on the same features to compare a method with."""

from typing import NamedTuple

import torch
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from skmer._utils._arguments import SEED, TEXT, checked
from skmer.classifiers import (
    BalancedLDA,
    DeReGRLClassifier,
    FlipAugmentedClassifier,
    FlowNetClassifier,
    SeedEnsemble,
    VotingClassifierCV,
)
from skmer.feature_extraction import (
    LandmarkGraphTransformer,
    NodeDisplacements,
    PooledMaps,
    normalize_maps,
    sample_nodes,
)
from skmer.pipelines._gated import GatedPipeline


class _Baseline(NamedTuple):
    """A classifier, its parameters, and how displacements of nodes become its rows."""

    classifier: type[ClassifierMixin]
    parameters: dict
    magnitudes: bool = False
    normalize: bool = False


BASELINES = ("majority", "lda", "rbf-svm", "linear-svm")
"""Names that `baseline` takes, in the order in which tables show them."""

INPUTS = ("nodes", "frames", "maps")
_CLASSIFIERS = {
    # A few hundred clips of some 180 features: the covariance is shrunk half way to the identity's.
    "lda": _Baseline(BalancedLDA, {"shrinkage": 0.5}, magnitudes=True, normalize=True),
    "rbf-svm": _Baseline(SVC, {"kernel": "rbf", "C": 1.0, "class_weight": "balanced"}, normalize=True),
    "linear-svm": _Baseline(SVC, {"kernel": "linear", "C": 0.1, "class_weight": "balanced"}),
}


LEAST_RELIABILITY = 0.85  # docs/landmarks.md has what it finds and what it misses
RECOMMENDED_INPUTS = ("frames", "sequences", "nodes", "maps")
# STSTNet as it wins on real maps: regularised, and trained in a tenth of its published epochs.
_MAP_NET = {
    "horizontal_flip": True,
    "shift": 1,
    "class_weight": "balanced",
    "criterion__label_smoothing": 0.1,
    "optimizer": torch.optim.AdamW,
    "weight_decay": 0.05,
    "lr": 2e-3,
    "schedule": "one-cycle",
    "max_epochs": 60,
    "batch_size": 64,
    "dropout": 0.5,
}


@checked(input=TEXT, random_state=SEED)
def recommended(*, input="frames", random_state=None):
    """Return the recommended pipeline: a vote of an ensemble of nets and a discriminant analysis.

    The mean probabilities of four nets that differ in their seed and those of a linear discriminant analysis
    are averaged, as unlike models err on unlike clips; the analysis votes only if on training subjects left
    out the vote is better with it (`skmer.classifiers.VotingClassifierCV`). On real clips it is; on synthetic
    corpora where the analysis falls behind, the nets decide alone. On frames and nodes the nets are
    `DeReGRLClassifier` with its defaults, on maps STSTNet trained with mirror images, shifts of 1 px,
    balanced classes and smoothed labels; the analysis is that of ``baseline("lda")``, and on maps it sees the
    31 nodes that `sample_nodes` reads off them.

    Parameters
    ----------
    input : {"frames", "sequences", "nodes", "maps"}, default="frames"
        What the pipeline takes: frames or landmarks, as of clips; their sequences, which cost more time and
        show a movement with less noise; node features (n_clips, 3, 31, 2), not flattened; or flow
        maps (n_clips, C, H, W) with horizontal and vertical flow first, each clip in its own unit.
    random_state : int, RandomState instance or None, default=None
        Seed of the nets.

    Returns
    -------
    pipeline : Pipeline
        Step ``graph`` (of frames and sequences), and ``clf``: a `skmer.classifiers.VotingClassifierCV` over
        the parts ``net`` and ``lda``, whose ``fit`` takes the subjects as ``clf__groups``; evaluations and
        searches hand them on. Of frames and sequences a `GatedPipeline`, which says "no movement" of
        clips whose movement's reliability is below .85; ``set_params(least_reliability=None)`` turns that
        off, and evaluations do.

    Raises
    ------
    ValueError
        If `input` is another one.

    Notes
    -----
    How it was chosen, and on which clips it scored how much, is told in the documentation's page on accuracy.
    The parts are searched as ``clf__net__estimator__n_actions`` or ``clf__lda__estimator__clf__shrinkage``.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.pipelines import recommended
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    >>> pipeline = recommended(random_state=0).set_params(clf__net__estimator__max_epochs=5)
    >>> pipeline.fit(clips.frames, clips.target).predict_proba(clips.frames).shape
    (40, 5)
    """
    if input not in RECOMMENDED_INPUTS:
        raise ValueError(f"input must be one of {list(RECOMMENDED_INPUTS)}, got {input!r}.")
    clips = input in ("frames", "sequences")
    front = [("graph", LandmarkGraphTransformer(input=input))] if clips else []
    of_maps = input == "maps"
    net = FlowNetClassifier("ststnet", **_MAP_NET) if of_maps else DeReGRLClassifier()
    parts = {"net": SeedEnsemble(net, random_state=random_state), "lda": baseline("lda")["clf"]}
    if of_maps:
        first = {"net": ("unit", normalize_maps), "lda": ("nodes", sample_nodes)}
        for part, (name, function) in first.items():
            parts[part] = Pipeline([(name, FunctionTransformer(function)), ("clf", parts[part])])
    steps = [*front, ("clf", VotingClassifierCV([*parts.items()]))]
    return GatedPipeline(steps, least_reliability=LEAST_RELIABILITY) if clips else Pipeline(steps)


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
        RBF kernel and C = 1, or a linear one and C = .1, classes balanced. The analysis and the RBF machine
        see each clip divided by its rms, as the nets do; the linear one loses by that on real faces.
    input : {"nodes", "frames", "maps"}, default="nodes"
        What the pipeline takes: node features (n_clips, 3, 31, 2), not flattened; frames or landmarks, as of
        clips; or flow maps (n_clips, C, H, W) with horizontal and vertical flow first, each clip in its own
        unit, averaged over a grid of 7 x 7.

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
    rows = (PooledMaps if of_maps else NodeDisplacements)(
        magnitudes=chosen.magnitudes, normalize=of_maps or chosen.normalize
    )
    steps = [("rows", rows), ("scale", StandardScaler()), ("clf", chosen.classifier(**chosen.parameters))]
    return FlipAugmentedClassifier(Pipeline(steps), mirror="maps" if of_maps else "nodes")
