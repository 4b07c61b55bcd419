"""Reading one search from call to result takes few files and few classes; they are counted here."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmer.model_selection
from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.model_selection import BatchedGridSearchCV
from skmer.model_selection._search import __doc__ as guide

FOLDER = Path(skmer.model_selection.__file__).parent


def traced(call):
    """Files of the package that are entered in a call, and classes of theirs that are instantiated."""
    files, classes = set(), set()

    def profile(frame, event, argument):
        path = Path(frame.f_code.co_filename)
        if event != "call" or not path.is_relative_to(FOLDER):
            return
        files.add(path.relative_to(FOLDER).as_posix())
        first = frame.f_locals.get(next(iter(frame.f_code.co_varnames), None))
        if frame.f_code.co_name == "__init__" or frame.f_code.co_name == "__post_init__":
            classes.add(type(first).__name__)

    def values(frame):
        """Named tuples are built in C: they are found where they stand in variables."""
        for value in frame.f_locals.values():
            for item in [value, *(value if isinstance(value, list) else ())]:
                if type(item).__module__.startswith("skmer.model_selection"):
                    classes.add(type(item).__name__)

    def both(frame, event, argument):
        profile(frame, event, argument)
        if event == "return" and Path(frame.f_code.co_filename).is_relative_to(FOLDER):
            values(frame)

    sys.setprofile(both)
    try:
        call()
    finally:
        sys.setprofile(None)
    return files, classes


@pytest.mark.parametrize("model", ["net", "pipeline", "classifier"])
def test_files_and_classes_of_a_search(model):
    clips = make_landmark_clips(n_subjects=4, n_clips=40, random_state=0)
    net = DeReGRLClassifier(max_epochs=1, n_channels=4, random_state=0, batch_size=16)
    flat = make_pipeline(LandmarkGraphTransformer(flatten=True), StandardScaler(), LogisticRegression())
    estimator, grid = {
        "net": (net, {"n_actions": [2, 3]}),
        "pipeline": (
            make_pipeline(LandmarkGraphTransformer(), net),
            {"deregrlclassifier__n_actions": [2, 3]},
        ),
        "classifier": (flat, {"logisticregression__C": [0.1, 1.0]}),
    }[model]
    X = clips.frames if model != "net" else LandmarkGraphTransformer().fit_transform(clips.frames)
    search = BatchedGridSearchCV(estimator, grid)
    search.fit(X, clips.target, groups=clips.groups)  # compiles once; traced, that would take minutes
    files, classes = traced(lambda: search.fit(X, clips.target, groups=clips.groups))
    assert np.isfinite(search.best_score_)
    assert len(files) <= 5, files
    carried = classes - {"BatchedGridSearchCV"}
    assert {"FitTask", "Predictions", "Samples", "SearchRun"} <= carried
    assert len(carried) <= 6, carried
    assert all(f"``{file}``" in guide for file in files)
