"""Base of the stateless transformers that compute one array of every clip, each once."""

import os
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator

from skmer._utils._jobs import cache_key, run_clips
from skmer._utils._sklearn import ClipTransformerMixin, fit_context
from skmer._utils._store import ArrayCache, FileCache
from skmer.frames import (
    check_frames,
    check_sequences,
    frame_label,
    holds_landmarks,
    one_opencv_thread,
    read_sequence,
    sequence_digest,
    sequence_label,
)

CLIP_PARAMETERS = {
    "memory": [str, os.PathLike, FileCache, None],
    "n_jobs": [Integral, None],
    "verbose": ["verbose"],
}
"""Constraints of the parameters that all of them have; merge them into ``_parameter_constraints``."""


class ClipFeatureTransformer(ClipTransformerMixin, BaseEstimator):
    """Base of the stateless transformers that compute one array of every clip.

    A subclass has the parameters ``memory="auto"``, ``n_jobs=None`` and ``verbose=0`` (`CLIP_PARAMETERS`) and
    a method ``_compute_clip(frames)``, which returns an ndarray of one shape for all clips. It may override
    `_settings`, `_min_frames`, `_needed_by`, `_check_parameters`, ``get_feature_names_out``, and the class
    attributes below. Frames are decoded in the worker that computes their clip, and the result is kept on
    disk by the content of the clip, the name of the class, `_version` and `_settings`.

    Attributes
    ----------
    _input : {"sequences", "frames"}
        What X holds: sequences (`check_sequences`) or keyframes (`check_frames`).
    _takes_landmarks : bool
        Whether clips of landmarks are computed too; ``_compute_clip`` gets the float array (T, 68, 2) then.
    _version : int
        Raised by every change of a class that moves its results.
    """

    _input = "sequences"
    _takes_landmarks = False
    _version = 1

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Check clips and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            Clips, in any form that `transform` accepts.
        y : object, default=None
            Ignored.

        Returns
        -------
        ClipFeatureTransformer
            Itself.
        """
        self._check_parameters()
        self._check(X)
        return self

    def transform(self, X):
        """Compute the array of every clip.

        Parameters
        ----------
        X : array-like
            Sequences as `skmer.frames.check_sequences` accepts them, such as ``clips.sequences``; or, in a
            transformer of keyframes, frames as `skmer.frames.check_frames` does.

        Returns
        -------
        ndarray of shape (n_clips, ...)
        """
        self._validate_params()
        self._check_parameters()
        return self._collected(self._check(X))

    def _collected(self, clips):
        """Results of all clips in one array, which is made when the first of them is there."""
        features = None
        cache = ArrayCache.resolve(self.memory)
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose, "name": type(self).__name__}
        for clip, result, _ in run_clips(ClipWork(self), clips, cache=cache, **options):
            if features is None:
                features = np.empty((len(clips), *result.shape), dtype=result.dtype)
            if result.shape != features.shape[1:]:
                raise ValueError(
                    f"clip {clip}: its result has the shape {result.shape}, that of others "
                    f"{features.shape[1:]}; crop or scale all clips alike, by FaceCropper."
                )
            features[clip] = result
        return features

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sequences = self._input == "sequences"
        return tags

    def _check(self, X):
        if self._input == "frames":
            clips = check_frames(X)
        else:
            clips = check_sequences(X, min_frames=self._min_frames(), needed_by=self._needed_by())
        if holds_landmarks(clips) and not self._takes_landmarks:
            raise ValueError(
                f"{self._input}: {type(self).__name__} needs images, but landmarks were passed; pass "
                "paths or images."
            )
        return clips

    def _compute_clip(self, frames):
        """Array of one clip; of a list of grey uint8 images of one size, or landmarks (T, 68, 2)."""
        raise NotImplementedError

    def _settings(self):
        """Parameters that the result depends on: all but memory, n_jobs and verbose; dict."""
        return {name: value for name, value in self.get_params().items() if name not in CLIP_PARAMETERS}

    def _check_parameters(self):
        """Refuse parameters that do not fit together; ValueError."""

    def _min_frames(self):
        """Least number of frames of a sequence; int."""
        return 1

    def _needed_by(self):
        """Setting that asks for so many, in the words of an error; None is the radius in time."""
        return None


class ClipWork:
    """Work of a transformer on one clip, as :func:`skmer._utils._jobs.run_clips` takes it.

    Parameters
    ----------
    transformer : ClipFeatureTransformer
        The one that computes.
    """

    def __init__(self, transformer):
        self.transformer = transformer

    def key(self, row, clip):
        """Cache key of a clip; str."""
        transformer = self.transformer
        name = type(transformer).__name__
        return cache_key(name, transformer._version, transformer._settings(), sequence_digest(row, clip))

    def compute(self, row, clip):
        """Array of a clip; errors name it."""
        landmarks = isinstance(row, np.ndarray) and row.shape[1:] == (68, 2)
        label = frame_label if self.transformer._input == "frames" else sequence_label
        frames = row if landmarks else read_sequence(row, clip, label=label)
        try:
            with one_opencv_thread():
                return np.asarray(self.transformer._compute_clip(frames))
        except ValueError as error:
            if str(error).startswith("clip "):
                raise
            raise ValueError(f"clip {clip}: {error}") from error
