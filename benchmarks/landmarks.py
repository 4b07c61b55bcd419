"""How well, and how fast, landmarks see movements of a pixel: prints the tables of docs/landmarks.md.

python benchmarks/landmarks.py [accuracy] [sequences] [apex] [stillness] [foreign] [speed] [memory] [picture]
    [--subjects 6] [--clips 36]
"""

import argparse
import itertools
import resource
import tempfile
import time
from pathlib import Path

import cv2
import dlib
import numpy as np

from skmer.datasets import make_face_clips
from skmer.face import FaceGraph
from skmer.frames import read_sequence
from skmer.landmarks import FaceLandmarker, LandmarkCache, align_landmarks, find_apex, find_predictor
from skmer.magnification import magnify_lagrangian, magnify_phase
from skmer.pipelines import recommended

NODES = list(FaceGraph.preset("brow-nose-lip31").nodes)
MODES = {
    "flow": {"tracking": "flow"},
    "detect, 30 boxes": {"tracking": "detect"},
    "detect, 1 box": {"tracking": "detect", "n_boxes": 1},
}
CLEAN = {"head_motion": 0.0, "light": 0.0, "noise_sigma": 0.0, "jpeg_quality": None}
CONDITIONS = {
    "nothing": CLEAN,
    "pixel noise, sigma 2": CLEAN | {"noise_sigma": 2.0},
    "JPEG 90": CLEAN | {"jpeg_quality": 90},
    "JPEG 75": CLEAN | {"jpeg_quality": 75},
    "light 4 %": CLEAN | {"light": 0.04},
    "head .5 degrees, 3 px, .5 %": CLEAN | {"head_motion": 1.0},
    "all together": {},
    "all, JPEG 75": {"jpeg_quality": 75},
    "all, head 3 degrees, 18 px, 3 %": {"head_motion": 6.0},
    "all, half-size face": {"face_size": 140.0},
    "all, double-size face": {"face_size": 560.0},
}
SEQUENCES = (
    ("all together", 200),
    ("all, half-size face", 200),
    ("all together", 25),
    ("all together", 100),
    ("all, JPEG 75", 200),
)
AMPLITUDES = (0.5, 1.0, 2.0, 3.0)
STILL = (1e-9, 1e-9)


