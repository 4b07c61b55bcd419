"""Memory and time of whole sequences: ``python benchmarks/sequences.py [N ...]``.

For each number of sequences of 70 frames of 170 x 140 px (100 and 5,000 by default) a process of its own,
with a cache of its own, builds the container from paths, crops, magnifies and reduces every clip to two
numbers, and reports its peak memory. Five clips are there many times: what is measured is what N sequences
take, not how long a face is searched. Then, or alone with ``steps``, the seconds that each step takes for one
clip that is not in the cache, and each method of optical flow for one pair of frames.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from skmer.datasets import MicroExpressionClips, make_face_clips
from skmer.feature_extraction import FaceCropper, TemporalInterpolator
from skmer.feature_extraction._clip_features import CLIP_PARAMETERS, ClipFeatureTransformer
from skmer.frames import FLOW_METHODS, optical_flow, read_image
from skmer.magnification import MotionMagnifier

N_FRAMES, N_CLIPS = 70, 5


class MeanChange(ClipFeatureTransformer):
    """Mean grey level and mean absolute change from frame to frame."""

    _parameter_constraints: dict = {**CLIP_PARAMETERS}

    def __init__(self, *, memory="auto", n_jobs=None, verbose=0):
        self.memory = memory
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _compute_clip(self, frames):
        volume = np.stack(frames).astype(np.float32)
        return np.array([volume.mean(), np.abs(np.diff(volume, axis=0)).mean()])


def write_clips(folder):
    """Write a few clips of exactly 70 frames, and return their paths."""
    options = {
        "color": False,
        "face_size": 100,
        "frame_size": (170, 140),
        "sequence": True,
        "random_state": 0,
    }
    clips = make_face_clips(2, N_CLIPS, **options)
    resampled = TemporalInterpolator(N_FRAMES, "linear", memory=None).fit_transform(clips.sequences)
    paths = []
    for clip, frames in enumerate(resampled):
        paths.append(_write_images(folder / str(clip), frames))
    return paths


def _write_images(folder, frames):
    folder.mkdir()
    names = [str(folder / f"img{k}.png") for k in range(len(frames))]
    for name, frame in zip(names, frames, strict=True):
        Image.fromarray(frame).save(name)
    return names


def measure(n, folder):
    """Print peak memory and seconds of n sequences."""
    started = time.perf_counter()
    distinct = [
        sorted((folder / str(clip)).iterdir(), key=lambda path: int(path.stem[3:])) for clip in range(N_CLIPS)
    ]
    sequences = [[str(path) for path in distinct[row % N_CLIPS]] for row in range(n)]
    frames = np.array([[paths[0], paths[30], paths[-1]] for paths in sequences], dtype=object)
    clips = MicroExpressionClips(frames, ["others"] * n, ["own/a"] * n, sequences=sequences)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    memory = folder / f"cache {n}"
    crops = FaceCropper(memory=memory).fit_transform(clips.sequences)
    magnified = MotionMagnifier("eulerian", 10.0, memory=memory).fit_transform(crops)
    features = MeanChange(memory=memory).fit_transform(magnified)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n} {held:.1f} {peak:.1f} {time.perf_counter() - started:.1f} {features.shape}")


def step_seconds(paths):
    """Seconds of each step for one clip, mean of five; landmarks are searched too."""
    X = np.empty(len(paths), dtype=object)
    X[:] = paths
    steps = {
        "FaceCropper": FaceCropper(memory=None),
        "FaceCropper(stabilize=True)": FaceCropper(stabilize=True, memory=None),
        "TemporalInterpolator(10)": TemporalInterpolator(10, memory=None),
        "MotionMagnifier('eulerian')": MotionMagnifier("eulerian", 10.0, memory=None),
    }
    for name, step in steps.items():
        started = time.perf_counter()
        step.fit_transform(X)
        print(f"{name}: {(time.perf_counter() - started) / len(paths):.3f} s a clip")


def flow_seconds(paths, n_pairs=5):
    """Seconds of each method of optical flow for two frames of 170 x 140 px, and its ratio to the default."""
    pairs = [[read_image(row[k], "L") for k in (0, 30)] for row in paths[:n_pairs]]
    default, *_ = FLOW_METHODS
    first = None
    for method in FLOW_METHODS:
        optical_flow(*pairs[0], method=method)
        started = time.perf_counter()
        for pair in pairs:
            optical_flow(*pair, method=method)
        seconds = (time.perf_counter() - started) / n_pairs
        first = seconds if first is None else first
        print(f"optical_flow(method={method!r}): {seconds:.4f} s, {seconds / first:.1f} times {default}")


def main(sizes):
    with tempfile.TemporaryDirectory() as place:
        paths = write_clips(Path(place))
        print("sequences, MB after the container, MB at the peak, s, shape of the features")
        peaks = []
        for n in sizes:
            command = [sys.executable, __file__, "--measure", str(n), place]
            line = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            print(line)
            peaks.append(float(line.split()[2]))
        if sizes:
            print(f"peak of {sizes[-1]} over that of {sizes[0]}: {peaks[-1] / peaks[0]:.2f}")
        step_seconds(paths)
        flow_seconds(paths)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        sizes = [int(text) for text in sys.argv[1:] if text != "steps"]
        main(sizes if sizes or "steps" in sys.argv else [100, 5_000])
