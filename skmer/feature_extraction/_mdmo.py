"""MDMO: the main direction of the optical flow in each region of the face, averaged over a sequence."""

import warnings
from numbers import Real

import cv2
import numpy as np

from skmer._utils._files import setting_text
from skmer._utils._sklearn import Interval, StrOptions
from skmer.face import REGION_NAMES, face_regions
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.frames import FLOW_METHODS, KEYFRAMES, optical_flow, sample_flow
from skmer.landmarks import FaceLandmarker

_OUTER = [*range(6), *range(11, 17), 30]  # sides of the face and tip of the nose: they move with the head
_N_BINS = 8
_STILL = 1e-6  # px: the affine motion of a rigid shift is found to rounding, and what is left is none


class MDMO(ClipFeatureTransformer):
    """Main directional mean optical flow of 36 regions of the face.

    The flow from the first frame to each later one is freed of the affine motion of the head. In each region
    the pixels of the fullest of eight directions give a mean vector; the vectors are averaged over the
    frames.

    Parameters
    ----------
    beta : float, default=0.8
        Weight of the lengths; 1 - beta is that of the angles.
    align : bool, default=True
        Whether to remove the affine motion of the outer points (0-5, 11-16, 30) from the flow.
    polar : bool, default=True
        Whether a vector is length and angle, as in the paper; else x and y, which know no jump at 180
        degrees. `beta` has no part in the latter.
    flow : {"dis", "farneback", "tvl1"}, default="dis"
        Method of `skmer.frames.optical_flow`.
    landmarker : FaceLandmarker, default=None
        The transformer that finds the face on the first frame. None is ``FaceLandmarker()``.
    memory : "auto", str, path-like or None, default="auto"
        Cache of results, by content and parameters, as in `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel, by joblib. The result does not depend on it.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless. It takes sequences; of three keyframes, with a warning, the flow from onset
    to apex alone. Features are 36 lengths, divided by the largest, times `beta`, then 36 angles in radians
    times 1 - `beta`; where nothing moves, both are 0. Angles of movements to the left jump between -pi and
    pi.

    The regions are `skmer.face.face_regions`, by our own drawing; the offset of the affine motion, which
    takes a shift of the whole face away, and the weight of each pixel of the fullest bin alike are ours as
    well.

    References
    ----------
    Liu et al., "A Main Directional Mean Optical Flow Feature for Spontaneous Micro-Expression Recognition",
    IEEE Transactions on Affective Computing 7(4), 2016, doi:10.1109/TAFFC.2015.2485205.

    Examples
    --------
    >>> import numpy as np
    >>> from skimage.data import astronaut
    >>> from skmer.feature_extraction import MDMO
    >>> face = astronaut()[:250, 100:350].mean(axis=2).astype(np.uint8)
    >>> sequence = [face, np.roll(face, 1, axis=0), np.roll(face, 2, axis=0), face]
    >>> MDMO(memory=None).fit_transform([sequence]).shape
    (1, 72)
    """

    _parameter_constraints: dict = {
        "beta": [Interval(Real, 0, 1, closed="both")],
        "align": ["boolean"],
        "polar": ["boolean"],
        "flow": [StrOptions(set(FLOW_METHODS))],
        "landmarker": [FaceLandmarker, None],
        **CLIP_PARAMETERS,
    }

    def __init__(
        self,
        beta=0.8,
        *,
        align=True,
        polar=True,
        flow="dis",
        landmarker=None,
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.beta = beta
        self.align = align
        self.polar = polar
        self.flow = flow
        self.landmarker = landmarker
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def get_feature_names_out(self, input_features=None):
        """Names of the features: the regions' lengths and angles, or their x and y.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (72,)
            Such as ``"right_cheek_length"`` and ``"right_cheek_angle"``, or ``"right_cheek_x"``.
        """
        parts = ("length", "angle") if self.polar else ("x", "y")
        return np.array([f"{name}_{part}" for part in parts for name in REGION_NAMES], dtype=object)

    def _min_frames(self):
        return 2

    def _needed_by(self):
        return "MDMO"

    def _settings(self):
        settings = {name: getattr(self, name) for name in ("beta", "align", "polar", "flow")}
        own = self._landmarker().get_params()
        return settings | {name: setting_text(own[name]) for name in ("n_boxes", "predictor", "boxes")}

    def _landmarker(self):
        own = FaceLandmarker() if self.landmarker is None else self.landmarker
        # This transformer keeps what comes of the landmarks, by the same content.
        return FaceLandmarker(**{**own.get_params(), "memory": None, "n_jobs": None, "verbose": 0})

    def _compute_clip(self, frames):
        points = self._points(frames[0])
        later = frames[1:2] if len(frames) == len(KEYFRAMES) else frames[1:]
        flows = (optical_flow(frames[0], frame, method=self.flow) for frame in later)
        return mdmo(flows, points, beta=self.beta, align=self.align, polar=self.polar)

    def _points(self, frame):
        landmarker = self._landmarker().set_params(on_missing="nan")
        with warnings.catch_warnings():
            # Its warnings would all be of "clip 0"; a jaw beyond the crop is no harm here.
            warnings.simplefilter("ignore", UserWarning)
            points = landmarker.transform([[frame] * len(KEYFRAMES)])[0].reshape(-1, 3, 68, 2)[0, 0]
        if np.isnan(points).any():
            raise ValueError(
                "no face was found on the first frame; give its box, as "
                "MDMO(landmarker=FaceLandmarker(boxes=...)), or leave the clip out."
            )
        return points


def mdmo(flows, points, *, beta=0.8, align=True, polar=True):
    """Return the feature of flow fields (H, W, 2) from a frame whose landmarks are `points`; (72,)."""
    vectors, masks = [], None
    for flow in flows:
        flow = flow.astype(np.float64)
        masks = _masks(points, flow.shape[:2]) if masks is None else masks
        field = flow - _affine_flow(flow, points) if align else flow
        vectors.append([_main_vector(field[mask]) for mask in masks])
    return _feature(np.mean(vectors, axis=0), beta, polar)


def _masks(points, shape):
    masks = np.zeros((len(REGION_NAMES), *shape), dtype=np.uint8)
    for mask, corners in zip(masks, face_regions(points), strict=True):
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1)
    return masks.astype(bool)


