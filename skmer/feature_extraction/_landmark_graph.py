"""The transformer from clips to the node features of a face graph."""

import os
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if

from skmer._utils._sklearn import ClipTransformerMixin, Interval, StrOptions, fit_context
from skmer.face import FaceGraph, check_graph
from skmer.frames import KEYFRAMES
from skmer.landmarks import FaceLandmarker, LandmarkCache, align_landmarks

_ORIGIN = 33  # nose base
_SCALE = (36, 45)  # outer eye corners
_SHORT_FORMS = ("tracking", "memory", "n_jobs", "verbose")
_CHANNELS = {"displacement": ("dx", "dy"), "coordinates": ("x", "y"), "both": ("x", "y", "dx", "dy")}


class LandmarkGraphTransformer(ClipTransformerMixin, BaseEstimator):
    """Turn clips into node features of a face graph.

    A landmarker finds the 68 landmarks of the frames; head motion is removed from apex and offset; the
    landmarks are scaled to the onset's nose base (point 33) as origin and the distance of its outer eye
    corners (36-45) as unit; the nodes of the graph are selected.

    Parameters
    ----------
    graph : str or FaceGraph, default="brow-nose-lip31"
        Preset or graph over the 68 points; the default is the paper's 31 nodes.
    features : {"displacement", "coordinates", "both"}, default="displacement"
        ``"displacement"`` is each frame minus the onset, whose own is zero (2 channels); ``"coordinates"``
        the paper's (2 channels); ``"both"`` has x, y, dx, dy.
    align : bool, default=True
        Whether to remove head motion: the similarity that fits the nose bridge and eye corners of apex and
        offset onto the onset's.
    magnification : float, default=1.0
        Total factor alpha of the displacements in all features: x_onset + alpha (x_t - x_onset).
    flatten : bool, default=False
        Whether to return rows (n, 3 * n_nodes * C) in the order frame, node, channel, named by
        `get_feature_names_out`, for estimators that take tables. Features with four axes have no names and
        stay an array under ``set_config(transform_output="pandas")``.
    input : {"frames", "sequences"}, default="frames"
        Which part of clips is read where clips are passed, to this step or to `evaluate_loso`: their three
        keyframes, or their sequences, of which `FaceLandmarker` sees a movement with less noise. Other input
        is taken as it comes.
    landmarker : FaceLandmarker, default=None
        The transformer that finds the landmarks. Its parameters are searched and set as
        ``landmarker__n_boxes`` and so on. None is ``FaceLandmarker()``, which passes given landmarks through.
    tracking : {"flow", "detect"}, default=None
        Short form of ``landmarker=FaceLandmarker(tracking=...)``. None of the short forms may be set together
        with `landmarker`; where they are None, the default of `FaceLandmarker` holds.
    memory : "auto", str, path-like or LandmarkCache, default=None
        Short form of ``landmarker=FaceLandmarker(memory=...)``. To cache nothing, pass a landmarker with
        ``memory=None``.
    n_jobs : int, default=None
        Short form of ``landmarker=FaceLandmarker(n_jobs=...)``.
    verbose : int, default=None
        Short form of ``landmarker=FaceLandmarker(verbose=...)``.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit. The features of a
    clip depend on no other clip.

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
        "input": [StrOptions({"frames", "sequences"})],
        "landmarker": [FaceLandmarker, None],
        "tracking": [StrOptions({"flow", "detect"}), None],
        "memory": [str, os.PathLike, LandmarkCache, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose", None],
    }

    def __init__(
        self,
        graph="brow-nose-lip31",
        *,
        features="displacement",
        align=True,
        magnification=1.0,
        flatten=False,
        input="frames",
        landmarker=None,
        tracking=None,
        memory=None,
        n_jobs=None,
        verbose=None,
    ):
        self.graph = graph
        self.features = features
        self.align = align
        self.magnification = magnification
        self.flatten = flatten
        self.input = input
        self.landmarker = landmarker
        self.tracking = tracking
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)  # the landmarker is the user's, and checks its own
    def fit(self, X, y=None):
        """Check frames and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            Frames in any form that `skmer.frames.check_frames` accepts.
        y : object, default=None
            Ignored.

        Returns
        -------
        LandmarkGraphTransformer
            Itself.
        """
        landmarker = self._resolved_landmarker()
        self._checked_graph(landmarker)
        landmarker.fit(self._input_of(X))
        return self

    def transform(self, X):
        """Compute the node features of every clip.

        Parameters
        ----------
        X : array-like
            Frames in any form that `skmer.frames.check_frames` accepts: paths, images, or landmarks (n_clips,
            3, 68, 2) in px. Or sequences, such as ``clips.sequences``; see `FaceLandmarker`.

        Returns
        -------
        ndarray of shape (n_clips, 3, n_nodes, C), (n_clips, n_views, 3, n_nodes, C) or (n_clips, 3 * n_nodes
        * C), float32
            Features in units of the distance between the outer eye corners.

        Raises
        ------
        ValueError
            If a frame cannot be read, a face is missing and the landmarker's `on_missing` is "raise", a face
            has no width, several views are to be flattened, or a short form is set beside a landmarker.
        """
        self._validate_params()
        landmarker = self._resolved_landmarker()
        graph = self._checked_graph(landmarker)
        landmarks = landmarker.transform(self._input_of(X))
        if self.flatten and landmarks.ndim == 5:
            raise ValueError(
                f"flatten=True is incompatible with the {landmarks.shape[1]} views of a clip; pass landmarks "
                "of one view, or set flatten=False."
            )
        features = self._node_features(landmarks)[..., list(graph.nodes), :].astype(np.float32)
        return features.reshape(len(features), -1) if self.flatten else features

    def reliability(self, X):
        """Return the agreement of independent estimates of each clip's movement at the apex.

        Parameters
        ----------
        X : array-like
            As of :meth:`transform`.

        Returns
        -------
        ndarray of shape (n_clips,)
            From 0 to 1, as `FaceLandmarker.reliability` has it; NaN where the landmarks were given.
        """
        self._validate_params()
        return self._resolved_landmarker().reliability(self._input_of(X))

    # Four axes are no table: without names scikit-learn leaves them an array, whatever set_output asks for.
    @available_if(lambda self: self.flatten)
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
        names = [f"{frame}_{node}_{channel}" for frame in KEYFRAMES for node in nodes for channel in channels]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.input_tags.allow_nan = getattr(self.landmarker, "on_missing", "raise") != "raise"
        tags.input_tags.sequences = self.input == "sequences"
        return tags

    def _input_of(self, X):
        """Return the sequences of clips where they are asked for; frames are taken from clips later."""
        return getattr(X, "sequences", X) if self.input == "sequences" else X

    def _resolved_landmarker(self):
        short = {name: getattr(self, name) for name in _SHORT_FORMS if getattr(self, name) is not None}
        if self.landmarker is None:
            return FaceLandmarker(**short)
        if short:
            name, value = next(iter(short.items()))
            raise ValueError(
                f"{name}={value!r} was given together with a landmarker, which has its own; set it there, by "
                f"FaceLandmarker({name}=...) or set_params(landmarker__{name}=...)."
            )
        return self.landmarker

    def _checked_graph(self, landmarker):
        graph = check_graph(self.graph)
        if graph.n_frames != len(KEYFRAMES) or not all(0 <= node < 68 for node in graph.nodes):
            raise ValueError(
                f"graph must lie over the 68 landmarks of three frames, got {graph.name!r}; use a preset."
            )
        if self.flatten and landmarker.n_views > 1:
            raise ValueError(
                f"flatten=True is incompatible with n_views={landmarker.n_views} of the landmarker; set one "
                "of them back."
            )
        return graph

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
