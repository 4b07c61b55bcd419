"""The transformer that magnifies motion in image space."""

import os
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.parallel import Parallel, delayed

from skmer.frames._check import check_frames, holds_landmarks
from skmer.frames._read import frame_label, read_image
from skmer.magnification._eulerian import magnify_eulerian
from skmer.magnification._lagrangian import magnify_lagrangian
from skmer.magnification._phase import magnify_phase

_METHODS = {"lagrangian": magnify_lagrangian, "eulerian": magnify_eulerian, "phase": magnify_phase}


class MotionMagnifier(TransformerMixin, BaseEstimator):
    """Make larger what apex and offset have moved since the onset.

    Parameters
    ----------
    method : {"lagrangian", "eulerian", "phase", "magnet"}, default="lagrangian"
        ``"lagrangian"`` warps by dense flow, ``"eulerian"`` multiplies changes of brightness, ``"phase"``
        changes of local phase, ``"magnet"`` is the network of the paper and needs `weights`.
    alpha : float, default=3.0
        Total factor of the displacement: 1 changes nothing, 3 triples it (the paper's choice). MagNet's
        official code calls the same factor so; ports that multiply by alpha and add have alpha - 1.
    weights : str, path-like or None, default=None
        File of MagNet's weights, safetensors or a torch state dict with the names of `MagNet`; the package
        ships none.
    n_jobs : int, default=None
        Clips magnified at once.

    Notes
    -----
    Stateless: `fit` only checks its input. The head's motion is magnified as well; align the frames before
    where it is large. `skmer.feature_extraction.LandmarkGraphTransformer` magnifies in landmark space, after
    the head's motion is removed.

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

    def __init__(self, method="lagrangian", alpha=3.0, weights=None, n_jobs=None):
        self.method = method
        self.alpha = alpha
        self.weights = weights
        self.n_jobs = n_jobs

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
            Frames as `skmer.landmarks.check_frames` takes them: paths or images, no landmarks.

        Returns
        -------
        ndarray of shape (n_clips, 3), object
            uint8 images: the onset as it is, apex and offset magnified; grey (H, W) if the frame is an array
            of two axes, else RGB (H, W, 3).

        Raises
        ------
        ValueError
            If a frame cannot be read, frames of a clip differ in size, or MagNet has no weights.
        """
        self._validate_params()
        frames = self._check(X)
        work = (
            delayed(_magnify_clip)(row, clip, self._function(), self.alpha) for clip, row in enumerate(frames)
        )
        magnified = np.empty(frames.shape, dtype=object)
        for clip, images in enumerate(Parallel(n_jobs=self.n_jobs, return_as="generator")(work)):
            for frame, image in enumerate(images):
                magnified[clip, frame] = image
        return magnified

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags

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


def _magnify_clip(row, clip, function, alpha):
    images = []
    for frame, source in enumerate(row):
        mode = "L" if getattr(source, "ndim", 3) == 2 else "RGB"
        images.append(read_image(source, mode, frame_label(clip, frame, source)))
    if len({image.shape for image in images}) > 1:
        shapes = ", ".join(str(image.shape) for image in images)
        raise ValueError(f"clip {clip}: expected three frames of one size and kind, got {shapes}.")
    onset, *others = images
    return [onset, *(function(onset, image, alpha) for image in others)]
