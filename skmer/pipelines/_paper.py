"""The paper's own choices as pipelines, and its ablations."""

import torch
from sklearn.pipeline import Pipeline

from skmer._utils._arguments import FLAG, PATH, SEED, TEXT, checked, integer
from skmer._utils._messages import warn_user
from skmer.classifiers import DeReGRLClassifier
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.landmarks import FaceLandmarker
from skmer.magnification import MotionMagnifier

ALPHA = 3.0
N_CHANNELS = {"casme2": 16, "samm": 8}
RECIPES = ("paper", "default")
# Every parameter, so that no change of a default moves the paper: see docs/model.md for what it says itself.
PAPER = {
    "n_actions": 3,
    "n_layers": 2,
    "graph": "brow-nose-lip31",
    "decomposition": True,
    "reconstruction": True,
    "adjacency": "skeleton+learned",
    "relations": "learned",
    "activation": "relu",
    "action_softmax": "nodes",
    "init_actions": "random",
    "weight_norm": "l1",
    "weight_sigmoid": True,
    "fusion": "concatenate",
    "dropout": 0.0,
    "channels": (),
    "linear_skip": False,
    "label_smoothing": 0.0,
    "lambda_center": 1.0,
    "lambda_weight": 1.0,
    "lambda_balance": 0.1,
    "lambda_action_units": 0.0,
    "lambda_sparsity": 0.0,
    "lambda_orthogonality": 0.0,
    "loss_reduction": "sum",
    "centers": "learned",
    "balance": "absolute",
    "horizontal_flip": False,
    "noise": 0.0,
    "head_motion_noise": 0.0,
    "normalize_motion": False,
    "class_weight": None,
    "optimizer": torch.optim.Adam,
    "lr": 1e-3,
    "weight_decay": 1e-4,
    "schedule": None,
    "max_epochs": 200,
    "batch_size": 32,
}
ROWS = {
    "backbone": {"decomposition": False, "reconstruction": False},
    "+ ADM": {"reconstruction": False},
    "+ ADM + RRM": {},
    "lambda1 = 0": {"lambda_center": 0.0},
    "lambda2 = 0": {"lambda_weight": 0.0},
    "lambda3 = 0": {"lambda_balance": 0.0},
}


@checked(
    dataset=TEXT, magnet_weights=[*PATH, None], landmarks=FLAG, n_views=[integer(1, 10**4)], random_state=SEED
)
def paper_pipeline(dataset="casme2", magnet_weights=None, *, landmarks=False, n_views=5, random_state=None):
    """Return the pipeline with every choice of the DeRe-GRL paper.

    Learned motion magnification by 3, dlib on each frame, 31 landmark coordinates of several crops, and the
    network with plain sums in its losses, Adam and no augmentation but the crops.

    Parameters
    ----------
    dataset : {"casme2", "samm"}, default="casme2"
        Hidden width 16 or 8.
    magnet_weights : str or path-like, default=None
        File of MagNet's weights; see `skmer.magnification.MotionMagnifier`. None: Lagrangian magnification by
        the same factor takes its place, with a warning, and the parameters of the pipeline say so.
    landmarks : bool, default=False
        Whether the pipeline is to take landmarks, which are magnified as they are, instead of frames.
    n_views : int, default=5
        Crops of each clip; the paper does not give their number. Landmarks have one view.
    random_state : int, RandomState instance or None, default=None
        Seed of the classifier.

    Returns
    -------
    pipeline : Pipeline
        Steps ``magnify`` (frames only), ``graph`` and ``clf``.

    Raises
    ------
    ValueError
        If `dataset` is another one.

    References
    ----------
    Wei et al., IEICE Trans. Inf. & Syst. E106-D(10), 2023, arXiv 2303.01776. Unstated there, and so ours:
    optimiser, batch size, epochs, number of crops, learned class centres, the balance term as in FDRL.

    Examples
    --------
    >>> from skmer.pipelines import paper_pipeline
    >>> pipeline = paper_pipeline("samm", landmarks=True)
    >>> pipeline["clf"].n_channels, pipeline["graph"].magnification
    (8, 3.0)
    """
    clf = DeReGRLClassifier(n_channels=_width(dataset), random_state=random_state, **PAPER)
    landmarker = FaceLandmarker(tracking="detect", n_boxes=1, n_views=1 if landmarks else n_views)
    graph = LandmarkGraphTransformer(features="coordinates", align=False, landmarker=landmarker)
    if landmarks:
        return Pipeline([("graph", graph.set_params(magnification=ALPHA)), ("clf", clf)])
    if magnet_weights is None:
        warn_user(
            "magnet_weights is None: Lagrangian magnification takes the place of the paper's learned one.",
        )
        magnify = MotionMagnifier("lagrangian", alpha=ALPHA)
    else:
        magnify = MotionMagnifier("magnet", alpha=ALPHA, weights=magnet_weights)
    return Pipeline([("magnify", magnify), ("graph", graph), ("clf", clf)])


