"""Accuracy and cost of published methods on synthetic faces: the tables of docs/published-methods.md.

python benchmarks/published_methods.py [accuracy] [known] [audit] [cost] [picture]
    [amplitude] [landmarks] [apex]
"""

import sys
import time
import tracemalloc

import numpy as np
import torch
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.svm import SVC

from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.inspection import BlockWeightsDisplay
from skmer.model_selection import audit_loso
from skmer.pipelines import COMPARISON_METHODS, baseline, comparison_grid, comparison_pipeline

NAMES = ("lbp-top", "lbp-fip", "lbp-sdg", "ktgsl", "higo", "bi-woof", "mdmo")
STILL = {"head_motion": 0, "light": 0, "jpeg_quality": None}
# What is left out of the easiest corpus, one at a time.
CORPORA = {
    "no head motion, light or JPEG": STILL,
    "light and JPEG": {"head_motion": 0},
    "a tenth of the head motion": {**STILL, "head_motion": 0.1},
    "all, as by default": {},
}
STABLE = "all, crops stabilized"
SHUFFLES = 5


def balanced(n_per_class=20, **settings):
    """Clips of three classes, as many of each: guessing is right in a third."""
    common = {"dataset": "megc2019", "amplitude": (2, 3), "noise_sigma": 0, "color": False, "random_state": 0}
    made = make_face_clips(12, 120, face_size=140, sequence=True, fps=100, **{**common, **settings})
    rng = np.random.default_rng(0)
    rows = [rng.permutation(np.flatnonzero(made.target == name))[:n_per_class] for name in made.class_names]
    return made.select(np.sort(np.concatenate(rows)))


def features(pipeline, X):
    return clone(pipeline[:-1]).transform(X)


def given(name, clips):
    """What a method takes: three keyframes, or all frames."""
    return clips.frames if COMPARISON_METHODS[name][0] == "frames" else clips.sequences


def scores(pipeline, X, clips, y=None, n_folds=5):
    """Accuracy and UF1 in folds by subject."""
    y = clips.target if y is None else y
    found = cross_val_predict(clone(pipeline[-1]), X, y, groups=clips.groups, cv=GroupKFold(n_folds))
    return (found == y).mean(), f1_score(y, found, average="macro")


def accuracy(pipeline, X, clips, y=None):
    return scores(pipeline, X, clips, y)[0]


def report_accuracy():
    rows = {name: [] for name in NAMES}
    rng = np.random.default_rng(0)
    for number, (title, settings) in enumerate(CORPORA.items()):
        clips = balanced(**settings)
        print(f"{title}: {len(clips.target)} clips, {len(np.unique(clips.groups))} subjects", flush=True)
        for name in NAMES:
            pipeline = comparison_pipeline(name)
            X = features(pipeline, given(name, clips))
            rows[name].append(f"{accuracy(pipeline, X, clips):.2f}")
            if number == 0:
                labels = [rng.permutation(clips.target) for _ in range(SHUFFLES)]
                rows[name].append(f"{np.mean([accuracy(pipeline, X, clips, y) for y in labels]):.2f}")
            if not settings:
                X = features(pipeline.set_params(crop__stabilize=True), given(name, clips))
                rows[name].append(f"{accuracy(pipeline, X, clips):.2f}")
            print(name, *rows[name], flush=True)
    titles = [*CORPORA, STABLE]
    table(["method", titles[0], "the same, shuffled labels", *titles[1:]], [[n, *r] for n, r in rows.items()])


def literal(seed, **settings):
    """120 clips of 12 people in the five classes of CASME II; movements of 2 to 3 px."""
    size = {"sequence": True, "fps": 100, "color": False, "face_size": 140, "noise_sigma": 0}
    return make_face_clips(12, 120, amplitude=(2, 3), random_state=seed, **size, **settings)


