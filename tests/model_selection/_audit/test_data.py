import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.svm import SVC

from skmer import LandmarkGraphTransformer
from skmer.datasets import make_landmark_clips
from skmer.face import MIRROR_POINTS
from skmer.model_selection import audit_loso


@pytest.fixture
def data(make_data):
    return make_data(n_clips=90, n_features=12)


def kinds(estimator, *data, **options):
    return {finding.kind for finding in audit_loso(estimator, *data, **options).findings}


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_that_were_scaled_before_the_split(data, scaler, dtype):
    X, y, groups = data
    assert kinds(SVC(), scaler().fit_transform(X).astype(dtype), y, groups) == {"scaled"}


@pytest.mark.parametrize("copies", [1, 20])
def test_duplicated_clips(data, copies):
    X, y, groups = data
    X, y = np.concatenate([X, X[:copies]]), np.concatenate([y, y[:copies]])
    groups = np.concatenate([groups, ["lab/other"] * copies])
    audit = audit_loso(LogisticRegression(), X, y, groups)
    assert [finding.kind for finding in audit.findings] == ["duplicate"]
    assert f"{copies} clips stand under several subjects, such as 0 of" in audit.findings[0].message


def test_clips_that_are_there_many_times(data):
    X, y, groups = (np.tile(part, (4,) + (1,) * (part.ndim - 1)) for part in data)
    groups = np.char.add(groups, np.repeat(["a", "b", "c", "d"], 90))
    assert "duplicate" in kinds(LogisticRegression(), X, y, groups)


def test_a_subject_s_own_duplicates_cross_no_fold(data):
    X, y, groups = (np.concatenate([part, part[:20]]) for part in data)
    assert audit_loso(LogisticRegression(), X, y, groups).passed


def augmented(X, y, groups, change):
    copies = np.char.replace(groups.astype("U20"), "lab", "augmented")
    return np.concatenate([X, change(X)]), np.concatenate([y, y]), np.concatenate([groups, copies])


def test_noisy_copies_made_before_the_split(data):
    rng = np.random.default_rng(0)
    copied = augmented(*data, lambda X: X + 0.05 * rng.normal(size=X.shape))
    assert kinds(LogisticRegression(), *copied) == {"near-duplicate"}


def mirrored(landmarks):
    return landmarks[:, :, list(MIRROR_POINTS)] * [-1, 1] + [600, 0]


@pytest.mark.parametrize("change", [lambda X: 1.3 * X + 20, mirrored], ids=["crop", "mirror"])
def test_augmented_landmarks_made_before_the_split(change):
    clips = make_landmark_clips(6, 60, random_state=0)
    data = augmented(clips.frames, clips.target, clips.groups, change)
    copies = np.char.add(np.char.replace(clips.groups, "synthetic-casme2", "augmented"), "")
    data = (*data[:2], np.concatenate([clips.groups, copies]))
    pipeline = make_pipeline(LandmarkGraphTransformer(flatten=True), SVC())
    assert kinds(pipeline, *data, n_folds=1) == {"near-duplicate"}
    assert kinds(pipeline, clips, n_folds=1) == set()


def image_clips(n_subjects=6, n=36):
    rng = np.random.default_rng(0)
    faces = 128 + 900 * gaussian_filter(rng.normal(size=(n_subjects, 48, 48)), (0, 5, 5))
    frames = np.empty((n, 3), dtype=object)
    for i in range(n):
        smooth = faces[i % n_subjects] + rng.normal(scale=4, size=(3, 48, 48))
        frames[i] = [frame for frame in smooth.clip(0, 255).astype(np.uint8)]
    y = rng.choice(["happiness", "others"], n)
    return frames, y, np.array([f"lab/s{i % n_subjects}" for i in range(n)])


class Brightness(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[frame.mean() for frame in clip] for clip in X])


def test_images_that_are_shared_cropped_or_mirrored():
    frames, y, groups = image_clips()
    pipeline = make_pipeline(Brightness(), StandardScaler(), LogisticRegression())
    assert kinds(pipeline, frames, y, groups) == set()
    shared = frames.copy()
    shared[1, 2] = shared[0, 2].copy()
    assert kinds(pipeline, shared, y, groups) == {"duplicate"}
    for change in (lambda frame: frame[1:-1, 1:-1], lambda frame: frame[:, ::-1]):
        more = frames.copy()
        for i, j in np.ndindex(*more.shape):
            more[i, j] = np.ascontiguousarray(change(frames[i, j]))
        others = np.char.replace(groups, "lab", "copy")
        both = np.concatenate([frames, more]), np.concatenate([y, y]), np.concatenate([groups, others])
        assert kinds(pipeline, *both) == {"near-duplicate"}


@pytest.mark.parametrize("smooth", [0.0, 5.0, "auto"])
def test_a_target_encoder_over_all_rows(data, smooth):
    X, y, groups = data
    city = np.random.default_rng(1).integers(6, size=(len(y), 1))
    X = np.column_stack([X, TargetEncoder(smooth=smooth, random_state=0).fit(city, y).transform(city)])
    assert kinds(LogisticRegression(), X, y, groups) == {"target-encoded"}


def test_one_person_under_two_names(data):
    X, y, groups = data
    groups = groups.astype("U20")
    groups[np.flatnonzero(groups == "lab/s1")[::2]] = "lab/S01"
    audit = audit_loso(LogisticRegression(), X, y, groups)
    assert [finding.kind for finding in audit.findings] == ["subjects"]
    assert "'lab/S01' and 'lab/s1'" in audit.findings[0].message


def test_coincidences_are_no_copies(data):
    _, y, groups = data
    rng = np.random.default_rng(0)
    votes = rng.integers(3, size=(90, 4)).astype(float)
    assert audit_loso(LogisticRegression(), votes, y, groups).passed
    assert audit_loso(LogisticRegression(), rng.normal(size=(90, 1)), y, groups).passed


@pytest.mark.parametrize("wrap", [pd.DataFrame, csr_array, list], ids=["table", "sparse", "list"])
def test_other_containers(data, wrap):
    X, y, groups = data
    held = wrap(X)
    before = np.array(X)
    assert audit_loso(LogisticRegression(), held, pd.Series(y), list(groups)).passed
    content = held.toarray() if wrap is csr_array else np.asarray(held)
    np.testing.assert_array_equal(content, before)


def test_tables_of_words_and_numbers(data):
    X, y, groups = data
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"side": rng.choice(["left", "right"], 90), "size": X[:, 0], "age": X[:, 1] > 0})
    columns = ColumnTransformer([("side", OneHotEncoder(), ["side"])], remainder="passthrough")
    assert audit_loso(make_pipeline(columns, LogisticRegression()), table, y, groups).passed
    words = table.to_numpy(dtype=object)[:, [0, 0, 0]]
    assert audit_loso(make_pipeline(OneHotEncoder(), LogisticRegression()), words, y, groups).passed
