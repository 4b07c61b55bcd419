"""Patches around landmarks of the magnified apex: the input of Graph-TCN."""

import os
from numbers import Integral, Real

import cv2
import numpy as np

from skmer._utils._arguments import integer
from skmer._utils._files import setting_text
from skmer._utils._sklearn import HasMethods, Interval, StrOptions, for_estimators
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.landmarks import FaceLandmarker
from skmer.magnification import MagNet, magnify_lagrangian

PATCH_POINTS = (*range(17, 27), *range(48, 60), 61, 62, 63, 65, 66, 67)
"""Ten points of the brows, twelve of the outer lip, six of the inner lip without its corners."""
_STEP = 0.1  # of alpha from view to view
_PLAIN = {"n_jobs", "verbose", "memory"}


class LandmarkPatches(ClipFeatureTransformer):
    """Transform clips to patches around 28 landmarks of their magnified apex, minus the onset's.

    Every clip has several views, magnified less and more; the one of `alpha` stands in the middle. They are
    one row of the result, so that no view can leave its clip.

    Parameters
    ----------
    source : {"magnified", "shape"}, default="magnified"
        Grey patches of the apex magnified along its optical flow, minus the onset's; or patches of MagNet's
        magnified shape features, each channel scaled to 0..1 and averaged, which need `weights`. The paper's
        is "shape".
    size : int, default=7
        Side of a patch in px, odd.
    alpha : float, default=2.0
        Factor of the displacement in the view that is predicted.
    views : int, default=20
        Number of views, 0.1 of alpha apart: from 1.1 to 3.0 by default. 1 is `alpha` alone.
    weights : path or None, default=None
        File of MagNet's weights, for ``source="shape"``.
    landmarker : FaceLandmarker or None, default=None
        Finds the landmarks on the onset; None takes the default one.
    memory : "auto", path or None, default="auto"
        Folder of computed patches; "auto" is the user's cache, None keeps nothing.
    n_jobs : int, default=None
        Clips at a time; the result does not depend on it.
    verbose : int, default=0
        0 shows no progress.

    See Also
    --------
    skmer.classifiers.GTCNClassifier : Takes them.

    Notes
    -----
    28 points of 49 values are 1,372 values a clip, as traces of the authors' code have it; that the corners
    of the inner lip are the two left out is ours.

    References
    ----------
    Lei et al., "A Novel Graph-TCN with a Graph Structured Representation for Micro-expression Recognition",
    ACM MM 2020, doi:10.1145/3394171.3413714.

    Examples
    --------
    >>> from skmer.feature_extraction import LandmarkPatches
    >>> LandmarkPatches().alphas[[0, 9, 19]].round(1).tolist()
    [1.1, 2.0, 3.0]
    """

    _input = "frames"
    _parameter_constraints: dict = for_estimators(
        {
            **CLIP_PARAMETERS,
            "source": [StrOptions({"magnified", "shape"})],
            "size": [integer(1, 63)],
            "alpha": [Interval(Real, 0, None, closed="neither")],
            "views": [Interval(Integral, 1, 100, closed="both")],
            "weights": [str, os.PathLike, None],
            "landmarker": [HasMethods(["transform", "get_params"]), None],
        }
    )

    def __init__(
        self,
        source="magnified",
        *,
        size=7,
        alpha=2.0,
        views=20,
        weights=None,
        landmarker=None,
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.source = source
        self.size = size
        self.alpha = alpha
        self.views = views
        self.weights = weights
        self.landmarker = landmarker
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    @property
    def alphas(self):
        """Factor of the displacement in each view; ndarray of shape (views,)."""
        return self.alpha + _STEP * (np.arange(self.views) - (self.views - 1) // 2)

    def _check_parameters(self):
        if self.size % 2 == 0:
            raise ValueError(f"size must be odd, so that a landmark has a pixel of its own, got {self.size}.")
        if self.source == "shape" and self.weights is None:
            raise ValueError("weights: source='shape' needs a file of MagNet's weights, and none ship.")
        if self.alphas[0] < 0:
            raise ValueError(
                f"views={self.views} around alpha={self.alpha} begin at {self.alphas[0]:.1f}, below 0; take "
                "fewer."
            )

    def _settings(self):
        landmarker = FaceLandmarker() if self.landmarker is None else self.landmarker
        own = {name: value for name, value in super()._settings().items() if name != "landmarker"}
        params = landmarker.get_params(deep=False)
        found = {name: setting_text(value) for name, value in params.items() if name not in _PLAIN}
        return {**own, "weights": setting_text(self.weights), "landmarker": found}

    def _compute_clip(self, frames):
        onset, apex, _ = frames
        landmarker = FaceLandmarker() if self.landmarker is None else self.landmarker
        points = landmarker.transform([list(frames)])[0][..., 0, list(PATCH_POINTS), :]
        points = points.reshape(-1, len(PATCH_POINTS), 2)[0]
        if self.source == "shape":
            net = MagNet.load(self.weights)
            pictures = [shape_picture(net, onset, apex, alpha) for alpha in self.alphas]
        else:
            still = onset.astype(np.float32)
            pictures = [magnify_lagrangian(onset, apex, float(alpha)) - still for alpha in self.alphas]
        return np.stack([cut_patches(picture, points, self.size) for picture in pictures])


def cut_patches(picture, points, size):
    """Return the values around points, (n_points, size * size) float32, row by row; the border goes on."""
    offsets = np.arange(size, dtype=np.float32) - size // 2
    points = np.asarray(points, np.float32)
    x = points[:, 0, None, None] + offsets[None, None, :]
    y = points[:, 1, None, None] + offsets[None, :, None]
    x, y = (np.ascontiguousarray(np.broadcast_to(v, (len(points), size, size))) for v in (x, y))
    picture = np.ascontiguousarray(picture, np.float32)
    rows = (len(points) * size, size)
    values = cv2.remap(
        picture, x.reshape(rows), y.reshape(rows), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return values.reshape(len(points), size * size)


def shape_picture(net, onset, apex, alpha):
    """Return MagNet's magnified shape features as one picture of the frame's size, 0 to 1."""
    import torch  # for those who use it

    height, width = (side - side % 4 for side in onset.shape)
    images = [
        torch.from_numpy(np.repeat(image[None, :height, :width], 3, 0).astype(np.float32) / 127.5 - 1)[None]
        for image in (onset, apex)
    ]
    with torch.no_grad():
        still, moved = (net.encoder(image)[1] for image in images)
        features = net.manipulator(still, moved, torch.tensor(float(alpha)).reshape(1, 1, 1, 1))[0].numpy()
    low, high = (f((1, 2), keepdims=True) for f in (features.min, features.max))
    mean = ((features - low) / np.where(high > low, high - low, 1)).mean(0)
    return cv2.resize(np.ascontiguousarray(mean), (width, height), interpolation=cv2.INTER_LINEAR)
