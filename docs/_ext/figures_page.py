"""The page of displays: each drawn for a light and for a dark page before Sphinx starts, with its code."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PREPARE = """
import numpy as np
import pandas as pd
from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.datasets import make_landmark_clips
from skmer.inspection import *
from skmer.model_selection import LOSOResult, evaluate_methods

clips = make_landmark_clips(n_subjects=8, n_clips=96, random_state=0)
found = evaluate_methods(["lda", "rbf-svm"], clips, n_folds=4, protocol="group-k-fold", verbose=0)
lda, rbf = found.results["lda"], found.results["rbf-svm"]
graph = LandmarkGraphTransformer()
features = graph.fit_transform(clips)
net = DeReGRLClassifier(random_state=0).fit(features, clips.target)
flow = np.random.default_rng(0).normal(size=(2, 28, 28)).cumsum(1).cumsum(2) / 60
weights = np.outer([0, 1, 0, 2, 3], [1, 2, 3, 2, 1]) / 9
# Landmarks that are made have no reliability: clips that move more stand for clips that are read better.
sizes = np.ptp(features[:, 1].reshape(len(features), -1), axis=1)
rated = [LOSOResult(r.predictions.assign(reliability=sizes / sizes.max()), r.class_names) for r in (lda, rbf)]
errors = pd.DataFrame({
    "keyframe": ["as annotated"] + ["onset"] * 2 + ["apex"] * 4,
    "shift": [0, 2, 4, -4, -2, 2, 4], "uf1": [0.72, 0.66, 0.57, 0.63, 0.70, 0.71, 0.67],
    "low": [0, -0.10, -0.21, -0.15, -0.05, -0.04, -0.11], "high": [0, -0.02, -0.08, -0.03, 0.02, 0.02, 0.01],
})
"""
# Name of the picture, line of code, words.
FIGURES = [
    (
        "confusion",
        "PooledConfusionDisplay.from_result(lda).plot()",
        "Counts of all held-out clips, shaded by row.",
    ),
    (
        "class-scores",
        'ClassScoresDisplay.from_results({"LDA": lda, "RBF-SVM": rbf}).plot()',
        "Two results class by class, with UF1 as a line for each.",
    ),
    ("subject-scores", "SubjectScoresDisplay.from_result(lda).plot()", "Each held-out person."),
    (
        "coverage",
        'CoverageDisplay.from_results({"LDA": rated[0], "RBF-SVM": rated[1]}).plot()',
        "Accuracy of the most reliable clips, and of ever more (the size of a movement stands for it here).",
    ),
    (
        "mean-ranks",
        "MeanRanksDisplay.from_result(found).plot()",
        "Many methods over subjects; a bar joins those that cannot be told apart.",
    ),
    (
        "keyframe-errors",
        "KeyframeErrorsDisplay(errors).plot()",
        "The score where a keyframe is off, of `keyframe_errors` (numbers made up for the picture).",
    ),
    (
        "motion",
        "LandmarkMotionDisplay.from_landmarks(None, clips.frames[3]).plot()",
        "Where a clip moves, enlarged, without the head's own motion; an image goes behind it.",
    ),
    (
        "action-maps",
        "ActionMapDisplay.from_estimator(net, features[:1]).plot()",
        "Which nodes make up the actions that a fitted network sees in a clip.",
    ),
    (
        "action-weights",
        "ActionWeightsDisplay.from_estimator(net, features, clips.target).plot()",
        "How much each action counts for each class.",
    ),
    (
        "contributions",
        "ContributionDisplay.from_estimator(net, features[:1]).plot()",
        "What each action adds to the score of each class, in one clip.",
    ),
    (
        "certain-errors",
        "CertainErrorsDisplay.from_result(lda, clips, n_errors=4).plot()",
        "The errors that a method was surest of: onset and apex, the class, and what was said.",
    ),
    (
        "flow-maps",
        "FlowMapDisplay(np.stack([*flow, np.hypot(*flow)])).plot()",
        "Flow and strain, as networks on maps get them (noise in this picture).",
    ),
    (
        "block-weights",
        'BlockWeightsDisplay({"xt": weights, "yt": weights.T}).plot()',
        "Where on the face the features lie that a kernel machine or a linear model uses (made up here).",
    ),
    ("losses", "LossCurvesDisplay.from_estimator(net).plot()", "The terms of the loss over epochs."),
]
INTRODUCTION = """# Figures

Each display holds numbers and draws them in `plot(ax=None)`: on axes of yours, or in a figure that fits a
column. Colours are those that the colour-blind can tell apart (Okabe and Ito's); what is on axes of yours has
your style, and here each is drawn with matplotlib's default style on a light page, with `dark_background` on
a dark one. For a paper:

```python
import matplotlib.pyplot as plt
from skmer.inspection import PooledConfusionDisplay

figure, ax = plt.subplots(figsize=(3.4, 3.0), layout="constrained")  # inches: a column of two
display = PooledConfusionDisplay([[8, 2], [1, 19]], ["happiness", "others"]).plot(ax=ax)
figure.savefig("confusion.pdf")
```

`lda` and `rbf` are results of {py:func}`skmer.model_selection.evaluate_methods`, `net` is a fitted
{py:class}`skmer.classifiers.DeReGRLClassifier` and `features` are its input, of a synthetic corpus. The
pictures are drawn at each build of the documentation.
"""
SETTINGS = {"light": "default", "dark": "dark_background"}


def draw(folder):
    folder.mkdir(parents=True, exist_ok=True)
    names = {}
    exec(PREPARE, names)
    for name, code, _ in FIGURES:
        for theme, style in SETTINGS.items():
            with plt.style.context(style):
                display = eval(code, names)
                display.figure_.savefig(folder / f"{name}-{theme}.png", dpi=110, transparent=True)
                plt.close("all")


def page():
    parts = [INTRODUCTION]
    for name, code, words in FIGURES:
        shown = code.partition(".")[0].partition("(")[0]
        pictures = [
            f"```{{image}} pictures/{name}-{theme}.png\n:class: only-{theme}\n:alt: {shown}\n```"
            for theme in SETTINGS
        ]
        title = f"## {{py:class}}`~skmer.inspection.{shown}`\n"
        parts += [title, words, "", f"```text\n{code}\n```", "", *pictures, ""]
    return "\n".join(parts)


def setup(app):
    folder = Path(app.srcdir) / "api" / "generated"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.md").write_text(page(), encoding="utf-8")
    draw(folder / "pictures")
    return {"parallel_read_safe": True}
