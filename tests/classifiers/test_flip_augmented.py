import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skmer.classifiers import BalancedLDA, FlipAugmentedClassifier
from skmer.face import MIRROR_POINTS, FaceGraph
from skmer.feature_extraction import NodeDisplacements, PooledMaps

GRAPH = FaceGraph.preset("brow-nose-lip31")


@pytest.fixture
def nodes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3, 31, 2))
    y = np.tile(["a", "b"], 20)
    X[:, 1, :5, 1] += 3.0 * (y == "b")[:, None]  # one brow alone, always the same one
    return X, y


def mirrored(X):
    """By the 68 points' own table, node by node."""
    out = np.empty_like(X)
    for place, point in enumerate(GRAPH.nodes):
        out[..., GRAPH.nodes.index(MIRROR_POINTS[point]), :] = X[..., place, :] * [-1, 1]
    return out


def test_training_sees_both_images_and_prediction_averages_them(nodes):
    X, y = nodes
    tree = DecisionTreeClassifier(max_depth=2, random_state=0)  # it may use one side of the face alone
    inner = make_pipeline(NodeDisplacements(magnitudes=True), StandardScaler(), tree)
    clf = FlipAugmentedClassifier(inner).fit(X, y)
    both = inner.fit(np.concatenate([X, mirrored(X)]), np.concatenate([y, y]))
    expected = (both.predict_proba(X) + both.predict_proba(mirrored(X))) / 2
    np.testing.assert_allclose(clf.predict_proba(X), expected, atol=1e-12)
    assert not np.allclose(both.predict_proba(X), both.predict_proba(mirrored(X)), atol=1e-3)
    np.testing.assert_array_equal(clf.predict(X), clf.classes_[expected.argmax(axis=1)])


def test_a_clip_and_its_mirror_image_are_told_the_same(nodes):
    X, y = nodes
    clf = FlipAugmentedClassifier(make_pipeline(NodeDisplacements(), SVC())).fit(X, y)
    np.testing.assert_allclose(clf.decision_function(X), clf.decision_function(mirrored(X)), atol=1e-12)
    plain = make_pipeline(NodeDisplacements(), SVC()).fit(X, y)
    assert clf.score(mirrored(X), y) > plain.score(mirrored(X), y) + 0.2


@pytest.mark.parametrize("layout", ["views", "flat"])
def test_views_and_flat_rows_are_the_same_clips(nodes, layout):
    X, y = nodes
    clf = make_pipeline(NodeDisplacements(), BalancedLDA())
    expected = FlipAugmentedClassifier(clf).fit(X, y).predict_proba(X)
    if layout == "views":
        X = np.stack([X, X], axis=1)
    else:
        X, clf = X.reshape(40, -1), BalancedLDA()
    found = FlipAugmentedClassifier(clf).fit(X, y)
    assert found.n_features_in_ == np.prod(X.shape[1:])
    atol = 1e-12 if layout == "views" else 0.02  # the onset's own columns are noise in the flat rows
    assert np.abs(found.predict_proba(X) - expected).mean() < max(atol, 0.05 * (layout == "flat"))


def test_maps_are_reversed_and_the_horizontal_flow_changes_sign():
    rng = np.random.default_rng(0)
    maps, y = rng.normal(size=(20, 3, 8, 8)), np.tile([0, 1], 10)
    seen = []

    class Spy(PooledMaps):
        def transform(self, X):
            seen.append(X)
            return super().transform(X)

    clf = FlipAugmentedClassifier(make_pipeline(Spy(4), LogisticRegression()), "maps").fit(maps, y)
    np.testing.assert_array_equal(seen[0][:20], maps)
    np.testing.assert_array_equal(seen[0][20:, 0], -maps[:, 0, :, ::-1])
    np.testing.assert_array_equal(seen[0][20:, 1:], maps[:, 1:, :, ::-1])
    clf.set_params(odd_channels=[0, 2]).fit(maps, y)
    np.testing.assert_array_equal(seen[1][20:, 2], -maps[:, 2, :, ::-1])
    np.testing.assert_array_equal(seen[1][20:, 1], maps[:, 1, :, ::-1])


