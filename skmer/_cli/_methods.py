"""Methods by the name that the command line has for them, and the grids of their searches."""

from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut
from sklearn.pipeline import Pipeline

from skmer._cli._options import NETS, Model
from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.metrics import uf1_scorer
from skmer.model_selection import BatchedGridSearchCV
from skmer.pipelines import baseline, paper_pipeline

GRIDS = {
    "dere-grl": {"clf__estimator__n_actions": [2, 3, 5], "clf__estimator__lambda_center": [0.01, 0.1, 1.0]},
    "paper": {"clf__n_actions": [2, 3, 5], "clf__lambda_center": [0.1, 1.0]},
    "rbf-svm": {
        "clf__estimator__clf__C": [0.1, 1.0, 10.0],
        "clf__estimator__clf__gamma": [0.003, 0.01, 0.03],
    },
    "linear-svm": {"clf__estimator__clf__C": [0.001, 0.01, 0.1, 1.0]},
    "lda": {"clf__estimator__clf__shrinkage": [0.1, 0.3, 0.5, 0.7, 0.9]},
}


def make_method(name, *, dataset="casme2", landmarks=False, model=None):
    """Pipeline of a method; `dataset` sets the paper's width, `landmarks` says that X is no frames."""
    model = model or Model()
    if name not in NETS:
        return baseline(name, input="frames")
    epochs = {} if model.epochs is None else {"max_epochs": model.epochs}
    if name == "paper":
        pipeline = paper_pipeline(dataset, model.magnet_weights, landmarks=landmarks, random_state=0)
        pipeline["clf"].set_params(**epochs)
        return pipeline
    clf = SeedEnsemble(DeReGRLClassifier(**epochs), random_state=0)
    return Pipeline([("graph", LandmarkGraphTransformer()), ("clf", clf)])


def searched(name, pipeline, inner_folds=None, n_jobs=None):
    """Search over a method's own grid, leaving out each subject or, with `inner_folds`, groups of them."""
    cv = LeaveOneGroupOut() if inner_folds is None else GroupKFold(inner_folds)
    if name in NETS:
        return BatchedGridSearchCV(pipeline, GRIDS[name], cv=cv, n_jobs=n_jobs, verbose=0)
    return GridSearchCV(pipeline, GRIDS[name], scoring=uf1_scorer, cv=cv, n_jobs=n_jobs, error_score="raise")
