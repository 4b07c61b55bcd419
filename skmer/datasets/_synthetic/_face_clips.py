"""Synthetic corpora of face images with known movements."""

import os

import cv2
import numpy as np

from skmer._utils._arguments import (
    FLAG,
    PATH,
    SEED,
    TEXT,
    Items,
    Numbers,
    check_argument,
    checked,
    integer,
    positive,
    real,
)
from skmer.datasets._synthetic._corpus_plan import REFERENCE_SIZE, draw_plan, numpy_generator
from skmer.datasets._synthetic._landmark_clips import (
    apply_head_motion,
    clip_names,
    draw_head_motion,
    identity_shapes,
    plan_truth,
    synthetic_clips,
)
from skmer.datasets._synthetic._portrait import (
    ASTRONAUT_POINTS,
    Camera,
    Person,
    RadialWarp,
    RenderedSequence,
    astronaut,
    warp_image,
    write_frames,
)
from skmer.datasets._synthetic._timeline import draw_course
from skmer.face import MEAN_SHAPE, MIRROR_POINTS

_FACE_WIDTH = np.linalg.norm(ASTRONAUT_POINTS[16] - ASTRONAUT_POINTS[0])
_EYE_WIDTH = np.linalg.norm(ASTRONAUT_POINTS[45] - ASTRONAUT_POINTS[36])
_FACE_CENTER = (ASTRONAUT_POINTS.min(axis=0) + ASTRONAUT_POINTS.max(axis=0)) / 2
_HEIGHT, _WIDTH = 12 / 7, 11 / 7  # of the default frame, in face sizes
_IDENTITY_RADIUS = 1.2  # of a point's influence, in eye-corner distances
_GAMMA = 1.35
_LARGEST = 4000  # px; the picture itself has a face of 90


@checked(
    n_subjects=[integer(1, 10**5)],
    n_clips=[integer(1, 10**6)],
    dataset=TEXT,
    amplitude=[Numbers(2)],
    head_motion=[real(0, 1e6)],
    light=[real(0, 10)],
    noise_sigma=[real(0, 1e3)],
    jpeg_quality=[integer(1, 100), None],
    color=FLAG,
    face_size=[real(1, 1e4)],
    frame_size=[Items(integer(1, 1 << 14), n=2), None],
    sequence=FLAG,
    fps=[real(1e-3, 1e6)],
    folder=[*PATH, None],
    random_state=SEED,
)
def make_face_clips(
    n_subjects=12,
    n_clips=120,
    *,
    dataset="casme2",
    amplitude=(0.5, 2.5),
    head_motion=1.0,
    light=0.04,
    noise_sigma=2.0,
    jpeg_quality=90,
    color=True,
    face_size=280.0,
    frame_size=None,
    sequence=False,
    fps=200,
    folder=None,
    random_state=None,
):
    """Make images of synthetic micro-expressions.

    One photograph in the public domain, scikit-image's astronaut, becomes different people by smooth warps, a
    mirror and gamma; a person's face is then moved by the action units of each clip's class. Labels, units,
    sides and subjects are drawn as in `make_landmark_clips`.

    Parameters
    ----------
    n_subjects : int, default=12
        Subjects, at least two.
    n_clips : int, default=120
        Clips, at least one for every subject and class.
    dataset : {"casme2", "samm", "casme3", "megc2019"}, default="casme2"
        Data set whose classes and action units are used.
    amplitude : (float, float), default=(0.5, 2.5)
        Range of the apex's largest displacement, uniform, in px of a 280 px face. The offset keeps 0-30 % of
        it.
    head_motion : float, default=1.0
        Factor of the rigid motion of apex and offset: up to .5 degrees, 3 px and .5 % each way. Zero for
        none.
    light : float, default=0.04
        Brightness of each frame varies by up to this share each way.
    noise_sigma : float, default=2.0
        Standard deviation of the pixel noise in grey levels.
    jpeg_quality : int or None, default=90
        Quality at which every frame is compressed and read again; None for no compression.
    color : bool, default=True
        RGB frames (height, width, 3), else grey ones (height, width), in a third of the memory.
    face_size : float, default=280
        Width in px of the face between the first and the last jaw point (0 and 16), which is about its height
        from brow to chin; at least 100. Amplitudes and head motion grow with it.
    frame_size : (int, int), default=None
        Height and width of the frames; by default 12/7 and 11/7 of `face_size` (480 and 440 px), which leaves
        the face detector room and half the memory of a full 690 x 660 frame.
    sequence : bool, default=False
        Whether clips have ``sequences`` and ``times`` too: .12 to .7 s from onset to offset, in which the
        movement rises to the apex and falls by half a cosine wave each. The keyframes are those without, and
        the positions of the three are in the table. Frames are rendered each time they are read.
    fps : float, default=200
        Frames a second of the sequences, from 20 to 1000.
    folder : path-like, default=None
        Folder to write the frames to, as PNG files ``<subject>/<clip>/img<k>.png``, one by one; frames and
        sequences are then paths, and images of one clip are in memory at a time.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same corpus every time.

    Returns
    -------
    clips : MicroExpressionClips
        With uint8 images (n_clips, 3), or paths, as frames and a `truth`. 120 colour clips take 230 MB.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    ImportError
        If scikit-image, which holds the picture, is not installed.

    Notes
    -----
    The movement of the 68 points is interpolated by a smooth function that fades out within half an
    eye-corner distance, and inverted to sample the picture, so that `truth` is what the picture does. The
    photographed person smiles: her neutral face is a smile.

    Examples
    --------
    >>> from skmer.datasets import make_face_clips
    >>> clips = make_face_clips(n_subjects=2, n_clips=5, random_state=0)
    >>> clips.frames[0, 1].shape, clips.truth.displacement.shape
    ((480, 440, 3), (5, 3, 68, 2))
    """
    camera = Camera(light, noise_sigma, jpeg_quality, bool(color))
    shape = _check_sizes(face_size, frame_size)
    scale = face_size / REFERENCE_SIZE
    rng = numpy_generator(random_state)
    plan = draw_plan(dataset, n_subjects, n_clips, amplitude, rng)
    # A stream of its own, so that keyframes are the same with and without sequences.
    own = rng.spawn(1)[0]
    course = draw_course(n_clips, fps, own) if sequence else None
    people = draw_people(n_subjects, shape, face_size, camera.color, rng)
    displacement = scale * plan.displacement
    motion = draw_head_motion(n_clips, head_motion, scale, rng)
    onset = np.stack([person.points for person in people])[plan.subject]
    points = apply_head_motion(motion, onset[:, None] + displacement)
    frames, sequences = np.empty((n_clips, 3), object), None if course is None else [None] * n_clips
    for clip, name in enumerate(clip_names(plan, dataset)):  # sorted by person
        person, moves = people[plan.subject[clip]], (displacement[clip], motion[clip])
        images, brightness = _film(person, camera, *moves, rng)
        keyframes = (0, 1, 2) if course is None else course.keyframes(clip)
        if course is not None:
            seed = int(own.integers(2**63))
            images = RenderedSequence(person, camera, keyframes, images, *moves, brightness, seed)
        if folder is not None:
            images = write_frames(os.path.join(folder, *name), images)
        if course is not None:
            sequences[clip] = images
        for frame, position in enumerate(keyframes):
            frames[clip, frame] = images[position]
    truth = plan_truth(plan, scale, displacement, points)
    return synthetic_clips(frames, plan, truth, dataset, random_state, course, sequences)


