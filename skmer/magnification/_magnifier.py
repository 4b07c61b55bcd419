"""The transformer that magnifies motion in image space."""

import os
from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from skmer._utils._arguments import PATH, Numbers, check_argument
from skmer._utils._files import digest
from skmer._utils._jobs import cache_key
from skmer._utils._sklearn import ClipTransformerMixin, Interval, StrOptions, fit_context
from skmer._utils._store import FileCache
from skmer.frames import (
    check_frames,
    check_sequences,
    derive_sequences,
    frame_label,
    holds_landmarks,
    holds_sequences,
    read_image,
    read_sequence,
    sequence_digest,
)
from skmer.magnification._methods import LEAST_SIDE, magnify_eulerian, magnify_lagrangian, magnify_phase
from skmer.magnification._temporal_filter import magnify_eulerian_sequence

_METHODS = {"lagrangian": magnify_lagrangian, "phase": magnify_phase}


class MotionMagnifier(ClipTransformerMixin, BaseEstimator):
    """Magnify the motion of a clip, in the images.

    Of keyframes, apex and offset are magnified since the onset; of sequences each frame since the first, or
    with ``method="eulerian"`` what passes a filter in time.

    Parameters
    ----------
    method : {"lagrangian", "eulerian", "phase", "magnet"}, default="lagrangian"
        ``"lagrangian"`` warps by dense flow, ``"eulerian"`` multiplies changes of brightness, ``"phase"``
        changes of local phase; ``"magnet"`` is the network that the paper uses and needs `weights`. On
        sequences ``"eulerian"`` is Eulerian video magnification with its temporal filter, as
        `magnify_eulerian_sequence`, and on keyframes `magnify_eulerian`, which also magnifies a change of
        the light.
    alpha : float, default=3.0
        Total factor of the displacement: 1 changes nothing, 3 triples it (the paper's choice). It has the
        same meaning in MagNet's official code; ports that add alpha times the motion need alpha - 1, and a
        paper's Eulerian factor of 26 is ``alpha=27``.
    weights : str, path-like or None, default=None
        File of MagNet's weights, safetensors or a torch state dict with the names of `MagNet`; the package
        ships none.
    n_jobs : int, default=None
        Number of clips magnified in parallel.
    wavelength : float, default=16.0
        Of ``"eulerian"``: bands of shorter waves, in px, are magnified by less.
    rates : (float, float), default=(0.4, 0.05)
        Of ``"eulerian"`` on sequences: shares of each new frame in the quick and the slow running mean, whose
        difference is magnified.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of magnified sequences, by content and parameters; see `skmer.landmarks.FaceLandmarker`.
        Keyframes are not cached.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

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
        "method": [StrOptions({*_METHODS, "eulerian", "magnet"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "weights": [str, os.PathLike, None],
        "n_jobs": [Integral, None],
        "wavelength": [Interval(Real, 0, None, closed="neither")],
        "rates": ["array-like"],
        "memory": [str, os.PathLike, FileCache, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        method="lagrangian",
        alpha=3.0,
        *,
        weights=None,
        n_jobs=None,
        wavelength=16.0,
        rates=(0.4, 0.05),
        memory="auto",
        verbose=0,
    ):
        self.method = method
        self.alpha = alpha
        self.weights = weights
        self.n_jobs = n_jobs
        self.wavelength = wavelength
        self.rates = rates
        self.memory = memory
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check frames and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            Clips, in any form that `transform` accepts.
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
            Frames as `skmer.frames.check_frames` accepts them, or sequences as
            `skmer.frames.check_sequences` does: paths or images, no landmarks.

        Returns
        -------
        ndarray of shape (n_clips, 3) or (n_clips,), object
            Images of type uint8, the onset unchanged, the others magnified; grey (H, W) if the frame is an
            array of two axes, else RGB (H, W, 3). Sequences stand in the cache and not in memory, if there is
            one.

        Raises
        ------
        ValueError
            If a frame cannot be read, frames of a clip differ in size, or MagNet has no weights.
        """
        self._validate_params()
        clips = self._check(X)
        work = _Magnification(self._function(), self._settings(), clips.ndim == 2)
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose, "name": "magnified clips"}
        if clips.ndim == 1:
            return derive_sequences(work, clips, memory=self.memory, **options)
        magnified = np.empty(clips.shape, dtype=object)
        for clip, images in enumerate(derive_sequences(work, clips, memory=None, **options)):
            for frame, image in enumerate(images):
                magnified[clip, frame] = image
        return magnified

    def _check(self, X):
        clips = check_sequences(X) if holds_sequences(X) else check_frames(X)
        if holds_landmarks(clips):
            raise ValueError(
                "frames: MotionMagnifier needs images, but landmarks were passed; magnify those with "
                "LandmarkGraphTransformer(magnification=...)."
            )
        if self.method == "magnet" and self.weights is None:
            raise ValueError(
                "weights: method='magnet' needs a file of weights, and none ship; give one or another method."
            )
        check_argument("rates", self.rates, [Numbers(None)])
        check_argument("weights", self.weights, [*PATH, None])
        rates = np.asarray(self.rates, dtype=float)
        if rates.shape != (2,) or not 0 < rates[1] < rates[0] <= 1:
            raise ValueError(
                f"rates must be two shares of which the first, of the quick mean, is larger, up to 1, got "
                f"{self.rates!r}."
            )
        return clips

    def _function(self):
        if self.method == "eulerian":
            return partial(magnify_eulerian, wavelength=self.wavelength)
        if self.method != "magnet":
            return _METHODS[self.method]
        from skmer.magnification._magnet import MagNet  # torch is imported for those who use it

        return MagNet.load(self.weights).magnify

    def _settings(self):
        """Return the settings that the result depends on, the weights by their content."""
        weights = None if self.weights is None else digest(os.fspath(self.weights), files={})
        rates = tuple(map(float, self.rates))
        return self.method, float(self.alpha), weights, float(self.wavelength), rates


class _Magnification:
    """Magnification of one clip, for `skmer.frames.derive_sequences`; a row is a clip's frames."""

    def __init__(self, function, settings, keyframes):
        self.function, self.settings, self.keyframes = function, settings, keyframes

    def key(self, row, clip):
        return cache_key("MotionMagnifier", 1, self.settings, sequence_digest(row, clip))

    def compute(self, row, clip):
        images = _read_keyframes(row, clip) if self.keyframes else read_sequence(row, clip, _mode(row[0]))
        method, alpha, _, wavelength, rates = self.settings
        if method == "lagrangian" and min(images[0].shape[:2]) < LEAST_SIDE:
            raise ValueError(
                f"frames: clip {clip} must be at least {LEAST_SIDE} px high and wide for optical flow, got "
                f"{images[0].shape[:2]}."
            )
        if method == "eulerian" and not self.keyframes:
            return magnify_eulerian_sequence(images, alpha, wavelength=wavelength, rates=rates)
        onset, *others = images
        return np.stack([onset, *(self.function(onset, image, alpha) for image in others)])


def _mode(source):
    return "L" if getattr(source, "ndim", 3) == 2 else "RGB"


def _read_keyframes(row, clip):
    images = [
        read_image(source, _mode(source), frame_label(clip, frame, source))
        for frame, source in enumerate(row)
    ]
    if len({image.shape for image in images}) > 1:
        shapes = ", ".join(str(image.shape) for image in images)
        raise ValueError(f"clip {clip}: expected three frames of one size and kind, got {shapes}.")
    return images
