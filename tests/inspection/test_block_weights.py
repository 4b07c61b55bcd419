import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmer.classifiers import KTGSL
from skmer.feature_extraction import BiWOOF, LocalBinaryPatterns
from skmer.inspection import BlockWeightsDisplay


@pytest.fixture(scope="module")
def clf():
    """Six blocks a group, of which the fifth of the first and the second of the second group count."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.normal(size=(60, 24))
    X[:, 8:10] += rng.normal(size=(3, 2))[y] * 3
    X[:, 14:16] += rng.normal(size=(3, 2))[y] * 3
    parts = [slice(2 * k, 2 * k + 2) for k in range(12)]
    return KTGSL(parts[:6], parts[6:], mu_1=5, mu_2=5).fit(X, y)


def test_weights_are_those_of_the_estimator_row_by_row(clf):
    display = BlockWeightsDisplay.from_estimator(clf, blocks=(2, 3), names=("patterns", "gradients"))
    assert list(display.weights) == ["patterns", "gradients"]
    np.testing.assert_array_equal(display.weights["patterns"], clf.block_weights_[:6].reshape(2, 3))
    np.testing.assert_array_equal(display.weights["gradients"], clf.block_weights_[6:].reshape(2, 3))
    assert display.largest == {"patterns": (1, 1), "gradients": (0, 1)}


def test_a_pipeline_ends_in_one(clf):
    pipeline = make_pipeline(StandardScaler(), KTGSL([[0, 1], [2, 3]]))
    with pytest.raises(NotFittedError):
        BlockWeightsDisplay.from_estimator(pipeline, blocks=(1, 2))
    pipeline.fit(clf.X_fit_[:, :4], np.arange(60) % 2)
    display = BlockWeightsDisplay.from_estimator(pipeline, blocks=(1, 2))
    assert list(display.weights) == ["group 1"]


def test_what_is_drawn_are_the_weights(clf):
    display = BlockWeightsDisplay.from_estimator(clf, blocks=(2, 3)).plot()
    assert display.axes_.shape == (1, 2)
    tops = set()
    for ax, (name, grid) in zip(display.axes_.flat, display.weights.items(), strict=True):
        assert ax.get_title("left") == name
        (mesh,) = ax.collections
        np.testing.assert_allclose(mesh.get_array(), grid)
        tops.add(mesh.get_clim())
        assert len(ax.lines) == 9  # the components of the mean face
        # The first row of blocks is the top of the face, where y is small.
        assert ax.get_ylim() == (170, 0)
    assert tops == {(0, clf.block_weights_.max())}


def test_the_maps_lie_on_a_given_face_and_in_given_axes(clf):
    figure, (left, right) = plt.subplots(1, 2)
    image = np.zeros((90, 60, 3), dtype=np.uint8)
    display = BlockWeightsDisplay.from_estimator(clf, blocks=(2, 3), image=image).plot(right)
    assert display.figure_ is figure
    assert display.ax_ is right
    ax = display.axes_[0, 0]
    assert ax.images[0].get_extent() == [0, 60, 90, 0]
    corners = ax.collections[0].get_coordinates()
    assert corners[0, 0].tolist() == [0, 0] and corners[2, 3].tolist() == [60, 90]
    assert ax.get_position().x0 > left.get_position().x1


def test_features_are_added_up_by_the_names_of_their_blocks():
    names = LocalBinaryPatterns(planes=("xy", "xt"), blocks=(3, 4)).get_feature_names_out()
    values = np.random.default_rng(0).normal(size=len(names))
    display = BlockWeightsDisplay.from_features(values, names)
    assert list(display.weights) == ["xy", "xt"]
    np.testing.assert_allclose(display.weights["xt"], values.reshape(2, 3, 4, 59).sum(axis=-1)[1])
    display.plot()


def test_features_of_many_blocks_and_of_one_kind():
    names = BiWOOF(blocks=(2, 12)).get_feature_names_out()
    display = BlockWeightsDisplay.from_features(np.arange(192.0), names)
    np.testing.assert_allclose(display.weights["blocks"], np.arange(192.0).reshape(2, 12, 8).sum(axis=-1))


def test_maps_of_zeros_are_drawn():
    assert BlockWeightsDisplay({"a": np.zeros((2, 2))}).plot().axes_.shape == (1, 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda clf: BlockWeightsDisplay.from_estimator(KTGSL()), NotFittedError, "not fitted"),
        (
            lambda clf: BlockWeightsDisplay.from_estimator(DummyClassifier().fit([[0]], [0])),
            TypeError,
            "must be a KTGSL or a pipeline that ends in one, got DummyClassifier",
        ),
        (
            lambda clf: BlockWeightsDisplay.from_estimator(clf),
            ValueError,
            r"blocks must be rows and columns of the 6 blocks of group 1, got \(5, 5\)",
        ),
        (
            lambda clf: BlockWeightsDisplay.from_features([1.0], ["x0"]),
            ValueError,
            "feature_names must name the block .* got 1 names for 1 values, such as 'x0'",
        ),
    ],
)
def test_what_has_no_block_weights(clf, make, error, message):
    with pytest.raises(error, match=message):
        make(clf)
