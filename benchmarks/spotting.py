"""Spotters on synthetic long videos whose generator settings chose nothing, and what the tracker is worth.

python benchmarks/spotting.py rates --fps 25 30 --family samm  spotters, leave-one-subject-out
python benchmarks/spotting.py tracker                          landmarks of FaceTracker, of dlib, true ones
python benchmarks/spotting.py drift --n-frames 10000           drift and noise in px, and frames a second
python benchmarks/spotting.py speed --n-frames 1200 --n-jobs 2 frames a second of 640 x 480, beside dlib's
"""

import argparse
import time

import numpy as np

from skmer.datasets import make_long_videos
from skmer.frames import one_opencv_thread
from skmer.landmarks import FaceTrack, FaceTracker, find_predictor
from skmer.spotting import MDMDSpotter, MotionSpotter, OpticalFlowSpotter, evaluate_spotting

# MotionSpotter's bands and shares were chosen on casme2 videos of the generator's defaults, seeds 0 to 2.
FAMILIES = {
    "samm": {
        "dataset": "samm",
        "micro_amplitude": (1.0, 3.5),
        "macro_amplitude": (3.0, 8.0),
        "speech": 0.04,
        "blinks_per_minute": 18.0,
        "head_motion": 0.8,
        "random_state": 303,
    },
    "casme3": {
        "dataset": "casme3",
        "micro_amplitude": (0.7, 2.5),
        "macro_amplitude": (2.5, 10.0),
        "speech": 0.12,
        "blinks_per_minute": 10.0,
        "head_motion": 1.3,
        "random_state": 404,
    },
}
SPOTTERS = {
    "MDMD, published p": MDMDSpotter(),
    "MDMD, p and height learned": MDMDSpotter(learn=True),
    "flow rule, published height": OpticalFlowSpotter(),
    "flow rule, heights learned": OpticalFlowSpotter(height=None),
    "flow rule, Savitzky-Golay": OpticalFlowSpotter(height=None, smoothing="savgol"),
    "MotionSpotter": MotionSpotter(),
}
FACE, NOISE = 140.0, 0.06  # px; noise of the landmarks in each frame, as FaceTracker has it


def corpus(family, fps, n_subjects, seconds, seed=None):
    """Videos as images, and their tracks: true landmarks with a tracker's noise and drift."""
    options = FAMILIES[family] | {"fps": fps, "duration": seconds, "face_size": FACE}
    options |= {} if seed is None else {"random_state": seed}
    sizes = {"n_subjects": n_subjects, "n_videos": n_subjects, "empty": 0.25, "micro_per_minute": 5.0}
    noisy = make_long_videos(**sizes, **options, noise=NOISE)
    films = make_long_videos(**sizes, **options, images=True)
    tracks = []
    for k, name in enumerate(films.names):
        error = noisy.frames[k] - noisy.truth.points[k]
        points = films.truth.points[k] + error
        tracks.append(FaceTrack(points, films.times[k], name=str(name), source=films.frames[k]))
    return films, tracks


def compare_rates(options):
    for family in options.family:
        for fps in options.fps:
            compare_spotters(family, fps, options)


def compare_spotters(family, fps, options):
    films, tracks = corpus(family, fps, options.n_subjects, options.seconds, options.seed)
    counts = films.intervals["type"].value_counts().to_dict()
    print(f"{family}, {fps:g} frames a second, {films!r}\n{counts}")
    for name, spotter in SPOTTERS.items():
        if options.only and not any(part in name for part in options.only):
            continue
        started = time.perf_counter()
        result = evaluate_spotting(spotter, films, tracks)
        minutes, spent = result.scores.loc["all", "fp_per_minute"], time.perf_counter() - started
        print(f"{name:28} {with_intervals(result)}; FP/min {minutes:.2f}; {spent:.0f} s", flush=True)


def with_intervals(result):
    """F1 of each kind of movement with its interval."""
    intervals, scores = result.confidence(), result.scores
    return "; ".join(
        f"{kind} {scores.loc[kind, 'f1']:.3f} [{intervals[kind].low:.3f}, {intervals[kind].high:.3f}]"
        for kind in ("micro", "macro", "all")
    )


def dlib_track(frames, times, name):
    """Landmarks of dlib's detector and predictor on each frame."""
    from skmer.landmarks._detection import face_points, find_face
    from skmer.landmarks._predictor import load_predictor

    predictor = load_predictor(str(find_predictor()))
    points = np.full((len(frames), 68, 2), np.nan)
    for k in range(len(frames)):
        image = frames[k]
        face = find_face(image)
        if face is not None:
            points[k] = face_points(image, face.box, predictor, 1)
    return FaceTrack(points, times, name=name)


def compare_trackers(options):
    sizes = options.n_subjects, options.seconds, options.seed
    films, given = corpus(options.family[0], options.fps[0], *sizes)
    tracks = {"true landmarks, a tracker's noise": given, "FaceTracker": [], "dlib on each frame": []}
    for frames, times, name in zip(films.frames, films.times, films.names, strict=True):
        tracks["FaceTracker"].append(FaceTracker(memory=None).track(frames, times=times, name=str(name)))
        with one_opencv_thread():
            tracks["dlib on each frame"].append(dlib_track(frames, times, str(name)))
    for name, own in tracks.items():
        print(f"{name:36} {with_intervals(evaluate_spotting(MotionSpotter(), films, own))}", flush=True)


