"""Resampling of sequences in time."""

import numpy as np

from skmer._utils._arguments import integer
from skmer._utils._sklearn import StrOptions, for_estimators
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer


class TemporalInterpolator(ClipFeatureTransformer):
    r"""Resample every sequence to the same number of frames.

    The new frames lie at equal distances from the first to the last one, which stay as they are.

    Parameters
    ----------
    n_frames : int, default=10
        Number of frames of each clip, at least two.
    method : {"tim", "linear", "nearest"}, default="tim"
        ``"tim"`` is the temporal interpolation model: a curve of cosines through all frames. ``"linear"``
        goes straight from frame to frame, ``"nearest"`` repeats and leaves out frames.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of results, by content and parameters; see `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit.

    The temporal interpolation model embeds the n frames as a path graph, whose eigenvectors are cosines, and
    maps the curve through them back by least squares. For independent frames that is discrete cosine
    interpolation of each pixel, one matrix (n_frames, n) of

    .. math:: A_{ij} = \frac{1}{n} + \frac{2}{n} \sum_{k=1}^{n-1}
        \cos\frac{\pi k (t_i - 1/2)}{n} \cos\frac{\pi k (j - 1/2)}{n}

    at the positions t from 1 to n. Shortened clips ring a little: weights go down to about -.25, and results
    are clipped to 0 .. 255 and rounded.

    References
    ----------
    Zhou et al., "Towards a practical lipreading system", CVPR 2011; Pfister et al., "Recognising
    spontaneous facial micro-expressions", ICCV 2011, doi:10.1109/ICCV.2011.6126401. The matrix in place of a
    singular value decomposition is ours.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import TemporalInterpolator
    >>> clips = [np.full((length, 4, 6), 50, dtype=np.uint8) for length in (24, 31)]
    >>> resampled = TemporalInterpolator(n_frames=10).fit_transform(clips)
    >>> resampled.shape, np.unique(resampled).tolist()
    ((2, 10, 4, 6), [50])
    """

    _takes_landmarks = True
    _parameter_constraints: dict = for_estimators(
        {
            "n_frames": [integer(2)],
            "method": [StrOptions({"tim", "linear", "nearest"})],
            **CLIP_PARAMETERS,
        }
    )

    def __init__(self, n_frames=10, method="tim", *, memory="auto", n_jobs=None, verbose=0):
        self.n_frames = n_frames
        self.method = method
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def transform(self, X):
        """Resample every sequence.

        Parameters
        ----------
        X : array-like
            Sequences as `skmer.frames.check_sequences` accepts them, with images of one size in all clips, or
            landmarks.

        Returns
        -------
        ndarray of shape (n_clips, n_frames, H, W), uint8; or (n_clips, n_frames, 68, 2), float64
            Grey images, or landmarks in px.

        Raises
        ------
        ValueError
            If a clip has one frame only, a frame cannot be read, or sizes differ.
        """
        return super().transform(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # in landmarks
        return tags

    def _check(self, X):
        clips = super()._check(X)
        single = [clip for clip, sequence in enumerate(clips) if len(sequence) < 2]
        if single:
            raise ValueError(
                f"sequences: clip {single[0]} has one frame, and TemporalInterpolator needs at least onset "
                "and offset; leave it out, or pass all its frames."
            )
        return clips

    def _compute_clip(self, frames):
        weights = interpolation_matrix(len(frames), self.n_frames, self.method)
        if isinstance(frames, np.ndarray):
            return np.tensordot(weights, frames, 1)
        resampled = np.tensordot(weights.astype(np.float32), np.stack(frames).astype(np.float32), 1)
        return np.clip(np.rint(resampled), 0, 255).astype(np.uint8)


def interpolation_matrix(n, n_frames, method):
    """Weights (n_frames, n) of n frames in new ones at equal distances; rows sum to one.

    Parameters
    ----------
    n, n_frames : int
        Old and new number of frames.
    method : {"tim", "linear", "nearest"}
        How values between frames are found.

    Returns
    -------
    ndarray of shape (n_frames, n)
    """
    positions, frames = np.linspace(0, n - 1, n_frames)[:, None], np.arange(n)
    if method == "nearest":
        return (np.floor(positions + 0.5) == frames).astype(float)
    if method == "linear":
        return np.maximum(1 - np.abs(positions - frames), 0)
    k = np.pi * np.arange(1, n) / n
    waves = np.cos(k * (positions + 0.5)) @ np.cos(np.outer(k, frames + 0.5))
    return 1 / n + 2 / n * waves
