import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skmer.classifiers import DeReGRLClassifier, SeedEnsemble
from skmer.datasets import make_landmark_clips
from skmer.face import ACTION_UNITS, FaceGraph
from skmer.feature_extraction import LandmarkGraphTransformer
from skmer.inspection import (
    ActionMapDisplay,
    ActionWeightsDisplay,
    ContributionDisplay,
    LossCurvesDisplay,
)
from skmer.model_selection import BatchedGridSearchCV
from skmer.pipelines import recommended


@pytest.fixture(scope="module")
def clips():
    return make_landmark_clips(n_subjects=4, n_clips=30, random_state=0)


@pytest.fixture(scope="module")
def features(clips):
    return LandmarkGraphTransformer().fit_transform(clips.frames)


@pytest.fixture(scope="module")
def pipeline(clips):
    classifier = DeReGRLClassifier(n_actions=2, max_epochs=3, batch_size=16, random_state=0)
    return Pipeline([("graph", LandmarkGraphTransformer()), ("clf", classifier)]).fit(
        clips.frames, clips.target
    )


def test_maps_are_the_mean_over_clips(pipeline, clips, features):
    display = ActionMapDisplay.from_estimator(pipeline, clips.frames)
    np.testing.assert_allclose(display.maps, pipeline[-1].action_maps(features).mean(axis=0))
    np.testing.assert_allclose(ActionMapDisplay.from_estimator(pipeline[-1], features).maps, display.maps)
    assert display.action_names == ["brow 1", "brow 2", "nose 1", "nose 2", "lip 1", "lip 2"]


def test_every_action_has_a_face_with_its_component_s_nodes(pipeline, clips):
    display = ActionMapDisplay.from_estimator(pipeline, clips.frames).plot()
    assert display.axes_.shape == (3, 2)
    for i, size in enumerate(FaceGraph.preset("brow-nose-lip31").component_sizes):
        for k, ax in enumerate(display.axes_[i]):
            others, own = ax.collections[:2]
            assert len(own.get_offsets()) == size
            assert len(others.get_offsets()) == 31 - size
            shares = display.maps[1, :, 2 * i + k]
            np.testing.assert_allclose(own.get_array(), shares[shares > 0])
            assert ax.get_title().startswith(f"{display.action_names[2 * i + k]}: AU")


def test_maps_lie_on_a_given_face(pipeline, clips):
    image, points = np.zeros((400, 500), dtype=np.uint8), clips.frames[0, 0]
    display = ActionMapDisplay.from_estimator(pipeline, clips.frames, image=image, points=points).plot(
        frame="offset"
    )
    ax = display.axes_[0, 0]
    assert len(ax.images) == 1
    np.testing.assert_allclose(ax.collections[1].get_offsets(), points[17:27])
    np.testing.assert_allclose(ax.collections[1].get_array(), display.maps[2, :10, 0])


def test_maps_divide_the_place_of_given_axes(pipeline, clips):
    figure, (left, right) = plt.subplots(1, 2)
    display = ActionMapDisplay.from_estimator(pipeline, clips.frames).plot(right)
    assert display.axes_[0, 0].figure is figure
    assert display.axes_[0, 0].get_position().x0 > left.get_position().x1


def test_weights_are_class_means(pipeline, clips, features):
    display = ActionWeightsDisplay.from_estimator(pipeline, clips.frames, clips.target)
    weights = pipeline[-1].action_weights(features)
    for name, row in display.weights.iterrows():
        np.testing.assert_allclose(row, weights[clips.target == name].mean(axis=0), rtol=1e-5)
    assert display.weights.columns.tolist() == ["brow 1", "brow 2", "nose 1", "nose 2", "lip 1", "lip 2"]
    np.testing.assert_allclose(
        np.average(display.relative, axis=0, weights=display.counts), np.ones(6), rtol=1e-5
    )


def test_weights_are_drawn_relative_to_their_mean(pipeline, clips, written):
    display = ActionWeightsDisplay.from_estimator(pipeline, clips.frames, clips.target).plot()
    np.testing.assert_allclose(display.ax_.images[0].get_array(), display.relative)
    assert written(display.ax_) == [f"{value:.2f}" for value in display.relative.to_numpy().ravel()]
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [f"{name} ({(clips.target == name).sum()})" for name in clips.class_names]


