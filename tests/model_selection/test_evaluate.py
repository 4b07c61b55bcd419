from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmer.datasets import make_face_clips
from skmer.metrics import majority_predictions
from skmer.model_selection import audit_loso, evaluate_loso
from skmer.pipelines import paper_pipeline


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers, in a list shared through a class attribute, what each fit was given."""

    fits: list = []

    def fit(self, X, y, groups=None):
        self.fits.append((X, y, groups))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def recorder(monkeypatch):
    monkeypatch.setattr(Recorder, "fits", [])
    return Recorder()


@pytest.mark.parametrize(
    "estimator",
    [make_pipeline(StandardScaler(), SVC()), LogisticRegression(), DecisionTreeClassifier(random_state=0)],
    ids=["scaled svc", "logistic", "tree"],
)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_pooled_predictions_are_those_of_cross_val_predict(make_data, estimator, n_jobs):
    X, y, groups = make_data()
    result = evaluate_loso(estimator, X, y, groups, n_jobs=n_jobs)
    expected = cross_val_predict(estimator, X, y, groups=groups, cv=LeaveOneGroupOut())
    np.testing.assert_array_equal(result.predictions["prediction"], expected)
    np.testing.assert_array_equal(result.truth, y)
    assert result.accuracy == pytest.approx(np.mean(expected == y))
    assert result.n_clips == 60
    assert result.n_folds == len(set(groups))


def test_probabilities_stand_in_the_order_of_all_classes(make_data):
    X, y, groups = make_data()
    groups[y == "happiness"] = "lab/happy"
    result = evaluate_loso(LogisticRegression(), X, y, groups)
    columns = ["probability_disgust", "probability_happiness", "probability_others"]
    assert result.predictions.columns.tolist()[-3:] == columns
    probabilities = result.predictions[columns].to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    held_out = groups == "lab/happy"
    assert (probabilities[held_out, 1] == 0).all()
    assert (probabilities[~held_out, 1] > 0).all()
    model = LogisticRegression().fit(X[~held_out], y[~held_out])
    np.testing.assert_allclose(probabilities[held_out][:, [0, 2]], model.predict_proba(X[held_out]))


def test_no_probability_columns_without_probabilities(make_data):
    result = evaluate_loso(RidgeClassifier(), *make_data())
    assert not any(name.startswith("probability") for name in result.predictions)


def test_held_out_subjects_never_reach_fit(make_data, recorder):
    X, y, groups = make_data()
    evaluate_loso(recorder, X, y, groups)
    assert len(recorder.fits) == len(set(groups))
    for subject, (rows, labels, subjects) in zip(np.unique(groups), recorder.fits, strict=True):
        assert subject not in subjects
        np.testing.assert_array_equal(rows, X[groups != subject])
        np.testing.assert_array_equal(labels, y[groups != subject])


def test_the_estimator_itself_stays_unfitted(make_data):
    estimator = LogisticRegression()
    evaluate_loso(estimator, *make_data())
    assert not hasattr(estimator, "coef_")


@pytest.mark.parametrize("routing", [False, True])
def test_a_search_gets_the_training_subjects(make_data, routing):
    X, y, groups = make_data()
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3]}, cv=GroupKFold(3))
    with config_context(enable_metadata_routing=routing):
        result = evaluate_loso(search, X, y, groups)
    for subject in np.unique(groups):
        train = groups != subject
        model = search.fit(X[train], y[train], groups=groups[train])
        np.testing.assert_array_equal(result.predictions["prediction"][~train], model.predict(X[~train]))


@pytest.mark.parametrize("routing", [False, True])
def test_a_search_that_ignores_subjects_draws_one_warning(make_data, routing):
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1]}, cv=3)
    with config_context(enable_metadata_routing=routing), pytest.warns(UserWarning) as caught:
        assert evaluate_loso(search, *make_data()).n_clips == 60
    assert len(caught) == 1
    assert "GridSearchCV splits the training clips by StratifiedKFold" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_clips_bring_their_own_columns(make_data):
    X, y, groups = make_data()
    names = [f"EP{i:02d}" for i in range(60)]
    clips = SimpleNamespace(
        frames=X,
        target=y,
        groups=groups,
        class_names=["disgust", "happiness", "others", "surprise"],
        table=pd.DataFrame({"clip": names}),
        fingerprint="255 rows, abc",
    )
    result = evaluate_loso(LogisticRegression(), clips)
    assert result.predictions["clip"].tolist() == names
    assert result.class_names == clips.class_names
    assert result.run_card["fingerprint"] == "255 rows, abc"
    assert (result.predictions["probability_surprise"] == 0).all()
    assert result.uf1 == pytest.approx(evaluate_loso(LogisticRegression(), X, y, groups).uf1)


def test_a_tuple_is_as_good_as_three_arrays(make_data):
    data = make_data()
    pd.testing.assert_frame_equal(
        evaluate_loso(LogisticRegression(), data).predictions,
        evaluate_loso(LogisticRegression(), *data).predictions,
    )


def test_lists_and_frames_of_objects_are_samples(make_data, recorder):
    _, y, groups = make_data()
    nested = [[f"{i}-{frame}.png" for frame in ("onset", "apex", "offset")] for i in range(60)]
    evaluate_loso(recorder, nested, y, groups)
    assert recorder.fits[0][0] == [row for row, g in zip(nested, groups, strict=True) if g != min(groups)]


@pytest.mark.parametrize("wrap", [pd.DataFrame, csr_array], ids=["table", "sparse"])
def test_tables_series_and_sparse_rows(make_data, wrap):
    X, y, groups = make_data()
    result = evaluate_loso(LogisticRegression(), wrap(X), pd.Series(y), pd.Series(groups))
    np.testing.assert_array_equal(result.runs, evaluate_loso(LogisticRegression(), X, y, groups).runs)
    np.testing.assert_array_equal(result.truth, y)


@pytest.mark.parametrize("values", [[3, 7], [True, False]], ids=["int", "bool"])
def test_labels_of_other_types(make_data, values):
    X, y, groups = make_data()
    y = np.where(y == "others", *values)
    result = evaluate_loso(LogisticRegression(), X, y, groups)
    expected = cross_val_predict(LogisticRegression(), X, y, groups=groups, cv=LeaveOneGroupOut())
    np.testing.assert_array_equal(result.predictions["prediction"], expected)
    assert result.class_names == sorted(values)


def test_seeds_reach_every_random_state(make_data):
    X, y, groups = make_data()
    forest = RandomForestClassifier(n_estimators=3)
    result = evaluate_loso(Pipeline([("forest", forest)]), X, y, groups, seeds=[5, 6])
    assert result.seeds == [5, 6]
    assert len(result.predictions) == 120
    for seed, run in zip([5, 6], result.runs, strict=True):
        expected = cross_val_predict(
            RandomForestClassifier(n_estimators=3, random_state=seed),
            X,
            y,
            groups=groups,
            cv=LeaveOneGroupOut(),
        )
        np.testing.assert_array_equal(run, expected)
    assert (result.runs[0] != result.runs[1]).any()


def test_a_number_of_seeds_counts_from_zero(make_data):
    assert evaluate_loso(DummyClassifier(), *make_data(), seeds=3).seeds == [0, 1, 2]


def test_progress_is_for_terminals(make_data, capsys):
    for verbose in (0, 1):
        evaluate_loso(DummyClassifier(), *make_data(), verbose=verbose)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


class Faces(TransformerMixin, BaseEstimator):
    """First step that finds no face where the first value is negative."""

    def __init__(self, on_missing="nan"):
        self.on_missing = on_missing

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X = np.array(X, dtype=float)
        if self.on_missing == "raise" and (X[:, 0] < 0).any():
            raise ValueError("no face")
        X[X[:, 0] < 0, -1] = np.nan
        return X


def without_faces(make_data):
    X, y, groups = make_data()
    X = X - X.min() + 1
    lost = np.random.default_rng(4).uniform(size=60) < 0.2
    lost |= groups == groups[0]
    marked = X.copy()
    marked[lost, 0] = -1
    return X, marked, y, groups, lost


@pytest.mark.parametrize("way", ["transformer", "later", "search", "nan rows", "table", "landmarks"])
def test_clips_without_features_keep_their_place_and_never_train(make_data, way):
    X, marked, y, groups, lost = without_faces(make_data)
    svc = make_pipeline(StandardScaler(), LogisticRegression())
    found = Pipeline([("faces", Faces()), *svc.steps])
    if way == "transformer":
        result = evaluate_loso(found, marked.tolist(), y, groups)
    elif way == "later":
        within = Pipeline([("idle", "passthrough"), ("copy", FunctionTransformer(np.array)), ("rest", found)])
        result = evaluate_loso(within, marked.tolist(), y, groups)
    elif way == "search":
        search = GridSearchCV(found, {"logisticregression__C": [1.0]}, cv=LeaveOneGroupOut())
        result = evaluate_loso(search, marked.tolist(), y, groups)
    elif way == "nan rows":
        result = evaluate_loso(svc, np.where(lost[:, None], np.nan, X), y, groups)
    elif way == "table":
        table = pd.DataFrame(np.where(lost[:, None], np.nan, X)).add_prefix("feature_")
        result = evaluate_loso(svc, table, y, groups)
    else:
        landmarks = np.where(lost[:, None, None], np.nan, X[:, :, None])
        landmarks[lost, 1:] = 0.0
        result = evaluate_loso(Pipeline([("flat", Flatten()), *svc.steps]), landmarks, y, groups)
    assert (result.n_clips, result.n_missing) == (60, lost.sum())
    np.testing.assert_array_equal(result.predictions["missing"], lost)
    expected = np.empty_like(y)
    for subject in np.unique(groups):
        train, test = (groups != subject) & ~lost, (groups == subject) & ~lost
        names, counts = np.unique(y[train], return_counts=True)
        expected[(groups == subject) & lost] = names[counts.argmax()]
        if test.any():
            expected[test] = svc.fit(X[train], y[train]).predict(X[test])
    np.testing.assert_array_equal(result.predictions["prediction"], expected)
    probabilities = result.predictions.filter(like="probability").to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.filterwarnings("ignore:magnet_weights is None")
def test_a_blank_face_in_the_papers_pipeline_keeps_its_place():
    clips = make_face_clips(3, 9, color=False, face_size=120, random_state=0)
    for frame in range(3):
        clips.frames[4, frame] = np.full_like(clips.frames[4, frame], 128)
    pipeline = paper_pipeline(n_views=1, random_state=0)
    result = evaluate_loso(pipeline.set_params(graph__landmarker__on_missing="nan", clf__max_epochs=1), clips)
    assert result.predictions["missing"].to_numpy().nonzero()[0].tolist() == [4]
    with pytest.raises(ValueError, match="no face was found"):
        evaluate_loso(pipeline.set_params(graph__landmarker__on_missing="raise"), clips)


def test_steps_that_learn_are_not_fitted_to_look_for_missing_faces(make_data, recorder):
    X, y, groups = make_data()
    learned = Pipeline([("scale", StandardScaler()), ("faces", Faces()), ("clf", recorder)])
    result = evaluate_loso(learned, np.abs(X).tolist(), y, groups)
    assert result.n_missing == 0
    assert all(len(rows) < len(X) for rows, _, _ in recorder.fits)


class Flatten(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X.reshape(len(X), -1)


def test_a_transformer_that_raises_on_missing_faces_raises(make_data):
    _, marked, y, groups, _ = without_faces(make_data)
    with pytest.raises(ValueError, match="no face"):
        evaluate_loso(
            Pipeline([("faces", Faces("raise")), ("clf", DummyClassifier())]), marked.tolist(), y, groups
        )


def test_an_error_in_a_fold_names_the_subject(make_data):
    X, y, groups = make_data()
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"the fit with lab/s\d held out failed: .*NaN"):
        evaluate_loso(LogisticRegression(), X, y, groups)


class Lost(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise LookupError("no such file")

    def predict(self, X):
        raise AssertionError


def test_an_error_of_another_kind_keeps_its_kind(make_data):
    with pytest.raises(LookupError, match="no such file") as caught:
        evaluate_loso(Lost(), *make_data())
    assert caught.value.__notes__ == ["the fit with lab/s0 held out failed."]


def test_a_majority_guesser_stands_at_the_baseline(make_data):
    X, y, groups = make_data()
    result = evaluate_loso(DummyClassifier(strategy="most_frequent"), X, y, groups)
    np.testing.assert_array_equal(result.predictions["prediction"], majority_predictions(y, groups))
    assert (result.accuracy, result.uf1, result.uar) == pytest.approx(result.baseline)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda X, y, g: (X,), TypeError, "X must be clips .* got ndarray without frames"),
        (lambda X, y, g: (X, y), ValueError, "groups must be given with X"),
        (lambda X, y, g: (X, None, g), ValueError, "y must be given with X"),
        (lambda X, y, g: (X, y, g[:-1]), ValueError, "inconsistent numbers of samples"),
        (lambda X, y, g: (X, y, ["lab/one"] * len(y)), ValueError, "at least two subjects, got only lab/one"),
    ],
    ids=["no labels", "no groups", "no y", "lengths", "one subject"],
)
def test_bad_data_is_refused_in_a_sentence(make_data, arguments, error, message):
    with pytest.raises(error, match=message):
        evaluate_loso(DummyClassifier(), *arguments(*make_data()))


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1]], ids=str)
def test_bad_seeds_are_refused(make_data, seeds):
    with pytest.raises(ValueError, match="seeds must be"):
        evaluate_loso(DummyClassifier(), *make_data(), seeds=seeds)


def test_a_target_outside_the_class_names_is_refused(make_data):
    X, y, groups = make_data()
    clips = SimpleNamespace(frames=X, target=y, groups=groups, class_names=["disgust", "others"])
    with pytest.raises(ValueError, match="got happiness as well"):
        evaluate_loso(DummyClassifier(), clips)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda y, g: (y, np.where(g == "lab/s0", np.nan, 1.0)), "groups must have a value .* row"),
        (
            lambda y, g: (y, pd.Series([pd.NA, *range(59)], dtype="Int64")),
            "groups .* 1 of 60 rows, such as row 0",
        ),
        (lambda y, g: (y, np.array([None, *g[1:]], dtype=object)), "groups .* 1 of 60 rows, such as row 0"),
        (lambda y, g: (y, ["  ", *g[1:]]), "groups .* 1 of 60 rows, such as row 0"),
        (
            lambda y, g: (y, np.array([1, *g[1:]], dtype=object)),
            "groups must hold values of one type, got int and",
        ),
        (lambda y, g: (np.array([np.nan, *y[1:]], dtype=object), g), "y .* 1 of 60 rows, such as row 0"),
        (lambda y, g: ([*y[:-1], None], g), "y .* 1 of 60 rows, such as row 59"),
    ],
    ids=["NaN", "NA", "None", "blank", "types", "label NaN", "label None"],
)
def test_clips_without_a_subject_or_a_class_are_refused(make_data, spoil, message):
    X, y, groups = make_data()
    y, groups = spoil(y, groups)
    for call in (evaluate_loso, audit_loso):
        with pytest.raises(ValueError, match=message):
            call(DummyClassifier(), X, y, groups)
