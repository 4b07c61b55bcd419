"""Valid calls that no docstring shows, and quick ones in the place of slow examples."""

INSTEAD = {
    "classifiers.DeReGRLClassifier": """
import numpy as np
from skmer.classifiers import DeReGRLClassifier
X, y = np.random.default_rng(0).normal(size=(12, 3, 31, 2)).astype(np.float32), np.array(["a", "b"] * 6)
clf = DeReGRLClassifier(max_epochs=1, random_state=0, batch_size=16).fit(X, y)
clf.predict(X), clf.predict_proba(X)
""",
}
SCORER = """
import numpy as np
from sklearn.dummy import DummyClassifier
from skmer.metrics import {name}
X, y = np.zeros((4, 2)), np.array(["a", "b", "a", "b"])
{name}(DummyClassifier().fit(X, y), X, y)
"""
MORE = {
    "metrics.uf1_scorer": SCORER.format(name="uf1_scorer"),
    "metrics.uar_scorer": SCORER.format(name="uar_scorer"),
    "io.load": """
import tempfile
from pathlib import Path
from sklearn.dummy import DummyClassifier
from skmer.io import load, save
path = Path(tempfile.mkdtemp()) / "model.skmer"
save(DummyClassifier(), path)
load(path, trusted=())
""",
    "feature_extraction.LandmarkPatches": """
import numpy as np
from skmer.feature_extraction import LandmarkPatches
class Finder:
    def transform(self, X):
        return np.tile(np.random.default_rng(0).uniform(8, 56, (68, 2)), (len(X), 3, 1, 1))
    def get_params(self, deep=True):
        return {}
frame = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
LandmarkPatches(landmarker=Finder(), memory=None).fit_transform([[frame, frame, frame]])
""",
}