def _affine_flow(flow, points):
    """Return the flow (H, W, 2) of the affine motion that fits that of the outer points best."""
    outer = points[_OUTER]
    motion = sample_flow(flow, outer)
    center = outer.mean(axis=0)
    matrix, *_ = np.linalg.lstsq(np.column_stack([outer - center, np.ones(len(outer))]), motion, rcond=None)
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]]
    return np.dstack([x - center[0], y - center[1], np.ones(x.shape)]) @ matrix


def _main_vector(vectors):
    """Return the mean of the vectors in the fullest of eight directions; zero where there is no motion."""
    moving = vectors[np.hypot(*vectors.T) > _STILL]
    if not len(moving):
        return np.zeros(2)
    # Bins are centred on the axes and diagonals: 337.5 to 22.5 degrees is the first.
    bins = np.round(np.arctan2(moving[:, 1], moving[:, 0]) * _N_BINS / (2 * np.pi)).astype(int) % _N_BINS
    return moving[bins == np.bincount(bins).argmax()].mean(axis=0)


def _feature(vectors, beta, polar):
    lengths = np.hypot(*vectors.T)
    longest = lengths.max()
    if longest <= _STILL:
        return np.zeros(2 * len(vectors))
    if not polar:
        return (vectors / longest).T.ravel()
    angles = np.where(lengths > _STILL, np.arctan2(vectors[:, 1], vectors[:, 0]), 0.0)
    return np.concatenate([beta * lengths / longest, (1 - beta) * angles])