def measure_drift(options):
    videos = make_long_videos(
        1, 1, duration=options.n_frames / 30, face_size=options.face, images=True, empty=1, random_state=7
    )
    frames, truth = videos.frames[0], videos.truth.points[0]
    shape = frames[0].shape
    started = time.perf_counter()
    track = FaceTracker(memory=None, n_jobs=options.n_jobs).track(frames, fps=30)
    spent = time.perf_counter() - started
    started = time.perf_counter()
    for k in range(0, len(frames), 10):
        frames[k]
    rendering = 10 * (time.perf_counter() - started)
    sample = range(0, len(frames), max(1, len(frames) // 300))
    images = [frames[k] for k in sample]
    started = time.perf_counter()
    with one_opencv_thread():
        detected = dlib_track(images, np.arange(len(images)) / 30, "dlib").points
    dlib_rate = len(images) / (time.perf_counter() - started)
    rate = len(frames) / max(spent - rendering, 1e-9)
    print(
        f"{len(frames)} frames of {shape[1]} x {shape[0]}, face {options.face:g} px, n_jobs {options.n_jobs}"
    )
    print(f"FaceTracker {rate:.0f} frames/s ({spent:.0f} s, {rendering:.0f} s of it making frames)")
    print(f"dlib on each frame {dlib_rate:.0f} frames/s; FaceTracker is {rate / dlib_rate:.2f} times as fast")
    report("FaceTracker", track.points - truth)
    error = detected - truth[list(sample)]
    print(f"dlib: noise {np.nanstd(error - np.nanmean(error, axis=0)):.3f} px")


def measure_speed(options):
    """FaceTracker and dlib on each of the same frames, which are made before."""
    videos = make_long_videos(
        1, 1, duration=options.n_frames / 30, face_size=options.face, images=True, empty=0, random_state=8
    )
    frames = [on_canvas(frame) for frame in videos.frames[0]]
    rates = {}
    for n_jobs in sorted({1, options.n_jobs or 1}):
        started = time.perf_counter()
        track = FaceTracker(memory=None, n_jobs=n_jobs).track(frames, fps=30)
        rates[n_jobs] = len(frames) / (time.perf_counter() - started)
        print(f"FaceTracker, n_jobs={n_jobs}: {rates[n_jobs]:.0f} frames/s, found {track.found.mean():.3f}")
    images = frames[:: max(1, len(frames) // 200)]
    started = time.perf_counter()
    with one_opencv_thread():
        dlib_track(images, 30.0, "dlib")
    rate = len(images) / (time.perf_counter() - started)
    print(
        f"dlib on each frame, one process: {rate:.1f} frames/s; n_jobs=1 is {rates[1] / rate:.2f} times that"
    )


def on_canvas(frame, width=640, height=480):
    """The frame in the middle of a grey image."""
    image = np.full((height, width), 110, np.uint8)
    part = frame[: min(height, frame.shape[0]), : min(width, frame.shape[1])]
    top, left = (height - part.shape[0]) // 2, (width - part.shape[1]) // 2
    image[top : top + part.shape[0], left : left + part.shape[1]] = part
    return image


def report(name, error):
    """Print noise from frame to frame, and the slow error in ten parts of the video, in px."""
    parts = np.array_split(error - np.nanmedian(error[:300], axis=0), 10)
    slow = [np.sqrt(np.nanmean(np.nanmean(part, axis=0) ** 2)) for part in parts]
    fast = np.nanstd(np.diff(error, axis=0)) / np.sqrt(2)
    print(f"{name}: noise {fast:.3f} px; drift by tenths {' '.join(f'{value:.2f}' for value in slow)} px")
    found = np.isfinite(error).all(axis=(1, 2)).mean()
    rms = np.sqrt(np.nanmean((error - np.nanmean(error, axis=0)) ** 2))
    print(f"  found {found:.4f}; rms about its own mean {rms:.2f} px")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("rates", "tracker", "drift", "speed"))
    parser.add_argument("--family", nargs="+", default=["samm"], choices=FAMILIES)
    parser.add_argument("--fps", nargs="+", type=float, default=[30.0])
    parser.add_argument("--n-subjects", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--seed", type=int, help="of the videos, instead of the family's own")
    parser.add_argument("--only", nargs="+", help="spotters whose name has one of these in it")
    parser.add_argument("--n-frames", type=int, default=10_000)
    parser.add_argument("--face", type=float, default=200.0)
    parser.add_argument("--n-jobs", type=int, default=None)
    options = parser.parse_args()
    {
        "rates": compare_rates,
        "tracker": compare_trackers,
        "drift": measure_drift,
        "speed": measure_speed,
    }[options.what](options)


if __name__ == "__main__":
    main()
