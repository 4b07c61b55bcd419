"""Methods by the name that the command line has for them, and the grids of their searches."""

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skmer.classifiers import DeReGRLClassifier
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.metrics import uf1_scorer
from skmer.model_selection import BatchedGridSearchCV
from skmer.pipelines import paper_pipeline

GRIDS = {
    "dere-grl": {"clf__n_actions": [2, 3, 5], "clf__lambda_center": [0.01, 0.1, 1.0]},
    "paper": {"clf__n_actions": [2, 3, 5], "clf__lambda_center": [0.1, 1.0]},
    "rbf-svm": {"clf__C": [0.1, 1.0, 10.0], "clf__gamma": [0.003, 0.01, 0.03]},
    "linear-svm": {"clf__C": [0.001, 0.01, 0.1, 1.0]},
    "lda": {"clf__shrinkage": [0.1, 0.3, 0.5, 0.7, 0.9]},
}
METHODS = tuple(GRIDS)
# Those whose fits are trained in stacks.
NETS = ("dere-grl", "paper")


def make_method(name, *, dataset="casme2", landmarks=False, magnet_weights=None, epochs=None):
    """Pipeline of a method; `dataset` chooses the paper's width, `landmarks` says that no frames come in."""
    if name == "paper":
        pipeline = paper_pipeline(dataset, magnet_weights, landmarks=landmarks, random_state=0)
    elif name == "dere-grl":
        clf = DeReGRLClassifier(random_state=0)
        pipeline = Pipeline([("graph", LandmarkGraphTransformer()), ("clf", clf)])
    else:
        graph = LandmarkGraphTransformer(flatten=True)
        pipeline = Pipeline([("graph", graph), ("scale", StandardScaler()), ("clf", _plain(name))])
    if epochs is not None and isinstance(pipeline["clf"], DeReGRLClassifier):
        pipeline.set_params(clf__max_epochs=epochs)
    return pipeline


def searched(name, pipeline, inner_folds=None, n_jobs=None):
    """Search over a method's own grid, by subject: leaving each out, or in a few groups of them."""
    cv = LeaveOneGroupOut() if inner_folds is None else GroupKFold(inner_folds)
    if name in NETS:
        return BatchedGridSearchCV(pipeline, GRIDS[name], cv=cv, n_jobs=n_jobs, verbose=0)
    return GridSearchCV(pipeline, GRIDS[name], scoring=uf1_scorer, cv=cv, n_jobs=n_jobs, error_score="raise")


def _plain(name):
    if name == "lda":
        return LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.5)
    kernel = {"rbf-svm": "rbf", "linear-svm": "linear"}[name]
    return SVC(kernel=kernel, class_weight="balanced", C=1.0 if kernel == "rbf" else 0.01)