@pytest.mark.parametrize(
    "make",
    [ActionMapDisplay.from_estimator, lambda *args: ActionWeightsDisplay.from_estimator(*args, ["a", "b"])],
    ids=["maps", "weights"],
)
def test_an_estimator_without_actions_is_refused(make):
    dummy = DummyClassifier().fit(np.zeros((2, 1)), ["a", "b"])
    with pytest.raises(TypeError, match=r"must be a DeReGRLClassifier, .* got DummyClassifier"):
        make(dummy, np.zeros((2, 1)))


def test_loss_curves_are_the_history(pipeline):
    display = LossCurvesDisplay.from_estimator(pipeline).plot()
    history = pipeline[-1].history
    assert next(iter(display.curves)) == "total"
    np.testing.assert_allclose(display.curves["total"], history[:, "train_loss"])
    np.testing.assert_allclose(display.curves["cross entropy"], history[:, "train_cross_entropy"])
    assert display.n_epochs == 3
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == list(display.curves)
    for line, values in zip(display.ax_.lines, display.curves.values(), strict=True):
        np.testing.assert_allclose(line.get_ydata(), values)


def test_losses_that_were_not_recorded_are_refused(pipeline):
    with pytest.raises(ValueError, match="got 'valid'"):
        LossCurvesDisplay.from_estimator(pipeline, part="valid")


@pytest.fixture(scope="module")
def ensemble(clips):
    """Two networks that differ, as the last step of a pipeline."""
    net = DeReGRLClassifier(n_actions=2, max_epochs=2, batch_size=16)
    steps = [("graph", LandmarkGraphTransformer()), ("clf", SeedEnsemble(net, 2, random_state=0))]
    return Pipeline(steps).fit(clips.frames, clips.target)


@pytest.mark.parametrize("member", [0, 1])
def test_a_member_of_an_ensemble_is_shown(ensemble, clips, features, member):
    net = ensemble[-1].estimators_[member]
    maps = ActionMapDisplay.from_estimator(ensemble, clips.frames, index=member)
    np.testing.assert_array_equal(maps.maps, net.action_maps(features).mean(axis=0))
    weights = ActionWeightsDisplay.from_estimator(ensemble, clips.frames, clips.target, index=member)
    expected = ActionWeightsDisplay.from_estimator(net, features, clips.target)
    np.testing.assert_array_equal(weights.weights, expected.weights)
    curves = LossCurvesDisplay.from_estimator(ensemble, index=member)
    np.testing.assert_array_equal(curves.curves["total"], net.history[:, "train_loss"])


@pytest.mark.parametrize("member", [2, -1, 0.5, None])
def test_a_member_that_is_not_there_is_refused(ensemble, pipeline, clips, member):
    with pytest.raises(ValueError, match="index must be an integer from 0 to 1"):
        ActionMapDisplay.from_estimator(ensemble, clips.frames, index=member)
    with pytest.raises(ValueError, match="index must be an integer from 0 to 0"):
        LossCurvesDisplay.from_estimator(pipeline, index=member)


@pytest.mark.parametrize("display", [ActionMapDisplay, ActionWeightsDisplay, LossCurvesDisplay])
def test_an_estimator_that_is_not_fitted_is_refused(display, clips):
    data = {ActionMapDisplay: [clips.frames], ActionWeightsDisplay: [clips.frames, clips.target]}
    pipeline = Pipeline([("graph", LandmarkGraphTransformer()), ("clf", DeReGRLClassifier())])
    with pytest.raises(NotFittedError, match="not fitted"):
        display.from_estimator(pipeline, *data.get(display, []))


def test_a_search_shows_its_best_model(clips, features):
    def search(**options):
        grid = {"clf__n_actions": [2]}
        return BatchedGridSearchCV(model, grid, cv=2, verbose=0, **options)

    model = Pipeline([("scale", FunctionTransformer()), ("clf", DeReGRLClassifier(max_epochs=1))])
    found = search().fit(features, clips.target)
    best = found.best_estimator_
    assert LossCurvesDisplay.from_estimator(found).curves == LossCurvesDisplay.from_estimator(best).curves
    maps = (ActionMapDisplay.from_estimator(e, features).maps for e in (found, best))
    np.testing.assert_array_equal(*maps)
    parts = (ContributionDisplay.from_estimator(e, features).parts for e in (found, best))
    pd.testing.assert_frame_equal(*parts)
    with pytest.raises(NotFittedError, match="not fitted"):
        LossCurvesDisplay.from_estimator(search())
    with pytest.raises(TypeError, match="estimator must be a search that has refitted its best model"):
        LossCurvesDisplay.from_estimator(search(refit=False).fit(features, clips.target))


