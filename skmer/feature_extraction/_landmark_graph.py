"""The transformer from frames or landmarks to the node features of a face graph."""

import os
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import _get_output_config

from skmer.face import FaceGraph, check_graph
from skmer.landmarks import FaceLandmarker, LandmarkCache, align_landmarks

_ORIGIN = 33  # nose base
_SCALE = (36, 45)  # outer eye corners
_FRAMES = ("onset", "apex", "offset")
_CHANNELS = {"displacement": ("dx", "dy"), "coordinates": ("x", "y"), "both": ("x", "y", "dx", "dy")}


class LandmarkGraphTransformer(TransformerMixin, BaseEstimator):
    """Turn clips into node features of a face graph.

    Frames become landmarks (`skmer.landmarks.FaceLandmarker`); the head's motion is removed from apex and
    offset; origin is the onset's nose base (point 33) and unit the distance of its outer eye corners (36-45);
    the graph's nodes are picked.

    Parameters
    ----------
    graph : str or FaceGraph, default="brow-nose-lip31"
        Preset or graph over the 68 points; the default is the paper's 31 nodes.
    features : {"displacement", "coordinates", "both"}, default="displacement"
        ``"displacement"`` is each frame minus the onset, whose own is zero (2 channels); ``"coordinates"``
        the paper's (2 channels); ``"both"`` has x, y, dx, dy.
    align : bool, default=True
        Remove from apex and offset the similarity that fits their nose bridge and eye corners onto the
        onset's.
    magnification : float, default=1.0
        Total factor alpha of the displacements in all features: x_onset + alpha (x_t - x_onset).
    flatten : bool, default=False
        Return rows (n, 3 * n_nodes * C) in the order frame, node, channel, named by `get_feature_names_out`,
        for estimators that take tables.
    n_views : int, default=1
        Landmarks of each clip from crops of different sizes (the paper's augmentation); more than one adds an
        axis.
    tracking : {"flow", "detect"}, default="flow"
        How apex and offset get their landmarks; ``"detect"`` is the paper's way.
    n_boxes : int or "auto", default="auto"
        Face boxes that a detection is averaged over; ``"auto"`` is 5 with flow and 30 without.
    predictor : str or path-like, default=None
        File of dlib's 68-point model; see FaceLandmarker.
    verify_predictor : bool, default=True
        Compare the file's checksum with that of the published model.
    boxes : array-like of shape (4,) or (n_clips, 4), or mapping, default=None
        Left, top, right, bottom of the faces on the onsets, in px, for those who have them; see
        FaceLandmarker.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Where landmarks are kept; see FaceLandmarker.
    on_missing : {"raise", "warn", "nan"}, default="raise"
        What a clip without a face leads to; its features are NaN in the last two.
    n_jobs : int, default=None
        Clips whose landmarks are computed at once.
    verbose : int, default=0
        Above zero a progress bar is shown on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit. Nothing of one
    clip enters another's features.

    References
    ----------
    Wei et al., "Prior Information Based Decomposition and Reconstruction Learning for Micro-Expression
    Recognition", IEICE Trans. Inf. & Syst. E106-D(10), 2023. Alignment and displacements are ours.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.face import MEAN_SHAPE
    >>> from skmer.feature_extraction import LandmarkGraphTransformer
    >>> landmarks = np.tile(300 + 160 * MEAN_SHAPE, (4, 3, 1, 1))
    >>> landmarks[:, 1, 21] += 1.6
    >>> features = LandmarkGraphTransformer().fit_transform(landmarks)
    >>> features.shape
    (4, 3, 31, 2)
    >>> print(features[0, 1, 4])
    [0.01 0.01]
    """

    _parameter_constraints: dict = {
        "graph": [str, FaceGraph],
        "features": [StrOptions(set(_CHANNELS))],
        "align": ["boolean"],
        "magnification": [Interval(Real, 0, None, closed="left")],
        "flatten": ["boolean"],
        "n_views": [Interval(Integral, 1, None, closed="left")],
        "tracking": [StrOptions({"flow", "detect"})],
        "n_boxes": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "predictor": [str, os.PathLike, None],
        "verify_predictor": ["boolean"],
        "boxes": ["array-like", HasMethods("get"), None],
        "memory": [str, os.PathLike, LandmarkCache, None],
        "on_missing": [StrOptions({"raise", "warn", "nan"})],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        graph="brow-nose-lip31",
        features="displacement",
        align=True,
        magnification=1.0,
        flatten=False,
        n_views=1,
        tracking="flow",
        n_boxes="auto",
        predictor=None,
        verify_predictor=True,
        boxes=None,
        memory="auto",
        on_missing="raise",
        n_jobs=None,
        verbose=0,
    ):
        self.graph = graph
        self.features = features
        self.align = align
        self.magnification = magnification
        self.flatten = flatten
        self.n_views = n_views
        self.tracking = tracking
        self.n_boxes = n_boxes
        self.predictor = predictor
        self.verify_predictor = verify_predictor
        self.boxes = boxes
        self.memory = memory
        self.on_missing = on_missing
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check frames and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            Frames as `skmer.landmarks.check_frames` takes them.
        y : object, default=None
            Ignored.

        Returns
        -------
        LandmarkGraphTransformer
            Itself.
        """
        self._check_parameters()
        self._landmarker().fit(X)
        return self

    def transform(self, X):
        """Node features of every clip.

        Parameters
        ----------
        X : array-like
            Frames as `skmer.landmarks.check_frames` takes them: paths, images, or landmarks (n_clips, 3, 68,
            2) in px.

        Returns
        -------
        ndarray of shape (n_clips, 3, n_nodes, C), (n_clips, n_views, 3, n_nodes, C) or (n_clips, 3 * n_nodes
        * C), float32
            Features in units of the distance between the outer eye corners.

        Raises
        ------
        ValueError
            If a frame cannot be read, a face is missing and `on_missing` is "raise", a face has no width, or
            several views are to be flattened.
        """
        self._validate_params()
        graph = self._check_parameters()
        if not self.flatten and _get_output_config("transform", self)["dense"] != "default":
            raise ValueError("set_output asks for a table, but features have four axes; set flatten=True.")
        landmarks = self._landmarker().transform(X)
        if self.flatten and landmarks.ndim == 5:
            raise ValueError(
                f"flatten=True has no place for the {landmarks.shape[1]} views of a clip; pass landmarks of "
                "one view, or set flatten=False."
            )
        features = self._node_features(landmarks)[..., list(graph.nodes), :].astype(np.float32)
        return features.reshape(len(features), -1) if self.flatten else features

    def get_feature_names_out(self, input_features=None):
        """Names of the flattened features: frame, component, point of the 68 and channel.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (3 * n_nodes * C,)
            Such as ``"apex_brow_17_dx"``.
        """
        nodes, channels = check_graph(self.graph).node_names, _CHANNELS[self.features]
        names = [f"{frame}_{node}_{channel}" for frame in _FRAMES for node in nodes for channel in channels]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.input_tags.allow_nan = self.on_missing != "raise"
        return tags

    def _check_parameters(self):
        graph = check_graph(self.graph)
        if graph.n_frames != len(_FRAMES) or not all(0 <= node < 68 for node in graph.nodes):
            raise ValueError(
                f"graph must lie over the 68 landmarks of three frames, got {graph.name!r}; use a preset."
            )
        if self.flatten and self.n_views > 1:
            raise ValueError(f"flatten=True has no place for n_views={self.n_views}; set one of them back.")
        return graph

    def _landmarker(self):
        own = FaceLandmarker().get_params()
        return FaceLandmarker(
            **{name: value for name, value in self.get_params(deep=False).items() if name in own}
        )

    def _node_features(self, landmarks):
        points = align_landmarks(landmarks) if self.align else landmarks
        onset = points[..., :1, :, :]
        unit = np.linalg.norm(onset[..., [_SCALE[1]], :] - onset[..., [_SCALE[0]], :], axis=-1, keepdims=True)
        _check_units(unit[..., 0, 0, 0])
        displacement = self.magnification * (points - onset) / unit
        coordinates = (onset - onset[..., [_ORIGIN], :]) / unit + displacement
        parts = {
            "displacement": (displacement,),
            "coordinates": (coordinates,),
            "both": (coordinates, displacement),
        }
        return np.concatenate(parts[self.features], axis=-1)


def _check_units(units):
    flat = np.flatnonzero((units <= 0).reshape(len(units), -1).any(axis=1))
    if len(flat):
        raise ValueError(
            f"frames: the outer eye corners (points 36 and 45) of clip {flat[0]} coincide: it holds no face."
        )
