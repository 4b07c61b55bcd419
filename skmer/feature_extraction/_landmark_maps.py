"""Landmark feature maps: how the distances between all pairs of landmarks change."""

import numpy as np
from sklearn.base import BaseEstimator

from skmer._utils._sklearn import ClipTransformerMixin, HasMethods
from skmer.frames import check_frames, check_sequences, holds_landmarks
from skmer.landmarks import FaceLandmarker

_LEAST = 1e-6  # largest change of a distance below which a map is taken for noise, and zero


class LandmarkFeatureMaps(ClipTransformerMixin, BaseEstimator):
    """Transform landmarks to maps of distances: one picture of 68 x 68 for each frame after the onset.

    An entry is the growth of the distance between two points since the onset, as a share of it; each map is
    divided by its largest absolute entry, so that strong and weak movements of one kind look the same. Where
    the face is, how it is turned and how large it is has no part in it. The paper's formula could not be
    read: this one is ours.

    Parameters
    ----------
    flatten : bool, default=False
        Whether the upper triangle of each map is returned as a row, 2,278 values a frame, for any classifier.
    landmarker : FaceLandmarker or None, default=None
        Finds the landmarks where frames are pictures; None takes the default one.

    See Also
    --------
    skmer.classifiers.LFMClassifier : Takes them.

    Notes
    -----
    Keyframes give two maps, of apex and offset. Sequences of landmarks give one less than they have frames,
    and must have one length.

    References
    ----------
    Choi and Song, "Facial Micro-Expression Recognition Using Two-Dimensional Landmark Feature Maps", IEEE
    Access 8, 2020, doi:10.1109/ACCESS.2020.3006958.

    Examples
    --------
    >>> from skmer.datasets import make_landmark_clips
    >>> from skmer.feature_extraction import LandmarkFeatureMaps
    >>> clips = make_landmark_clips(n_subjects=4, n_clips=20, random_state=0)
    >>> LandmarkFeatureMaps().fit_transform(clips.frames).shape
    (20, 2, 1, 68, 68)
    """

    _parameter_constraints: dict = {
        "flatten": ["boolean"],
        "landmarker": [HasMethods("transform"), None],
    }

    def __init__(self, *, flatten=False, landmarker=None):
        self.flatten = flatten
        self.landmarker = landmarker

    def fit(self, X, y=None):
        """Check clips and parameters; nothing is learned.

        Parameters
        ----------
        X : array-like
            As `transform` takes it.
        y : object, default=None
            Ignored.

        Returns
        -------
        LandmarkFeatureMaps
            Itself.
        """
        self._validate_params()
        self._check(X)
        return self

    def transform(self, X):
        """Compute the maps of every clip.

        Parameters
        ----------
        X : array-like
            Landmarks (n_clips, T, 68, 2) in px, a list of such sequences of one length, or frames in any form
            that `skmer.frames.check_frames` accepts.

        Returns
        -------
        ndarray of shape (n_clips, T - 1, 1, 68, 68) or (n_clips, (T - 1) * 2278), float32
            Maps of the frames after the onset.
        """
        self._validate_params()
        landmarks = self._landmarks(self._check(X))
        distances = np.linalg.norm(landmarks[..., :, None, :] - landmarks[..., None, :, :], axis=-1)
        onset = distances[:, :1]
        growth = (distances[:, 1:] - onset) / np.where(onset > 0, onset, np.inf)
        largest = np.abs(growth).max((-2, -1), keepdims=True)
        maps = np.where(largest < _LEAST, 0, growth / np.maximum(largest, _LEAST)).astype(np.float32)
        if not self.flatten:
            return maps[:, :, None]
        return maps[..., *np.triu_indices(maps.shape[-1], 1)].reshape(len(maps), -1)

    @staticmethod
    def _check(X):
        shapes = [np.shape(clip) for clip in X] if isinstance(X, np.ndarray | list | tuple) else []
        longer = any(len(shape) == 3 and shape[1:] == (68, 2) and shape[0] != 3 for shape in shapes)
        clips = check_sequences(X) if longer else check_frames(X)
        known = holds_landmarks(clips)
        bad = [k for k, clip in enumerate(clips) if known and not np.isfinite(clip).all()]
        if bad:
            raise ValueError(f"clip {bad[0]}: its landmarks hold NaN or inf; leave it out.")
        return clips

    def _landmarks(self, clips):
        if clips.ndim == 2:
            landmarker = FaceLandmarker() if self.landmarker is None else self.landmarker
            clips = landmarker.transform(clips)
        elif not holds_landmarks(clips):
            raise ValueError("sequences: LandmarkFeatureMaps takes sequences of landmarks; pass keyframes.")
        lengths = {len(clip) for clip in clips}
        if len(lengths) > 1 or np.ndim(clips[0]) != 3:
            raise ValueError(
                f"sequences must have one length and one view, got lengths {sorted(lengths)[:5]}; bring "
                "them to one by TemporalInterpolator."
            )
        return np.stack(list(clips)).astype(np.float64)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