def test_losses_of_what_is_no_network(clips, features):
    svc = SVC().fit(features.reshape(len(features), -1), clips.target)
    with pytest.raises(TypeError, match="estimator must be a network, an ensemble of them or a pipeline"):
        LossCurvesDisplay.from_estimator(svc)


def test_axes_and_figure_are_named_as_scikit_learn_names_them(pipeline, clips):
    figure, ax = plt.subplots()
    maps = ActionMapDisplay.from_estimator(pipeline, clips.frames).plot(ax)
    assert (maps.ax_, maps.figure_) == (ax, figure)
    curves = LossCurvesDisplay.from_estimator(pipeline).plot()
    assert curves.figure_ is curves.ax_.figure


def test_fields_are_arrows_with_the_unit_that_they_resemble(pipeline, clips, features):
    display = ActionMapDisplay.from_estimator(pipeline, clips.frames)
    np.testing.assert_allclose(display.fields, pipeline[-1].action_fields(features))
    nodes = list(FaceGraph.preset("brow-nose-lip31").nodes)
    fields = np.zeros((6, 31, 2))
    fields[:2, :10] = ACTION_UNITS[4].field[nodes][:10]
    fields[4:, 19:] = -ACTION_UNITS[15].field[nodes][19:]
    made = ActionMapDisplay(display.maps, "brow-nose-lip31", fields=fields).plot()
    units = made.resembling_units
    assert units[0] == (4, pytest.approx(1.0)) and units[2] == (0, 0.0) and units[4][0] != 15
    assert made.axes_[0, 0].get_title() == "brow 1: AU4 (1.00)"
    assert made.axes_[1, 0].get_title() == "nose 1"
    arrows = [c for c in made.axes_[0, 0].collections if type(c).__name__ == "Quiver"]
    assert len(arrows) == 1 and arrows[0].N == 10


def test_one_prediction_is_told_by_its_parts(pipeline, clips, features):
    display = ContributionDisplay.from_estimator(pipeline, clips.frames, clip=3).plot()
    parts = pipeline[-1].contributions(features)[3]
    np.testing.assert_allclose(display.parts.to_numpy(), parts, atol=1e-6)
    assert list(display.parts.index) == [
        *("brow 1", "brow 2", "nose 1", "nose 2", "lip 1", "lip 2", "linear path", "bias")
    ]
    assert display.predicted == pipeline.classes_[parts.sum(0).argmax()]
    assert display.predicted in display.ax_.get_title(loc="left") + display.ax_.get_title()


def test_contributions_name_the_units_that_an_action_was_taught(clips, features):
    units = clips.action_units()[[1, 4, 12]]
    net = DeReGRLClassifier(max_epochs=1, random_state=0).fit(features, clips.target, action_units=units)
    owners = net.architecture_key_["unit_actions"]
    rows = list(ContributionDisplay.from_estimator(net, features).parts.index)
    assert [row for row in rows if "AU" in row] == [rows[action] for action in sorted(set(owners))]
    for unit, action in zip((1, 4, 12), owners, strict=True):
        assert f"AU{unit}" in rows[action]


def test_of_a_vote_the_networks_are_shown(clips, features):
    clf = recommended(input="nodes", random_state=0)
    clf.set_params(clf__net__n_estimators=2, clf__net__estimator__max_epochs=1).fit(features, clips.target)
    display = ContributionDisplay.from_estimator(clf, features)
    nets = clf["clf"].named_estimators_["net"].estimators_
    np.testing.assert_allclose(display.parts, np.mean([n.contributions(features[:1])[0] for n in nets], 0))
    assert list(display.parts.columns) == sorted(set(clips.target))
    assert ActionMapDisplay.from_estimator(clf, features, index=1).maps.shape == (3, 31, 9)
