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
MORE = {}
