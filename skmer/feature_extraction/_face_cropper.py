"""Crops of the face: one similarity a clip, and where asked for the head's motion removed from each frame."""

from numbers import Integral, Real

import cv2
import numpy as np
from sklearn.base import clone

from skmer._utils._jobs import cache_key
from skmer._utils._sklearn import Interval
from skmer.face import MEAN_SHAPE
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.frames import (
    check_frames,
    check_sequences,
    derive_sequences,
    frame_label,
    holds_landmarks,
    holds_sequences,
    one_opencv_thread,
    optical_flow,
    read_sequence,
    sequence_digest,
    sequence_label,
)
from skmer.landmarks import FaceLandmarker, apply_similarity, fit_similarity

_POINTS = [36, 45, 33]  # outer eye corners and nose base
_LOW, _HIGH = MEAN_SHAPE.min(axis=0), MEAN_SHAPE.max(axis=0)  # brows to chin, jaw to jaw
_STEP = 4  # px between the points at which the flow is looked at
_ROUNDS, _TRIMS = 2, 8
_OUTLIER = 2.0  # medians of the distance to the common motion


class FaceCropper(ClipFeatureTransformer):
    """Crop the face of every clip, upright and in one size.

    A landmarker finds the face on the onset, and the similarity that takes its outer eye corners (points 36
    and 45) and nose base (33) to fixed places is used for all frames of the clip: a crop found anew on each
    frame's landmarks would move, and its movement would be larger than the face's.

    Parameters
    ----------
    size : (int, int), default=(170, 140)
        Height and width of the crop in px.
    align : bool, default=True
        Whether to turn the face upright; otherwise the crop is shifted and scaled only.
    stabilize : bool, default=False
        Whether the motion of the head and changes of the light are taken out of each frame: by the similarity
        that most of the face follows, found on the optical flow from the onset's crop, and by one gain that
        makes the face as bright as on the onset. The face's own movements are outliers of the first.
    margin : float, default=0.1
        Room beside an average face, and above and below at least as much, as a share of its size from jaw to
        jaw and from brows to chin; below zero the crop cuts into it.
    landmarker : FaceLandmarker, default=None
        The transformer that finds the landmarks, whose parameters are searched and set as
        ``landmarker__predictor`` and so on. None is ``FaceLandmarker(memory=memory)``. Where its
        ``on_missing`` is other than "raise", a clip without a face becomes None.
    memory : "auto", str, path-like, LandmarkCache or None, default="auto"
        Cache of results, by content and parameters; see `skmer.landmarks.FaceLandmarker`.
    n_jobs : int, default=None
        Number of clips computed in parallel.
    verbose : int, default=0
        Above zero, show a progress bar on a terminal.

    Notes
    -----
    The transformer is stateless: `fit` only checks its input, and `transform` needs no fit. Frames that are
    shrunk are averaged over the pixels that fall into one. Beyond a frame's border its mirror image is seen.

    References
    ----------
    The size is that of Liong et al., "Shallow Triple Stream Three-dimensional CNN (STSTNet) for
    Micro-expression Recognition", FG 2019, doi:10.1109/FG.2019.8756567. The fixed places are ours.

    Examples
    --------
    >>> from skmer.datasets import make_face_clips
    >>> from skmer.feature_extraction import FaceCropper
    >>> clips = make_face_clips(2, 5, face_size=160, sequence=True, fps=25, random_state=0)
    >>> crops = FaceCropper().fit_transform(clips.sequences)
    >>> crops.shape, len(crops[0]) == len(clips.sequences[0]), crops[0][0].shape
    ((5,), True, (170, 140))
    >>> FaceCropper(size=(64, 64)).fit_transform(clips.frames)[0, 1].shape
    (64, 64)
    """

    _parameter_constraints: dict = {
        "size": ["array-like"],
        "align": ["boolean"],
        "stabilize": ["boolean"],
        "margin": [Interval(Real, -0.5, 10, closed="neither")],
        "landmarker": [FaceLandmarker, None],
        **CLIP_PARAMETERS,
    }

    def __init__(
        self,
        size=(170, 140),
        *,
        align=True,
        stabilize=False,
        margin=0.1,
        landmarker=None,
        memory="auto",
        n_jobs=None,
        verbose=0,
    ):
        self.size = size
        self.align = align
        self.stabilize = stabilize
        self.margin = margin
        self.landmarker = landmarker
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def transform(self, X):
        """Crop the face of every clip.

        Parameters
        ----------
        X : array-like
            Sequences as `skmer.frames.check_sequences` accepts them, or frames as `skmer.frames.check_frames`
            does; no landmarks.

        Returns
        -------
        ndarray of shape (n_clips,) or (n_clips, 3), object
            Grey uint8 images (H, W): sequences of them, which with a cache stand there and not in memory, or
            onset, apex and offset.

        Raises
        ------
        ValueError
            If a frame cannot be read, frames of a clip differ in size, or a face is missing and the
            landmarker's `on_missing` is "raise".
        """
        return super().transform(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sequences = False  # frames will do
        return tags

    def _check_parameters(self):
        size = np.asarray(self.size, dtype=object)
        if size.shape != (2,) or not all(isinstance(side, Integral) and 8 <= side <= 4000 for side in size):
            raise ValueError(
                f"size must be height and width in px, integers from 8 to 4000, got {self.size!r}."
            )

    def _check(self, X):
        clips = check_sequences(X, allow_missing=False) if holds_sequences(X) else check_frames(X)
        if holds_landmarks(clips):
            raise ValueError(
                "frames: FaceCropper needs images, but landmarks were passed; pass paths or images."
            )
        return clips

    def _collected(self, clips):
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        if self.landmarker is None:
            landmarker = FaceLandmarker(memory=self.memory, **options)
        else:
            landmarker = clone(self.landmarker).set_params(n_views=1)
        onsets = landmarker.transform(clips if clips.ndim == 2 else _repeated_onsets(clips))[:, 0]
        found = np.flatnonzero(~np.isnan(onsets).any(axis=(1, 2)))
        settings = tuple(map(int, self.size)), bool(self.align), float(self.margin), bool(self.stabilize)
        work = _CropWork(*settings, keyframes=clips.ndim == 2)
        rows = [(clip, clips[clip], onsets[clip]) for clip in found.tolist()]
        # Keyframes are few: they stay in memory, as the frames of a corpus do.
        memory = None if clips.ndim == 2 else self.memory
        crops = derive_sequences(work, rows, memory=memory, name="crops", **options)
        cropped = np.full(clips.shape, None, dtype=object)
        for clip, images in zip(found, crops, strict=True):
            if clips.ndim == 1:
                cropped[clip] = images
            else:
                for frame, image in enumerate(images):
                    cropped[clip, frame] = image
        return cropped


def _repeated_onsets(sequences):
    """Clips (n, 3) that show the onset three times, for the landmarker."""
    frames = np.empty((len(sequences), 3), dtype=object)
    for clip, sequence in enumerate(sequences):
        onset = sequence[0]
        for frame in range(3):
            frames[clip, frame] = onset
    return frames


class _CropWork:
    """Crops of one clip, for `derive_sequences`; a row is the clip's number, its frames and its landmarks."""

    def __init__(self, size, align, margin, stabilize, *, keyframes):
        self.size, self.align, self.margin, self.stabilize = size, align, margin, stabilize
        self.keyframes = keyframes

    def key(self, row, _):
        clip, sources, landmarks = row
        settings = [self.size, self.align, self.margin, landmarks[_POINTS]]
        if self.stabilize:
            settings.append(landmarks)
        return cache_key("FaceCropper", 1, settings, sequence_digest(sources, clip))

    def compute(self, row, _):
        clip, sources, landmarks = row
        frames = read_sequence(sources, clip, label=frame_label if self.keyframes else sequence_label)
        similarity = crop_similarity(landmarks, self.size, self.align, self.margin)
        with one_opencv_thread():
            if self.stabilize:
                return stabilized_crops(frames, similarity, self.size, landmarks)
            return np.stack([crop_image(frame, similarity, self.size) for frame in frames])


def crop_similarity(landmarks, size, align=True, margin=0.1):
    """Similarity from a frame to the crop.

    Parameters
    ----------
    landmarks : ndarray of shape (68, 2)
        Of the frame, in px.
    size : (int, int)
        Height and width of the crop.
    align, margin
        See `FaceCropper`.

    Returns
    -------
    ndarray of shape (2, 3)
    """
    height, width = size
    scale = min(np.array([width, height]) / ((_HIGH - _LOW) * (1 + 2 * margin)))
    centre = np.array([width - 1, height - 1]) / 2
    target = scale * (MEAN_SHAPE[_POINTS] - (_LOW + _HIGH) / 2) + centre
    points = landmarks[_POINTS]
    similarity = fit_similarity(points, target)
    if not align:
        grow = np.hypot(*similarity[:, 0])
        similarity = np.column_stack([grow * np.eye(2), target.mean(axis=0) - grow * points.mean(axis=0)])
    return similarity


def crop_image(image, similarity, size):
    """Crop of an image; where it shrinks, an average over the pixels that fall into one.

    Parameters
    ----------
    image : ndarray of shape (H, W), uint8
        The frame.
    similarity : ndarray of shape (2, 3)
        From the frame to the crop.
    size : (int, int)
        Height and width of the crop.

    Returns
    -------
    ndarray of the size, uint8
    """
    fine = max(1, int(np.ceil(1 / np.hypot(*similarity[:, 0]))))
    finer = fine * similarity
    finer[:, 2] += (fine - 1) / 2  # pixel centres are at integers in both
    options = {"flags": cv2.INTER_LINEAR if fine > 1 else cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REFLECT}
    crop = cv2.warpAffine(image, finer, (fine * size[1], fine * size[0]), **options)
    return crop if fine == 1 else cv2.resize(crop, (size[1], size[0]), interpolation=cv2.INTER_AREA)


def stabilized_crops(frames, similarity, size, landmarks):
    """Crops of frames in which most of the face stands still and is as bright as on the first.

    Parameters
    ----------
    frames : sequence of ndarray of shape (H, W), uint8
        The first is the reference.
    similarity : ndarray of shape (2, 3)
        From the first frame to its crop.
    size : (int, int)
        Height and width of the crops.
    landmarks : ndarray of shape (68, 2)
        Of the first frame in px; what they enclose is the face.

    Returns
    -------
    ndarray of shape (n_frames, *size), uint8
    """
    first = crop_image(frames[0], similarity, size)
    hull = cv2.convexHull(apply_similarity(similarity, landmarks).round().astype(np.int32))
    face = cv2.fillConvexPoly(np.zeros(size, np.uint8), hull, 1).astype(bool)
    y, x = np.nonzero(face[::_STEP, ::_STEP])
    points = _STEP * np.column_stack([x, y]).astype(np.float64)
    crops = [first]
    for frame in frames[1:]:
        for _ in range(_ROUNDS):  # from where the frame before was found
            flow = optical_flow(first, crop_image(frame, similarity, size))
            back = _common_motion(points + flow[y * _STEP, x * _STEP], points)
            similarity = _after(back, similarity)
        crop = crop_image(frame, similarity, size)
        gain = first[face].mean() / max(crop[face].mean(), 1.0)
        crops.append(np.clip(np.rint(gain * crop), 0, 255).astype(np.uint8))
    return np.stack(crops)


def _common_motion(source, target):
    """Similarity that most of the points follow; the rest is left out round by round."""
    follows = np.ones(len(source), dtype=bool)
    for _ in range(_TRIMS):
        similarity = fit_similarity(source[follows], target[follows])
        distance = np.linalg.norm(apply_similarity(similarity, source) - target, axis=1)
        follows = distance <= _OUTLIER * np.median(distance)
    return similarity


def _after(second, first):
    """Similarity that is a first one and then a second one."""
    return second[:, :2] @ first + np.column_stack([np.zeros((2, 2)), second[:, 2]])
