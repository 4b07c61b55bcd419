"""Valid calls that no docstring shows, and quick ones in the place of slow examples."""

SPOTTER = """
from skmer.datasets import make_long_videos
from skmer.pipelines import baseline
from skmer.spotting import MotionSpotter, SpotThenRecognise, region_motion
videos = make_long_videos(2, 2, duration=20, macro_per_minute=12, empty=0, random_state=0)
tracks = videos.tracks()
"""
FRAMES = """
from skmer.datasets import make_long_videos
from skmer.landmarks import FaceTrack
from skmer.spotting import {name}
videos = make_long_videos(2, 2, duration=3, face_size=60, images=True, macro_per_minute=30, random_state=0)
parts = zip(videos.truth.points, videos.times, videos.names, videos.frames)
tracks = [FaceTrack(p, times, name=name, source=frames) for p, times, name, frames in parts]
{name}().fit(tracks, videos.intervals).predict(tracks)
"""
INSTEAD = {
    "spotting.MotionSpotter": SPOTTER
    + "MotionSpotter().fit(tracks, videos.intervals, groups=videos.groups).predict(tracks)",
    "spotting.region_motion": SPOTTER
    + "region_motion(MotionSpotter().fit(tracks, videos.intervals, groups=videos.groups), tracks[0])",
    "spotting.SpotThenRecognise": SPOTTER
    + """
model = SpotThenRecognise(MotionSpotter(), baseline("lda", input="frames"))
model.fit(tracks, videos.intervals, groups=videos.groups).predict(tracks)
""",
    "spotting.MDMDSpotter": FRAMES.format(name="MDMDSpotter"),
    "spotting.OpticalFlowSpotter": FRAMES.format(name="OpticalFlowSpotter"),
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
    "landmarks.FaceTracker": """
from skmer.datasets import make_long_videos
from skmer.landmarks import FaceTracker
videos = make_long_videos(1, 1, duration=2, images=True, face_size=90, fps=3, random_state=0)
FaceTracker(memory=None).track(list(videos.frames[0][:2]), fps=3)
""",
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
}