@checked(
    dataset=TEXT,
    magnet_weights=[*PATH, None],
    recipe=TEXT,
    landmarks=FLAG,
    n_views=[integer(1, 10**4), None],
    random_state=SEED,
)
def ablation_pipelines(
    dataset="casme2", magnet_weights=None, *, recipe="paper", landmarks=False, n_views=None, random_state=None
):
    """Return the rows of the paper's Tables 1 and 2 as pipelines.

    Parameters
    ----------
    dataset, magnet_weights : object
        As in `paper_pipeline`.
    recipe : {"paper", "default"}, default="paper"
        Whether the rows are cut out of the paper's pipeline or out of this package's defaults.
    landmarks : bool, default=False
        As in `paper_pipeline`; the default recipe takes landmarks and frames alike.
    n_views : int, default=None
        Views of each clip. None: five for the paper's recipe, one for the default.
    random_state : int, RandomState instance or None, default=None
        Seed of the classifiers.

    Returns
    -------
    pipelines : dict of str to Pipeline
        ``"backbone"`` (its features flattened into the linear classifier, cross-entropy alone), ``"+ ADM"``
        (actions flattened, cross-entropy and lambda1), ``"+ ADM + RRM"`` (the whole) and ``"lambda1 = 0"`` to
        ``"lambda3 = 0"``.

    Raises
    ------
    ValueError
        If `dataset` or `recipe` is another one.

    Examples
    --------
    >>> from skmer.pipelines import ablation_pipelines
    >>> list(ablation_pipelines(landmarks=True))
    ['backbone', '+ ADM', '+ ADM + RRM', 'lambda1 = 0', 'lambda2 = 0', 'lambda3 = 0']
    """
    if recipe not in RECIPES:
        raise ValueError(f"recipe must be one of {list(RECIPES)}, got {recipe!r}.")
    if recipe == "default" and magnet_weights is not None:
        raise ValueError(
            "magnet_weights has no place in recipe='default', which magnifies nothing; leave it out."
        )
    pipelines = {}
    for row, switches in ROWS.items():
        if recipe == "paper":
            views = 5 if n_views is None else n_views
            options = {"landmarks": landmarks, "n_views": views, "random_state": random_state}
            pipeline = paper_pipeline(dataset, magnet_weights, **options)
        else:
            landmarker = FaceLandmarker(n_views=1 if n_views is None else n_views)
            graph = LandmarkGraphTransformer(landmarker=landmarker)
            clf = DeReGRLClassifier(n_channels=_width(dataset), random_state=random_state)
            pipeline = Pipeline([("graph", graph), ("clf", clf)])
        pipelines[row] = pipeline.set_params(**{f"clf__{name}": value for name, value in switches.items()})
    return pipelines


def _width(dataset):
    if dataset not in N_CHANNELS:
        raise ValueError(f"dataset must be one of {sorted(N_CHANNELS)}, got {dataset!r}.")
    return N_CHANNELS[dataset]
