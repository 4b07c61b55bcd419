"""The transformer that magnifies motion in image space."""

import os
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from skmer._utils._jobs import run_jobs
from skmer._utils._sklearn import ClipTransformerMixin, Interval, StrOptions, fit_context
from skmer.frames import check_frames, frame_label, holds_landmarks, read_image
from skmer.magnification._methods import magnify_eulerian, magnify_lagrangian, magnify_phase

_METHODS = {"lagrangian": magnify_lagrangian, "eulerian": magnify_eulerian, "phase": magnify_phase}


class MotionMagnifier(ClipTransformerMixin, BaseEstimator):
    """Magnify the motion of apex and offset since the onset, in the images.

    Parameters
    ----------
    method : {"lagrangian", "eulerian", "phase", "magnet"}, default="lagrangian"
        ``"lagrangian"`` warps by dense flow, ``"eulerian"`` multiplies changes of brightness, ``"phase"``
        changes of local phase; ``"magnet"`` is the network that the paper uses and needs `weights`.
    alpha : float, default=3.0
        Total factor of the displacement: 1 changes nothing, 3 triples it (the paper's choice). It has the
        same meaning in MagNet's official code; ports that add alpha times the motion need alpha - 1.
    weights : str, path-like or None, default=None
        File of MagNet's weights, safetensors or a torch state dict with the names of `MagNet`; the package
        ships none.
    n_jobs : int, default=None
        Number of clips magnified in parallel.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit. Head motion is
    magnified as well; where it is large, align the frames first.
    `skmer.feature_extraction.LandmarkGraphTransformer` magnifies in landmark space, after head motion is
    removed.

    References
    ----------
    Liu et al., SIGGRAPH 2005, doi:10.1145/1073204.1073223; Wu et al., SIGGRAPH 2012,
    doi:10.1145/2185520.2185561; Wadhwa et al., SIGGRAPH 2013, doi:10.1145/2461912.2461966; Oh et al.,
    "Learning-based Video Motion Magnification", ECCV 2018, doi:10.1007/978-3-030-01225-0_39.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.magnification import MotionMagnifier
    >>> frames = np.random.default_rng(0).integers(0, 255, (2, 3, 40, 40), dtype=np.uint8)
    >>> magnified = MotionMagnifier(alpha=2.0).fit_transform(frames)
    >>> magnified.shape, magnified[0, 1].shape
    ((2, 3), (40, 40))
    """

    _parameter_constraints: dict = {
        "method": [StrOptions({*_METHODS, "magnet"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "weights": [str, os.PathLike, None],
        "n_jobs": [Integral, None],
    }

    def __init__(self, method="lagrangian", alpha=3.0, *, weights=None, n_jobs=None):
        self.method = method
        self.alpha = alpha
        self.weights = weights
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
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
        MotionMagnifier
            Itself.
        """
        self._check(X)
        return self

    def transform(self, X):
        """Magnify the motion of every clip.

        Parameters
        ----------
        X : array-like
            Frames in any form that `skmer.frames.check_frames` accepts: paths or images, no landmarks.

        Returns
        -------
        ndarray of shape (n_clips, 3), object
            Images of type uint8, the onset unchanged, apex and offset magnified; grey (H, W) if the frame is
            an array of two axes, else RGB (H, W, 3).

        Raises
        ------
        ValueError
            If a frame cannot be read, frames of a clip differ in size, or MagNet has no weights.
        """
        self._validate_params()
        frames = self._check(X)
        magnified = np.empty(frames.shape, dtype=object)
        shared = (self._function(), self.alpha)
        tasks = list(enumerate(frames))
        for clip, images in run_jobs(
            _magnify_clip, tasks, n_jobs=self.n_jobs, shared=shared, label=_clip_label
        ):
            # One by one: numpy would take three images of one size for an array of more axes.
            for frame, image in enumerate(images):
                magnified[clip, frame] = image
        return magnified

    def _check(self, X):
        frames = check_frames(X)
        if holds_landmarks(frames):
            raise ValueError(
                "frames: MotionMagnifier needs images, but landmarks were passed; magnify those with "
                "LandmarkGraphTransformer(magnification=...)."
            )
        if self.method == "magnet" and self.weights is None:
            raise ValueError(
                "weights: method='magnet' needs a file of weights, and none ship; give one or another method."
            )
        return frames

    def _function(self):
        if self.method != "magnet":
            return _METHODS[self.method]
        from skmer.magnification._magnet import MagNet  # torch is imported for those who use it

        return MagNet.load(self.weights).magnify


def _clip_label(task):
    return f"clip {task[0]}"


def _magnify_clip(task, shared):
    (clip, row), (function, alpha) = task, shared
    images = []
    for frame, source in enumerate(row):
        mode = "L" if getattr(source, "ndim", 3) == 2 else "RGB"
        images.append(read_image(source, mode, frame_label(clip, frame, source)))
    if len({image.shape for image in images}) > 1:
        shapes = ", ".join(str(image.shape) for image in images)
        raise ValueError(f"clip {clip}: expected three frames of one size and kind, got {shapes}.")
    onset, *others = images
    return [onset, *(function(onset, image, alpha) for image in others)]
