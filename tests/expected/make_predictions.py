"""Write the probabilities that fixed seeds lead to: ``python tests/expected/make_predictions.py FILE``.

It runs on version 0.1 too, whose output is ``predictions.json``; ``tests/test_expected.py`` compares. In
float64, where the order of additions does not grow into another result over the epochs.
"""

import inspect
import json
import sys

import numpy as np

import skmer.classifiers
from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer


def paper_pipeline(**options):
    """Return the paper's pipeline from where this version has it."""
    try:
        from skmer import pipelines as home
    except ImportError:
        home = skmer.classifiers
    return home.paper_pipeline(**options)


def predictions(dtype="float64"):
    """Return the probabilities of held-out clips by the name of the model; dict of str to ndarray."""
    clips = make_landmark_clips(n_subjects=6, n_clips=80, random_state=0)
    train, test = np.arange(60), np.arange(60, 80)
    # 0.1 trained four nets in one estimator unless told otherwise.
    single = {"n_members": 1} if "n_members" in inspect.signature(DeReGRLClassifier).parameters else {}
    X = LandmarkGraphTransformer().fit_transform(clips.frames)
    net = DeReGRLClassifier(random_state=0, dtype=dtype, **single).fit(X[train], clips.target[train])
    paper = paper_pipeline(landmarks=True, random_state=0).set_params(clf__dtype=dtype, clf__max_epochs=60)
    paper.fit(clips.frames[train], clips.target[train])
    return {"default net": net.predict_proba(X[test]), "paper": paper.predict_proba(clips.frames[test])}


def main():
    """Write the file."""
    found = {dtype: predictions(dtype) for dtype in ("float64", "float32")}
    content = {dtype: {name: p.tolist() for name, p in of.items()} for dtype, of in found.items()}
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(content, file)


if __name__ == "__main__":
    main()