def table(header, rows):
    """Print rows as a markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        print(
            "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row) + " |"
        )


def node_motion(landmarks, face_size=280.0):
    """Aligned displacement (n, 2, 31, 2) of apex and offset, in px of a 280 px face."""
    aligned = align_landmarks(landmarks)
    return (aligned[:, 1:] - aligned[:, :1])[:, :, NODES] * (280.0 / face_size)


def rms(error):
    """Root mean square length of the vectors on the last axis."""
    return float(np.sqrt((error**2).sum(axis=-1).mean()))


def recovered(found, truth):
    """Gain and mean cosine over the apexes whose nodes move at all (a lid does not)."""
    found, truth = (motion[:, 0].reshape(len(motion), -1) for motion in (found, truth))
    moving = np.abs(truth).max(axis=1) > 0.25 * np.abs(truth).max()
    found, truth = found[moving], truth[moving]
    inner = (found * truth).sum(axis=1)
    cosine = inner / np.linalg.norm(found, axis=1) / np.linalg.norm(truth, axis=1)
    return float(inner.sum() / (truth**2).sum()), float(cosine.mean())


def accuracy(options):
    """Noise on still faces, gain and cosine on moved ones, by condition and mode."""
    rows = []
    for condition, parameters in CONDITIONS.items():
        corpora = [corpus(options, (size, size), parameters) for size in AMPLITUDES]
        still = corpus(options, STILL, parameters)
        size = parameters.get("face_size", 280.0)
        for mode in options.modes:
            landmarker = FaceLandmarker(memory=None, **MODES[mode])
            start = time.perf_counter()
            noise = rms(
                node_motion(landmarker.transform(still.frames), size) - node_motion(still.truth.points, size)
            )
            duration = (time.perf_counter() - start) / len(still) * 1e3
            motions = [
                recovered(node_motion(landmarker.transform(clips.frames)), node_motion(clips.truth.points))
                for clips in corpora
            ]
            cells = [f"{gain:.2f} / {cosine:.3f}" for gain, cosine in motions]
            rows.append([condition, mode, noise, *cells, round(duration)])
            print(rows[-1], flush=True)
    print()
    table(
        [
            "condition",
            "mode",
            "noise, px",
            *(f"{size:g} px: gain / cosine" for size in AMPLITUDES),
            "ms a clip",
        ],
        rows,
    )


def sequences(options):
    """Noise and recovery from whole sequences and from their keyframes, and time relative to dlib."""
    tools = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(find_predictor()))
    landmarker, rows = FaceLandmarker(memory=None), []
    for condition, fps in SEQUENCES:
        parameters = CONDITIONS[condition] | {"sequence": True, "fps": fps}
        size = parameters.get("face_size", 280.0)
        still, moved = (corpus(options, size_of, parameters) for size_of in (STILL, (1.0, 1.0)))
        images = [read_sequence(sequence) for sequence in still.sequences]
        stacks = np.fromiter(images, object, len(images))
        start = time.perf_counter()
        found = landmarker.transform(stacks)
        duration = time.perf_counter() - start
        shown = np.fromiter(itertools.chain.from_iterable(images), object)
        dlib_time = timed(lambda shown=shown: detect_each_frame(shown, *tools))
        errors = [
            rms(node_motion(points, size) - node_motion(still.truth.points, size))
            for points in (landmarker.transform(still.frames), found)
        ]
        truth = node_motion(moved.truth.points)
        motions = [
            recovered(node_motion(landmarker.transform(given)), truth)
            for given in (moved.frames, moved.sequences)
        ]
        cells = [f"{gain:.2f} / {cosine:.3f}" for gain, cosine in motions]
        rows.append([condition, fps, *errors, *cells, duration / dlib_time])
        print(rows[-1], flush=True)
    kinds = "keyframes", "sequences"
    motion = [f"1 px, {kind}: gain / cosine" for kind in kinds]
    table(["condition", "fps", *(f"noise, {kind}" for kind in kinds), *motion, "time over dlib"], rows)


def apex(options):
    """How far from the true apex `find_apex` and the landmarks of sequences put it, in ms."""
    rows = []
    for size in (0.5, 1.0, 2.0):
        for fps in (25, 100, 200):
            clips = corpus(options, (size, size), {"sequence": True, "fps": fps})
            true = (clips.table["apex"] - clips.table["onset"]).to_numpy()
            found = [find_apex(read_sequence(own), memory=None) for own in clips.sequences]
            placed = FaceLandmarker(memory=None).extract(clips.sequences).table["apex"]
            errors = [np.abs(own - true) * 1e3 / fps for own in (np.array(found), placed.to_numpy())]
            rows.append(
                [size, fps, *(f"{np.median(own):.0f} / {np.quantile(own, 0.9):.0f}" for own in errors)]
            )
            print(rows[-1], flush=True)
    table(["px", "fps", "find_apex, ms: median / 90 %", "FaceLandmarker, ms"], rows)


def stillness(options):
    """Share of still faces said to move, and of movements said to be none, by the recommended pipeline."""
    threshold, rows = recommended().least_reliability, []
    for given in ("frames", "sequences"):
        for condition in ("all together", "all, JPEG 75", "all, half-size face"):
            parameters = CONDITIONS[condition] | ({"sequence": True} if given == "sequences" else {})
            said = []
            for size in (0.0, 0.5, 1.0):
                clips = corpus(options, (size, size) if size else STILL, parameters)
                still = FaceLandmarker(memory=None).reliability(getattr(clips, given)) < threshold
                lengths = np.linalg.norm(node_motion(clips.truth.points)[:, 0], axis=-1).max(axis=1)
                said.append(still[lengths >= size / 4])  # a lid moves no node
            wrong = [(~said[0]), *said[1:]]
            cells = [f"{share.sum()} of {len(share)}" for share in wrong]
            rows.append([given, condition, *cells])
            print(rows[-1], flush=True)
    table(["input", "condition", "still, said to move", ".5 px missed", "1 px missed"], rows)


def corpus(options, amplitude, parameters):
    """Clips of the options' subjects, six or more each, with this amplitude at the apex."""
    clips, subjects = options.clips, options.subjects
    return make_face_clips(subjects, clips, amplitude=amplitude, random_state=options.seed, **parameters)


