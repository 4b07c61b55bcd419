"""What histograms of local patterns cost: prints the tables of docs/descriptors.md.

python benchmarks/descriptors.py [--size 70 170 140] [--rounds 5]
"""

import argparse
import time
import tracemalloc
from math import cos, floor, pi, sin
from statistics import median

import numpy as np
from skimage.feature import local_binary_pattern

from skmer.feature_extraction import DirectionGradients, LocalBinaryPatterns, OrientedGradients

PLANES = ("xy", "xt", "yt")
DESCRIPTORS = {
    "LBP-TOP": LocalBinaryPatterns(memory=None),
    "LBP-FIP": LocalBinaryPatterns((*PLANES, "vertices"), radius_t=5, memory=None),
    "HSDG": DirectionGradients(memory=None),
    "HIGO": OrientedGradients("one", memory=None),
    "HOG-TOP": OrientedGradients("magnitude", memory=None),
}


def table(header, rows):
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |", flush=True)


def seconds(call, *arguments):
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def scikit_image(clip, plane):
    """Codes of all slices of a plane, by scikit-image's quickest method; none are counted."""
    axis = {"xy": 0, "xt": 1, "yt": 2}[plane]
    for picture in np.moveaxis(clip, axis, 0):
        local_binary_pattern(picture, 8, 1)


def level(clip, t, y, x):
    """Grey level at real coordinates in plain Python."""
    low_t, low_y, low_x = floor(t), floor(y), floor(x)
    total = 0.0
    for at_t in (low_t, low_t + 1):
        for at_y in (low_y, low_y + 1):
            for at_x in (low_x, low_x + 1):
                share = (1 - abs(t - at_t)) * (1 - abs(y - at_y)) * (1 - abs(x - at_x))
                if share > 0:
                    total += share * clip[at_t][at_y][at_x]
    return total


def naive(clip, plane):
    """Codes of all pixels inside a clip of nested lists, counted; in plain Python."""
    angles = [2 * pi * p / 8 for p in range(8)]
    circle = [(round(cos(angle), 10), round(sin(angle), 10)) for angle in angles]
    counts = [0] * 256
    for t in range(1, len(clip) - 1):
        for y in range(1, len(clip[0]) - 1):
            for x in range(1, len(clip[0][0]) - 1):
                code = 0
                for p, (c, s) in enumerate(circle):
                    if plane == "xy":
                        grey = level(clip, t, y - s, x + c)
                    elif plane == "xt":
                        grey = level(clip, t + s, y, x + c)
                    else:
                        grey = level(clip, t + c, y - s, x)
                    code |= (grey + 5e-6 >= clip[t][y][x]) << p
                counts[code] += 1
    return counts


def speed(clip, options):
    """One plane after another beside scikit-image and plain Python, in turns."""
    small = np.ascontiguousarray(clip[:7, :22, :22])
    share = np.prod([side - 2 for side in clip.shape]) / np.prod([side - 2 for side in small.shape])
    rows = []
    for plane in PLANES:
        ours = LocalBinaryPatterns(
            (plane,), blocks=(1, 1), radius_t=1, mapping="full", norm=None, memory=None
        )
        assert ours.transform([small])[0].tolist() == naive(small.tolist(), plane)
        ours.set_params(mapping="uniform", blocks=(5, 5))
        times = [
            (
                seconds(ours.transform, [clip]),
                seconds(scikit_image, clip, plane),
                share * seconds(naive, small.tolist(), plane),
            )
            for _ in range(options.rounds)
        ]
        mine, theirs, plain = (median(column) for column in zip(*times, strict=True))
        ratios = [median(row[k] / row[0] for row in times) for k in (1, 2)]
        rows.append(
            [plane, f"{1e3 * mine:.1f}", f"{1e3 * theirs:.0f}", f"{plain:.0f}", *(f"{r:.0f}" for r in ratios)]
        )
    header = ["plane", "skmer, ms", "scikit-image, ms", "Python loop, s"]
    table([*header, "scikit-image / skmer", "Python / skmer"], rows)


def cost(clip, options):
    """Time, peak memory and features of a clip."""
    rows = []
    for name, descriptor in DESCRIPTORS.items():
        n_features = descriptor.transform([clip]).size
        spent = median(seconds(descriptor.transform, [clip]) for _ in range(options.rounds))
        tracemalloc.start()
        descriptor.transform([clip])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        rows.append([name, f"{1e3 * spent:.0f}", f"{peak / 2**20:.1f}", n_features])
    table(["descriptor", "ms a clip", "memory besides it, MiB", "features"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs=3, default=(70, 170, 140), metavar=("T", "H", "W"))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    clip = np.random.default_rng(0).integers(0, 256, options.size, dtype=np.uint8)
    print(
        f"{options.size[0]} frames of {options.size[2]} x {options.size[1]} px: {clip.nbytes / 2**20:.1f} MiB"
    )
    for part in (speed, cost):
        part(clip, options)


if __name__ == "__main__":
    main()