def _film(person, camera, displacement, motion, rng):
    """Images and brightness of the keyframes."""
    images, brightness = [], []
    for frame in range(3):
        moved = person.moved(displacement[frame], motion[frame]) if frame else person.image
        brightness.append(camera.draw_light(rng))
        images.append(camera.take(moved, brightness[-1], rng))
    return images, np.array(brightness)


def _check_sizes(face_size, frame_size):
    check_argument("face_size", face_size, [positive()])
    if not 100 <= face_size <= _LARGEST:
        raise ValueError(
            f"face_size must be at least 100 px, as in the picture, and at most {_LARGEST}, got {face_size}."
        )
    if frame_size is None:
        return round(_HEIGHT * face_size), round(_WIDTH * face_size)
    try:
        height, width = frame_size
    except (TypeError, ValueError) as error:
        raise ValueError(f"frame_size must be a pair (height, width), got {frame_size!r}.") from error
    for side in (height, width):
        check_argument("frame_size", side, [integer(int(face_size) + 1, 4 * _LARGEST)])
    return height, width


def draw_people(n_subjects, shape, face_size, color, rng):
    """Neutral faces of subjects, with image and points, in frames of a shape; list."""
    picture = astronaut() if color else cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    zoom = face_size / _FACE_WIDTH
    center = (np.array([shape[1], shape[0]]) - 1) / 2
    place = np.column_stack([zoom * np.eye(2), center - zoom * _FACE_CENTER])
    image = cv2.warpAffine(
        picture.astype(np.float32), place, shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    points = ASTRONAUT_POINTS @ place[:, :2].T + place[:, 2]
    variation = (identity_shapes(n_subjects, rng) - MEAN_SHAPE) * zoom * _EYE_WIDTH
    return [_draw_person(image, points, change, rng) for change in variation]


def _draw_person(image, points, change, rng):
    """Bend, perhaps mirror, and relight the picture; the bent points are where the picture has them."""
    bent = points + change
    warp = RadialWarp(bent, image.shape[:2], _IDENTITY_RADIUS * np.linalg.norm(points[45] - points[36]))
    image = np.clip(warp_image(image, warp.field(change)), 0, 255)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        bent = bent[list(MIRROR_POINTS)] * (-1, 1) + (image.shape[1] - 1, 0)
    gamma = np.exp(rng.uniform(-1, 1) * np.log(_GAMMA))
    return Person((255 * (image / 255) ** np.float32(gamma)).astype(np.float32), bent)