def shadow(frame, points, rng):
    """A soft shadow edge across the face, a fifth darker on one side."""
    x, y = np.meshgrid(*(np.arange(size) for size in frame.shape[1::-1]))
    angle, centre = rng.uniform(0, np.pi), points[30]
    side = np.cos(angle) * (x - centre[0]) + np.sin(angle) * (y - centre[1])
    return frame * (1 - 0.2 / (1 + np.exp(-side / 8)))[..., None]


def spots(frame, points, rng):
    """Four specular highlights, 5 px wide, at places of their own."""
    light = np.zeros(frame.shape[:2])
    for place in points[rng.choice(NODES, 4, replace=False)] + rng.normal(0, 6, (4, 2)):
        light[tuple(np.clip(np.round(place[::-1]).astype(int), 0, np.array(light.shape) - 1))] = (
            60 * 2 * np.pi * 2.5**2
        )
    return frame + cv2.GaussianBlur(light, (0, 0), 2.5)[..., None]


def blink(frame, points, rng):
    """Both eyes painted over with the skin below them, and a dark line of lashes."""
    frame = frame.astype(np.float64)
    for eye in (points[36:42], points[42:48]):
        outline = np.round(eye.mean(axis=0) + 0.85 * (eye - eye.mean(axis=0))).astype(np.int32)
        mask = cv2.GaussianBlur(cv2.fillPoly(np.zeros(frame.shape[:2]), [outline], 1.0), (0, 0), 1.5)[
            ..., None
        ]
        skin = np.roll(frame, -round(1.5 * np.ptp(eye[:, 1])), axis=0)
        frame = frame * (1 - mask) + skin * mask
        cv2.polylines(frame, [outline[[0, 5, 4, 3]]], False, (60.0, 45.0, 40.0), 2, cv2.LINE_AA)
    return frame


def wrinkles(frame, points, rng):
    """Dark furrows that appear: two between the brows, one beside each wing of the nose."""
    furrows = np.zeros(frame.shape[:2])
    between, lines = (points[21] + points[22]) / 2, []
    for side, wing in ((-1, points[31]), (1, points[35])):
        lines.append(np.add(between, [[4 * side, -10], [4 * side, 12]]))
        lines.append(np.add(wing, [[8 * side, 0], [22 * side, 25]]))
    cv2.polylines(furrows, [np.round(line).astype(np.int32) for line in lines], False, 1.0, 2, cv2.LINE_AA)
    return frame - 25 * cv2.GaussianBlur(furrows, (0, 0), 1.2)[..., None]


def foreign(options):
    """Error on still faces whose apex changes by what is no movement; in sequences it comes and goes."""
    rows = []
    for change in (shadow, spots, blink, wrinkles):
        rng = np.random.default_rng(options.seed)
        clips = corpus(options, STILL, {})
        frames = clips.frames.copy()
        for clip, points in enumerate(clips.truth.points):
            changed = change(frames[clip, 1], points[1], rng)
            frames[clip, 1] = np.clip(np.round(changed), 0, 255).astype(np.uint8)
        truth = node_motion(clips.truth.points)
        cells = [rms((node_motion(landmarks(frames, MODES[mode])) - truth)[:, 0]) for mode in options.modes]
        clips = corpus(options, STILL, {"sequence": True, "fps": 100})
        frames = np.fromiter((changing(clips, k, change, options.seed) for k in range(len(clips))), object)
        found = node_motion(landmarks(frames, {})) - node_motion(clips.truth.points)
        rows.append([change.__name__, *cells, rms(found[:, 0])])
        print(rows[-1], flush=True)
    table(["change at the apex", *options.modes, "flow, sequences"], rows)


def landmarks(frames, settings):
    """Landmarks of clips, found anew."""
    return FaceLandmarker(memory=None, **settings).transform(frames)


