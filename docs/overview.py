"""Draw the picture of the README: ``python docs/overview.py``; it takes a minute.

A face with the motion of its landmarks, the actions that a network has learned, and a pooled result.
The face is scikit-image's astronaut, in the public domain, under a known smile.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from skmer import DeReGRLClassifier, LandmarkGraphTransformer
from skmer.classifiers import SeedEnsemble
from skmer.datasets import make_face_clips
from skmer.inspection import ActionMapDisplay, ClassScoresDisplay, LandmarkMotionDisplay
from skmer.landmarks import FaceLandmarker
from skmer.model_selection import evaluate_loso
from skmer.pipelines import baseline

PLACE = Path(__file__).parent / "_static" / "overview.png"


def main():
    clips = make_face_clips(n_subjects=12, n_clips=120, amplitude=(1.0, 2.5), random_state=0)
    landmarks = FaceLandmarker(n_jobs=2).fit_transform(clips)
    ensemble = SeedEnsemble(DeReGRLClassifier(), n_estimators=2, random_state=0)
    pipe = make_pipeline(LandmarkGraphTransformer(), ensemble)
    results = {
        "DeRe-GRL": evaluate_loso(pipe, landmarks, clips.target, clips.groups, engine="batched"),
        "LDA": evaluate_loso(baseline("lda", input="frames"), landmarks, clips.target, clips.groups),
    }
    smiles = np.flatnonzero(clips.target == "happiness")
    size = np.linalg.norm(landmarks[:, 1] - landmarks[:, 0], axis=-1).mean(axis=1)
    shown = smiles[np.argmax(size[smiles])]
    figure = plt.figure(figsize=(13.5, 4.4), layout="constrained")
    parts = figure.subfigures(1, 3, width_ratios=(4.1, 4.6, 4.6), wspace=0.05)
    left, middle, right = (part.subplots() for part in parts)
    words = ", ".join(f"{name} {result.uf1:.2f}" for name, result in results.items())
    titles = (
        "1  about a pixel of motion",
        "2  what a network has learned",
        "3  one pooled result",
    )
    for part, title in zip(parts, titles, strict=True):
        part.suptitle(title, x=0.02, ha="left", fontweight="bold")
    image = clips.frames[shown, 0]
    LandmarkMotionDisplay.from_landmarks(image, landmarks[shown]).plot(ax=left)
    features = LandmarkGraphTransformer().fit_transform(landmarks)
    net = DeReGRLClassifier(init_actions="units", random_state=0)
    net.fit(features, clips.target, action_units=clips.action_units())
    display = ActionMapDisplay.from_estimator(net, features, image=image, points=landmarks[shown, 0])
    for face in display.plot(ax=middle).axes_.flat:
        face.title.set_fontsize("x-small")
    ClassScoresDisplay.from_results(results).plot(ax=right)
    right.set_title(f"leave one subject out, UF1: {words}", loc="left", fontsize="small", pad=24)
    figure.savefig(PLACE, dpi=130, facecolor="white")
    print(PLACE, words)


if __name__ == "__main__":
    main()
