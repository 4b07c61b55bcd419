"""The main job, end to end: faces on disk, landmarks, DeRe-GRL beside plain baselines, pictures."""

import json
import shutil
import time
from contextlib import contextmanager

from sklearn.pipeline import Pipeline

from skmer._utils._files import write_atomically
from skmer._utils._text import text_table
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import load_casme2, make_face_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.frames import read_image
from skmer.inspection import (
    ActionMapDisplay,
    ClassScoresDisplay,
    LandmarkMotionDisplay,
    PooledConfusionDisplay,
)
from skmer.landmarks import FaceLandmarker
from skmer.model_selection import evaluate_loso
from skmer.pipelines import baseline

BASELINE_LABELS = {"lda": "LDA", "rbf-svm": "RBF-SVM", "linear-svm": "linear-SVM"}
HEADER = ("", "accuracy", "UF1", "UAR", "UF1, 95% interval")


def run_demo(output, *, n_subjects=12, n_clips=120, n_jobs=-1, seed=0):
    """Run the demo, print its table, and write ``result.json`` and pictures.

    Parameters
    ----------
    output : pathlib.Path
        Folder to write to; made where it is missing.
    n_subjects, n_clips : int
        Size of the synthetic corpus.
    n_jobs : int
        Processes for landmarks and folds.
    seed : int
        Of faces and model.

    Returns
    -------
    dict
        Content of ``result.json``: what `LOSOResult.from_json` reads, with the scores of the other methods.
    """
    seconds = {}
    with _stage(f"Making {n_clips} clips of {n_subjects} synthetic subjects", seconds, "faces"):
        clips = _corpus_on_disk(output / "corpus", n_subjects, n_clips, seed)
    with _stage("Finding landmarks, once a clip", seconds, "landmarks"):
        landmarks = FaceLandmarker(n_jobs=n_jobs, verbose=1).fit_transform(clips.frames)
    results = {}
    for name, pipeline in pipelines(seed).items():
        with _stage(f"{name}, leaving one subject out", seconds, name):
            results[name] = evaluate_loso(pipeline, clips, n_jobs=n_jobs)
    print(f"\n{table(results)}\n")
    with _stage("Drawing", seconds, "pictures"):
        _draw(output, clips, landmarks, results, pipelines(seed)["DeRe-GRL"])
        results["DeRe-GRL"].to_html(output / "report.html", clips, landmarks=landmarks)
    content = json.loads(results["DeRe-GRL"].to_json()) | _summary(results, seconds)
    write_atomically(output / "result.json", json.dumps(content, indent=1))
    print(f"Written to {output}: {', '.join(sorted(path.name for path in output.iterdir()))}")
    return content


def pipelines(seed):
    """DeRe-GRL and, on the same landmarks, the baselines; dict. Every result has the majority baseline."""
    clf = SeedEnsemble(DeReGRLClassifier(), random_state=seed)
    return {
        "DeRe-GRL": Pipeline([("graph", LandmarkGraphTransformer()), ("clf", clf)]),
        **{label: baseline(name, input="frames") for name, label in BASELINE_LABELS.items()},
    }


def table(results):
    """Scores of each method beside the majority baseline, under N and the class counts; str."""
    first = next(iter(results.values()))
    rows = [HEADER]
    for name, result in results.items():
        low, high = result.intervals()["uf1"]
        scores = [f"{value:.3f}" for value in (result.accuracy, result.uf1, result.uar)]
        rows.append((name, *scores, f"{low:.3f} to {high:.3f}"))
    rows.append(("majority baseline", *(f"{value:.3f}" for value in first.baseline), ""))
    counts = ", ".join(f"{name} {count}" for name, count in first.class_counts.items())
    head = f"{first.n_clips} clips, {first.n_folds} subjects left out in turn, predictions pooled: {counts}"
    return f"{head}\n{text_table(rows)}"


@contextmanager
def _stage(text, seconds, key):
    print(f"{text} ...", flush=True)
    started = time.perf_counter()
    yield
    seconds[key] = round(time.perf_counter() - started, 1)
    print(f"    {seconds[key]:.1f} s", flush=True)


def _corpus_on_disk(root, n_subjects, n_clips, seed):
    made_here = root / ".made-by-skmer-demo"
    if root.exists():
        # The folder is about to be deleted: never one that the demo has not made.
        if not made_here.exists():
            raise FileExistsError(f"{root} exists and is not the demo's own; pass another --output.")
        shutil.rmtree(root)
    made = make_face_clips(n_subjects=n_subjects, n_clips=n_clips, random_state=seed)
    made.save(root, layout="casme2")
    made_here.touch()
    return load_casme2(root, classes=made.class_names)


def _draw(output, clips, landmarks, results, pipeline):
    ours = results["DeRe-GRL"]
    # The clip whose points move most against each other; the standard deviation leaves the head's motion out.
    shown = int((landmarks[:, 1] - landmarks[:, 0]).std(axis=1).sum(axis=1).argmax())
    face = read_image(clips.frames[shown, 0], mode="RGB")
    motion = LandmarkMotionDisplay.from_landmarks(face, landmarks[shown])
    motion.caption = f"{clips.target[shown]}, predicted {ours.runs[0, shown]}"
    fitted = pipeline.fit(clips.frames, clips.target)
    maps = ActionMapDisplay.from_estimator(fitted, clips.frames, image=face, points=landmarks[shown, 0])
    pictures = {
        "clip": motion,
        "confusion": PooledConfusionDisplay.from_result(ours),
        "class-scores": ClassScoresDisplay.from_results(results),
        "action-maps": maps,
    }
    for name, display in pictures.items():
        _save(display.plot(), output / f"{name}.png")
    for name, result in results.items():
        result.to_csv(output / f"{name.lower()}.csv")


def _save(display, path):
    from matplotlib import pyplot as plt

    display.figure_.savefig(path, dpi=120)
    plt.close(display.figure_)


def _summary(results, seconds):
    ours = results["DeRe-GRL"]
    others = {name.replace("-", "_"): results[label] for name, label in BASELINE_LABELS.items()}
    scores = ("accuracy", "uf1", "uar")
    return {
        "n_clips": ours.n_clips,
        "n_subjects": ours.n_folds,
        "class_counts": {name: int(count) for name, count in ours.class_counts.items()},
        **{name: getattr(ours, name) for name in scores},
        **{f"{name}_interval": list(ours.intervals()[name]) for name in scores},
        **{f"{name}_baseline": getattr(ours.baseline, name) for name in scores},
        **{f"{name}_{key}": getattr(other, name) for key, other in others.items() for name in scores},
        "seconds": seconds,
        "run_card": ours.run_card,
    }
