"""One picture of a clip: its apex, or the dynamic image of all its frames."""

from numbers import Integral

import cv2
import numpy as np

from skmer._utils._sklearn import Interval, StrOptions
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.feature_extraction._flow_maps import minmax

_SIZE = [Interval(Integral, 4, 1024, closed="both")]


def resized(image, size):
    """Return an image as float32 (size, size), averaged where it shrinks."""
    way = cv2.INTER_AREA if min(image.shape) >= size else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image, np.float32), (size, size), interpolation=way)


class ApexImage(ClipFeatureTransformer):
    """Transform clips to their apex frame, grey, in one size.

    Parameters
    ----------
    size : int, default=128
        Height and width in px.
    memory : "auto", path or None, default="auto"
        Folder of computed pictures; "auto" is the user's cache, None keeps nothing.
    n_jobs : int, default=None
        Clips at a time; the result does not depend on it.
    verbose : int, default=0
        0 shows no progress.

    See Also
    --------
    skmer.classifiers.LGCconClassifier : Takes them.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import ApexImage
    >>> frames = np.zeros((2, 3, 60, 50), np.uint8)
    >>> frames[:, 1] = 255
    >>> X = ApexImage(size=32, memory=None).fit_transform(frames)
    >>> X.shape, float(X.min())
    ((2, 1, 32, 32), 1.0)
    """

    _input = "frames"
    _parameter_constraints: dict = {**CLIP_PARAMETERS, "size": _SIZE}

    def __init__(self, size=128, *, memory="auto", n_jobs=None, verbose=0):
        self.size = size
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _compute_clip(self, frames):
        return resized(frames[1], self.size)[None] / np.float32(255)


class DynamicImage(ClipFeatureTransformer):
    """Transform sequences to dynamic images: one weighted sum of all frames that shows how they change.

    Later frames have larger weights: approximate rank pooling, which is linear in the frames. Keyframes do as
    sequences of three.

    Parameters
    ----------
    weights : {"rank-pooling", "learnet"}, default="rank-pooling"
        ``w_i = sum_{k=i..N} (2 k - N - 1) / k``, which add up to zero, so that a still face is black; or
        those of LEARNet's code, which lacks the ``- 1``: they add up to N, and the face itself stays in the
        picture.
    scaling : {"minmax", "signed"}, default="minmax"
        "minmax" is published: from 0 to 255 in whole numbers, clip by clip; a flat picture is zero. "signed"
        leaves grey levels: zero where nothing changes, and comparable between clips.
    size : int, default=112
        Height and width in px.
    memory : "auto", path or None, default="auto"
        Folder of computed pictures; "auto" is the user's cache, None keeps nothing.
    n_jobs : int, default=None
        Clips at a time; the result does not depend on it.
    verbose : int, default=0
        0 shows no progress.

    See Also
    --------
    skmer.classifiers.LEARNetClassifier : Takes them.

    References
    ----------
    Bilen et al., "Dynamic Image Networks for Action Recognition", CVPR 2016, pages
    3034-3042. Verma et al., "LEARNet: Dynamic Imaging Network for Micro Expression Recognition", IEEE TIP 29,
    2020, doi:10.1109/TIP.2019.2912358, and its code.

    Examples
    --------
    >>> import numpy as np
    >>> from skmer.feature_extraction import DynamicImage
    >>> sequences = np.zeros((1, 5, 60, 50), np.uint8)
    >>> sequences[0, 4] = 30
    >>> float(DynamicImage(scaling="signed", memory=None).fit_transform(sequences)[0, 0, 50, 50])
    24.0
    """

    _parameter_constraints: dict = {
        **CLIP_PARAMETERS,
        "weights": [StrOptions({"rank-pooling", "learnet"})],
        "scaling": [StrOptions({"minmax", "signed"})],
        "size": _SIZE,
    }

    def __init__(
        self,
        weights="rank-pooling",
        *,
        scaling="minmax",
        size=112,
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.weights = weights
        self.scaling = scaling
        self.size = size
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _min_frames(self):
        return 2

    def _needed_by(self):
        return "a dynamic image"

    def _compute_clip(self, frames):
        weights = pooling_weights(len(frames), self.weights)
        picture = np.tensordot(weights, np.stack(frames).astype(np.float64), 1)
        picture = resized(picture, self.size)
        return (minmax(picture) if self.scaling == "minmax" else picture)[None]


def pooling_weights(n_frames, kind="rank-pooling"):
    """Return the weight of each frame in a dynamic image; float64 (n_frames,)."""
    order = np.arange(1, n_frames + 1)
    terms = (2 * order - n_frames - (kind == "rank-pooling")) / order
    return terms[::-1].cumsum()[::-1]