def test_any_features_by_a_function():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), np.tile([0, 1, 2], 10)
    clf = FlipAugmentedClassifier(SVC(), lambda rows: rows[:, ::-1]).fit(X, y)
    np.testing.assert_allclose(clf.decision_function(X), clf.decision_function(X[:, ::-1]))
    with pytest.raises(ValueError, match=r"mirror must return what it takes, in the same shape \(30, 4\)"):
        FlipAugmentedClassifier(SVC(), lambda rows: rows[:, :2]).fit(X, y)


def test_weights_and_groups_go_with_both_images(nodes):
    X, y = nodes
    weights = np.r_[np.ones(20), np.zeros(20)]
    inner = make_pipeline(NodeDisplacements(), LogisticRegression())
    found = FlipAugmentedClassifier(inner).fit(X, y, weights).predict_proba(X)
    expected = FlipAugmentedClassifier(inner).fit(X[:20], y[:20]).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    with pytest.raises(ValueError, match=r"sample_weight: BalancedLDA\.fit does not take it"):
        FlipAugmentedClassifier(make_pipeline(NodeDisplacements(), BalancedLDA())).fit(X, y, weights)

    class Grouped(DummyClassifier):
        def fit(self, X, y, *, groups):
            self.groups_ = groups
            return super().fit(X, y)

    clf = FlipAugmentedClassifier(Grouped()).fit(X, y, groups=np.arange(40))
    np.testing.assert_array_equal(clf.estimator_.groups_, np.tile(np.arange(40), 2))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"mirror": "faces"}, "The 'mirror' parameter of FlipAugmentedClassifier must be"),
        ({"graph": "brow-mouth30"}, r"X must have the shape \(n_clips, 3, 30, n_channels\)"),
        ({"graph": FaceGraph.generic(31)}, "graph must have a mirror, 'generic' has none"),
        ({"mirror": "maps", "estimator": SVC(decision_function_shape="ovo")}, r"X must be maps of shape"),
    ],
)
def test_what_does_not_fit_is_refused(nodes, params, message):
    X, y = nodes
    X = X.reshape(40, -1) if "mirror" in params else X
    with pytest.raises(ValueError, match=message):
        FlipAugmentedClassifier(**{"estimator": SVC(), **params}).fit(X, y)


def test_classifiers_without_values_to_average_are_refused(nodes):
    class Mute(DummyClassifier):
        predict_proba = property()

    with pytest.raises(ValueError, match="estimator must have predict_proba or decision_function"):
        FlipAugmentedClassifier(Mute()).fit(*nodes)
    X, y = nodes[0].reshape(40, -1), np.arange(40) % 4
    pairs = FlipAugmentedClassifier(SVC(decision_function_shape="ovo")).fit(X, y)
    with pytest.raises(ValueError, match="set decision_function_shape='ovr'"):
        pairs.predict(X)
    assert not hasattr(FlipAugmentedClassifier(Perceptron()).fit(X, y), "predict_proba")


def test_groups_reach_a_search_within():
    """Both images of a clip have its subject, for a search at the top and for one in a pipeline."""
    X = np.random.default_rng(0).normal(size=(24, 3, 31, 2))
    y, groups = np.tile([0, 1], 12), np.repeat(np.arange(6), 4)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=LeaveOneGroupOut())
    for inner in (make_pipeline(NodeDisplacements(), search), search):
        rows = X if inner is not search else X.reshape(24, -1)
        fitted = FlipAugmentedClassifier(inner).fit(rows, y, groups=groups)
        last = fitted.estimator_[-1] if inner is not search else fitted.estimator_
        assert last.n_splits_ == 6
