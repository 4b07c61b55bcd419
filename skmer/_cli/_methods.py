"""Methods by the name that the command line has for them, and the grids of their searches."""

from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut
from sklearn.pipeline import Pipeline

from skmer._cli._options import NETS, Model
from skmer.classifiers import DeReGRLClassifier
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.metrics import uf1_scorer
from skmer.model_selection import BatchedGridSearchCV
from skmer.pipelines import baseline, paper_pipeline

GRIDS = {
    "dere-grl": {"clf__n_actions": [2, 3, 5], "clf__lambda_center": [0.01, 0.1, 1.0]},
    "paper": {"clf__n_actions": [2, 3, 5], "clf__lambda_center": [0.1, 1.0]},
    "rbf-svm": {"clf__C": [0.1, 1.0, 10.0], "clf__gamma": [0.003, 0.01, 0.03]},
    "linear-svm": {"clf__C": [0.001, 0.01, 0.1, 1.0]},
    "lda": {"clf__shrinkage": [0.1, 0.3, 0.5, 0.7, 0.9]},
}


def make_method(name, *, dataset="casme2", landmarks=False, model=None):
    """Pipeline of a method; `dataset` sets the paper's width, `landmarks` says that X is no frames."""
    model = model or Model()
    if name not in NETS:
        return baseline(name)
    if name == "paper":
        pipeline = paper_pipeline(dataset, model.magnet_weights, landmarks=landmarks, random_state=0)
    else:
        clf = DeReGRLClassifier(random_state=0)
        pipeline = Pipeline([("graph", LandmarkGraphTransformer()), ("clf", clf)])
    return pipeline if model.epochs is None else pipeline.set_params(clf__max_epochs=model.epochs)


def searched(name, pipeline, inner_folds=None, n_jobs=None):
    """Search over a method's own grid, leaving out each subject or, with `inner_folds`, groups of them."""
    cv = LeaveOneGroupOut() if inner_folds is None else GroupKFold(inner_folds)
    if name in NETS:
        return BatchedGridSearchCV(pipeline, GRIDS[name], cv=cv, n_jobs=n_jobs, verbose=0)
    return GridSearchCV(pipeline, GRIDS[name], scoring=uf1_scorer, cv=cv, n_jobs=n_jobs, error_score="raise")