def changing(clips, clip, change, seed):
    """Frames of a sequence in which a change comes and goes, whole in the middle."""
    shown, points = read_sequence(clips.sequences[clip], mode="RGB"), clips.truth.points[clip, 0]
    strength = np.sin(np.linspace(0, np.pi, len(shown))) ** 2
    images = []
    for image, w in zip(shown, strength, strict=True):
        changed = change(image, points, np.random.default_rng([seed, clip]))
        images.append(np.clip(np.round((1 - w) * image + w * changed), 0, 255).astype(np.uint8))
    return images


def detect_each_frame(frames, detector, predictor):
    """What the default is measured against: dlib, detection and prediction on every frame."""
    for image in frames.flat:
        for box in detector(image, 0)[:1]:
            [(point.x, point.y) for point in predictor(image, box).parts()]


def speed(options):
    """Time relative to dlib on each frame at 640 x 480, the two in turn."""
    clips = make_face_clips(2, options.clips, frame_size=(480, 640), random_state=options.seed)
    tools = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(find_predictor()))
    rows, reference = [], []
    contenders = {
        f"{mode}, n_jobs={jobs}": settings | {"n_jobs": jobs}
        for mode, settings in MODES.items()
        for jobs in (1, 2)
    }
    times = {name: [] for name in contenders}
    for _ in range(3):
        reference.append(timed(lambda: detect_each_frame(clips.frames, *tools)))
        for name, settings in contenders.items():
            landmarker = FaceLandmarker(memory=None, **settings)
            times[name].append(timed(lambda landmarker=landmarker: landmarker.transform(clips.frames)))
    base = min(reference)
    rows = [[name, 1e3 * min(seen) / len(clips), min(seen) / base] for name, seen in times.items()]
    table(["mode", "ms a clip", "ratio"], [["dlib on each frame", 1e3 * base / len(clips), 1.0], *rows])


def timed(call):
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def memory(options):
    """Peak memory of ever more clips given as paths."""
    with tempfile.TemporaryDirectory() as folder:
        clip = make_face_clips(2, 10, face_size=140.0, random_state=options.seed).frames[0]
        paths = [Path(folder) / f"{name}.png" for name in ("onset", "apex", "offset")]
        for path, image in zip(paths, clip, strict=True):
            cv2.imwrite(str(path), image)
        rows = []
        for n_clips in (100, 1000, 10_000):
            FaceLandmarker(memory=LandmarkCache(folder)).transform([list(map(str, paths))] * n_clips)
            rows.append([n_clips, round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)])
        table(["clips", "peak memory, MB"], rows)


def picture(options):
    """Draw a clip before and after magnification into docs/_static/magnification.jpg."""
    clips = make_face_clips(2, 10, amplitude=(2.0, 2.0), **CLEAN, random_state=options.seed)
    clip = int(np.argmax(np.abs(node_motion(clips.truth.points)[:, 0]).sum(axis=(1, 2))))
    onset, apex, _ = (frame[50:410, 60:380] for frame in clips.frames[clip])
    shown = [onset, apex, magnify_lagrangian(onset, apex, 4.0), magnify_phase(onset, apex, 4.0)]
    changes = [cv2.convertScaleAbs(cv2.absdiff(onset, image), alpha=3.0) for image in shown]
    whole = cv2.resize(cv2.vconcat([cv2.hconcat(shown), cv2.hconcat(changes)]), None, fx=0.5, fy=0.5)
    target = Path(__file__).parents[1] / "docs" / "_static" / "magnification.jpg"
    cv2.imwrite(str(target), cv2.cvtColor(whole, cv2.COLOR_RGB2BGR))
    print(target.name)


def main():
    """Run the parts named on the command line, by default all."""
    parts = {
        part.__name__: part
        for part in (accuracy, sequences, apex, stillness, foreign, speed, memory, picture)
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(parts), choices=[*parts, []])
    parser.add_argument("--subjects", type=int, default=6)
    parser.add_argument("--clips", type=int, default=36)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--modes", nargs="*", default=list(MODES), choices=list(MODES))
    options = parser.parse_args()
    for part in options.parts:
        print(f"\n{part}\n")
        parts[part](options)


if __name__ == "__main__":
    main()