def searched(name, X, clips):
    """Accuracy and UF1 with the classifier's parameters chosen by subject inside each training fold."""
    grid = {
        part.removeprefix("clf__"): v for part, v in comparison_grid(name).items() if part.startswith("clf__")
    }
    found = np.empty_like(clips.target)
    for train, test in GroupKFold(5).split(X, clips.target, clips.groups):
        inner = list(GroupKFold(4).split(train, groups=clips.groups[train]))
        search = GridSearchCV(comparison_pipeline(name)[-1], grid, cv=inner)
        found[test] = search.fit(X[train], clips.target[train]).predict(X[test])
    return (found == clips.target).mean(), f1_score(clips.target, found, average="macro")


def report_known(seed=0):
    """Five classes: as published, where nothing else moves, and with what the grids leave to choose."""
    moving, still = literal(seed), literal(seed, **STILL)
    names, counts = np.unique(moving.target, return_counts=True)
    print(f"{len(moving.target)} clips, {len(np.unique(moving.groups))} subjects, {len(names)} classes")
    guessed = f1_score(moving.target, np.full_like(moving.target, names[counts.argmax()]), average="macro")
    rows = [["majority", *pair(counts.max() / counts.sum(), guessed)]]
    for name in NAMES:
        pipeline, row = comparison_pipeline(name), [name]
        row += pair(*scores(pipeline, features(pipeline, given(name, moving)), moving))
        row += pair(*scores(pipeline, features(pipeline, given(name, still)), still))
        X = features(pipeline.set_params(crop__stabilize=True), given(name, moving))
        row += pair(*scores(pipeline, X, moving), *searched(name, X, moving))
        rows.append(row)
        print(*row, flush=True)
    clips, lda = (
        make_landmark_clips(12, 120, amplitude=(2, 3), random_state=seed),
        baseline("lda", input="frames"),
    )
    rows.append(["LDA on landmarks", *pair(*scores(lda, features(lda, clips.frames), clips))])
    kinds = ("as published", "nothing else moves", "stabilized", "stabilized, searched inside")
    table(["method", *(f"{kind}, {score}" for kind in kinds for score in ("accuracy", "UF1"))], rows)


def report_audit(n_folds=2):
    """The leak audit of every method, networks with the published epochs, on keyframes of a few people."""
    clips = balanced(n_per_class=6, **STILL)
    for name in COMPARISON_METHODS:
        pipeline = comparison_pipeline(name, "megc2019", input=COMPARISON_METHODS[name][0])
        start = time.perf_counter()
        report = audit_loso(pipeline, clips, n_folds=n_folds)
        print(
            name,
            "passed" if report.passed else report.findings,
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )


def pair(*values):
    return [f"{value:.2f}" for value in values]


def report_cost(n_clips=4):
    """Seconds, memory and features of one clip of 70 frames, crop included, nothing cached."""
    clips = make_face_clips(2, 8, noise_sigma=0, color=False, sequence=True, fps=200, random_state=0)
    longest = np.argsort([-len(sequence) for sequence in clips.sequences])[:n_clips]
    rows = []
    for name in NAMES:
        pipeline = comparison_pipeline(name)
        pipeline.set_params(**{part: None for part in pipeline.get_params() if part.endswith("__memory")})
        # Frames are made when they are read: that is not the methods' time.
        X = [[np.asarray(frame) for frame in given(name, clips)[row]] for row in longest]
        front = pipeline[1:-1]
        crops = pipeline[:1].transform(X)
        front.transform(crops[:1])  # compiles
        start = time.perf_counter()
        found = front.transform(crops)
        seconds = (time.perf_counter() - start) / n_clips
        tracemalloc.start()
        front.transform(crops[:1])
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        frames = round(np.mean([len(crop) for crop in crops]))
        rows.append([name, frames, f"{found.shape[1]:,}", f"{seconds:.3f}", f"{peak:.0f}"])
    table(["method", "frames", "features", "seconds a clip after the crop", "MiB at the peak"], rows)


def draw_picture(path="docs/_static/block_weights.jpg"):
    """KTGSL's block weights on the easiest corpus, on a face of it."""
    clips = balanced(**STILL)
    pipeline = comparison_pipeline("ktgsl")
    X = features(pipeline, clips.sequences)
    clf = clone(pipeline[-1]).fit(X, clips.target)
    face = pipeline[:1].transform(clips.sequences[:1])[0][0]
    display = BlockWeightsDisplay.from_estimator(clf, names=("patterns", "gradients"), image=face).plot()
    display.figure_.savefig(path, dpi=110, pil_kwargs={"quality": 85})
    print(path, display.largest, "blocks with a weight:", int((clf.block_weights_ > 0).sum()), "of 50")


def draw_amplitudes(path="docs/_static/bi_woof_amplitude.png"):
    """Accuracy of Bi-WOOF over the size of the movement, on still heads and on all that moves by default."""
    from matplotlib import pyplot as plt

    sizes = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
    figure, ax = plt.subplots(figsize=(5.2, 3.2), layout="constrained")
    pipeline = comparison_pipeline("bi-woof")
    for title, settings in (("nothing else moves", STILL), ("head, light and JPEG, by default", {})):
        found = []
        for size in sizes:
            clips = balanced(**settings, amplitude=(size, size))
            found.append(accuracy(pipeline, features(pipeline, clips.frames), clips))
        print(title, *(f"{size}: {value:.2f}" for size, value in zip(sizes, found, strict=True)), flush=True)
        ax.plot(sizes, found, marker="o", label=title)
    ax.axhline(1 / 3, color="#767676", linestyle=":", label="majority baseline")
    ax.set(xlabel="largest movement, px of a 280 px face", ylabel="accuracy", ylim=(0, 1))
    ax.legend(frameon=False, loc="lower right")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def report_landmarks(sizes=(0.5, 1.0, 2.0, 3.0), max_epochs=40):
    """Accuracy of LFM and of LDA over the size of the movement, on landmarks with two trackers' noise."""
    torch.set_num_threads(1)
    rows = []
    for noise in ("flow", "averaged"):
        for size in sizes:
            settings = {"noise": noise, "amplitude": (size, size), "random_state": 0}
            clips = make_landmark_clips(12, 120, dataset="megc2019", **settings)
            row = [noise, size]
            lfm = comparison_pipeline("lfm", input="frames", random_state=0).set_params(
                clf__max_epochs=max_epochs
            )
            for pipeline in (lfm, baseline("lda", input="frames")):
                row += pair(accuracy(pipeline, features(pipeline, clips.frames), clips))
            rows.append(row)
            print(*row, flush=True)
    share = np.unique(clips.target, return_counts=True)[1].max() / len(clips.target)
    table(["noise of", "px", "LFM", f"LDA (guessing: {share:.2f})"], rows)


def report_apex():
    """What the apex alone tells as it was filmed and magnified: a linear machine, and LGCcon; three folds."""
    torch.set_num_threads(1)
    clips, rows = balanced(**STILL), []
    pipeline = comparison_pipeline("lgccon", "megc2019", random_state=0)
    for alpha in (1.0, pipeline["magnify"].alpha):
        X = features(pipeline.set_params(magnify__alpha=alpha), clips.frames)
        linear = scores([SVC(kernel="linear", C=10)], X.reshape(len(X), -1), clips, n_folds=3)
        rows.append([f"{alpha:g}", *pair(linear[0], scores(pipeline, X, clips, n_folds=3)[0])])
        print(*rows[-1], flush=True)
    table(["magnified by", "linear machine", "LGCcon"], rows)


def table(header, rows):
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


PARTS = {
    "accuracy": report_accuracy,
    "known": report_known,
    "audit": report_audit,
    "cost": report_cost,
    "picture": draw_picture,
    "amplitude": draw_amplitudes,
    "landmarks": report_landmarks,
    "apex": report_apex,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
