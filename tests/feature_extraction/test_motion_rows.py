import numpy as np
import pytest

from skmer.classifiers import DeReGRLClassifier
from skmer.datasets import MicroExpressionClips
from skmer.feature_extraction import NodeDisplacements, PooledMaps, normalize_maps, normalize_nodes
from skmer.pipelines import baseline


@pytest.fixture
def nodes():
    return np.random.default_rng(0).normal(size=(6, 3, 31, 2))


def test_displacements_from_the_onset_and_their_lengths(nodes):
    rows = NodeDisplacements(magnitudes=True).fit_transform(nodes)
    assert rows.shape == (6, 186)
    for frame in (1, 2):
        for node in (0, 30):
            moved = nodes[4, frame, node] - nodes[4, 0, node]
            place = (frame - 1) * 31 + node
            np.testing.assert_allclose(rows[4, 2 * place : 2 * place + 2], moved)
            assert rows[4, 124 + place] == pytest.approx(np.hypot(*moved))
    np.testing.assert_array_equal(NodeDisplacements().fit_transform(nodes), rows[:, :124])


def test_a_shift_of_the_whole_clip_changes_nothing_and_views_are_averaged(nodes):
    rows = NodeDisplacements(magnitudes=True).transform(nodes)
    np.testing.assert_allclose(NodeDisplacements(True).transform(nodes + 7.0), rows, atol=1e-12)
    views = np.stack([nodes + 0.1, nodes - 0.1], axis=1)
    np.testing.assert_allclose(NodeDisplacements(True).transform(views), rows, atol=1e-12)
    assert NodeDisplacements().transform(nodes.astype(np.float32)).dtype == np.float32


def test_cells_are_means_of_their_pixels():
    maps = np.random.default_rng(0).normal(size=(2, 3, 28, 30))
    rows = PooledMaps(4, magnitudes=True).fit_transform(maps)
    assert rows.shape == (2, 64)
    np.testing.assert_allclose(rows[1, 16 + 4 * 1 + 2], maps[1, 1, 7:14, 16:23].mean())
    length = np.hypot(maps[1, 0], maps[1, 1])
    np.testing.assert_allclose(rows[1, 48 + 4 * 3 + 0], length[21:28, 0:8].mean())
    np.testing.assert_array_equal(PooledMaps(4).transform(maps), rows[:, :48])


def test_maps_that_lost_zero_and_unit_are_those_that_did_not():
    maps = np.random.default_rng(0).normal(size=(4, 3, 14, 14))
    low, high = maps.min(axis=(2, 3), keepdims=True), maps.max(axis=(1, 2, 3), keepdims=True)
    scaled = 255 * (maps - low) / (high - low.min(axis=1, keepdims=True))
    pooled = PooledMaps(7, magnitudes=True, normalize=True)
    rows = pooled.transform(maps)
    np.testing.assert_allclose(pooled.transform(scaled)[:, :98], rows[:, :98])
    np.testing.assert_allclose(pooled.transform(scaled)[:, 147:], rows[:, 147:])
    flow = maps[0, :2] - np.median(maps[0, :2], axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(rows[0, 0], flow[0, :2, :2].mean() / flow.std())
    still = pooled.transform(np.full((1, 3, 14, 14), 127.0))
    np.testing.assert_array_equal(still[:, :98], 0.0)


@pytest.mark.parametrize(
    ("transformer", "shape", "message"),
    [
        (NodeDisplacements(), (5, 186), "X must be node features"),
        (NodeDisplacements(), (5, 1, 31, 2), "X must be node features"),
        (NodeDisplacements(), (5, 3, 31, 4), "X must be node features"),
        (PooledMaps(), (5, 28, 28), "X must be maps"),
        (PooledMaps(29), (5, 3, 28, 28), "of at least 29 x 29 px"),
        (PooledMaps(magnitudes=True), (5, 1, 28, 28), "magnitudes=True needs horizontal and vertical flow"),
        (PooledMaps(normalize=True), (5, 1, 28, 28), "normalize=True needs horizontal and vertical flow"),
        (PooledMaps(0), (5, 3, 28, 28), "The 'size' parameter of PooledMaps must be"),
    ],
)
def test_other_shapes_are_refused(transformer, shape, message):
    with pytest.raises(ValueError, match=message):
        transformer.transform(np.zeros(shape))


@pytest.mark.parametrize(
    ("take", "shape"),
    [
        (NodeDisplacements().fit, (6, 3, 31, 2)),
        (PooledMaps().transform, (6, 3, 14, 14)),
        (normalize_nodes, (6, 3, 31, 2)),
        (normalize_maps, (6, 3, 14, 14)),
        (lambda X: baseline("lda").fit(X, list("ababab")), (6, 3, 31, 2)),
        (lambda X: baseline("lda", input="maps").fit(X, list("ababab")), (6, 3, 14, 14)),
        (lambda X: DeReGRLClassifier().fit(X, list("ababab")), (6, 3, 31, 2)),
    ],
    ids=["nodes", "maps", "normalized nodes", "normalized maps", "baseline", "baseline of maps", "net"],
)
def test_nan_names_its_clip(take, shape):
    X = np.random.default_rng(0).normal(size=shape)
    X[2, 1, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"Input \w+ contains (NaN|infinity) in clip 2; leave it out"):
        take(X)


def test_flat_rows_are_refused_with_the_shape_that_they_have():
    with pytest.raises(ValueError, match=r"X must be node features .* got \(n_clips, 186\)"):
        baseline("lda").fit(np.ones((30, 186)), ["a", "b"] * 15)


def test_clips_of_maps_go_in_as_they_are():
    maps = np.random.default_rng(0).normal(size=(8, 3, 28, 28)).astype(np.float32)
    clips = MicroExpressionClips(maps, ["positive", "negative"] * 4, [f"lab/s{k // 2}" for k in range(8)])
    np.testing.assert_array_equal(PooledMaps().fit_transform(clips), PooledMaps().fit_transform(maps))
    np.testing.assert_array_equal(normalize_maps(clips), normalize_maps(maps))
    fitted = baseline("lda", input="maps").fit(clips, clips.target)
    np.testing.assert_array_equal(fitted.predict(clips), fitted.predict(maps))


def test_normalized_maps_lose_zero_and_unit_of_each_clip():
    rng = np.random.default_rng(0)
    motion = rng.normal(size=(3, 3, 9, 9))
    scaled = motion * np.array([3.0, 20.0, 0.5])[:, None, None, None] + 126
    scaled[:, 2] -= 126
    one, other = normalize_maps(scaled), normalize_maps(motion)
    np.testing.assert_allclose(one, other, atol=1e-9)
    assert np.allclose(np.median(one[:, :2], axis=(2, 3)), 0)
    assert np.allclose(
        np.stack([clip[:2] - clip[:2].mean((1, 2), keepdims=True) for clip in one]).std((1, 2, 3)),
        1,
        atol=0.02,
    )
    assert normalize_maps(scaled.astype(np.float32)).dtype == np.float32
    still = normalize_maps(np.full((1, 2, 4, 4), 128.0))
    assert (still == 0).all()


@pytest.mark.parametrize("maps", [np.zeros((2, 4, 4)), np.zeros((2, 1, 4, 4)), np.array([["a"]])])
def test_what_are_no_maps_is_refused(maps):
    with pytest.raises(ValueError, match="maps must be numbers of shape"):
        normalize_maps(maps)


def test_normalized_nodes_lose_the_unit_of_each_clip_and_still_frames_do_not_count():
    motion = np.random.default_rng(0).normal(size=(3, 2, 3, 31, 2))
    motion[:, :, 0] = 0
    motion[1, :, 2] = 0  # no offset frame
    unit = normalize_nodes(motion)
    np.testing.assert_allclose(
        normalize_nodes(motion * np.array([0.1, 2, 30])[:, None, None, None, None]), unit
    )
    np.testing.assert_allclose(np.square(unit[0, :, 1:]).mean((1, 2, 3)), 1)
    np.testing.assert_allclose(np.square(unit[1, :, 1]).mean((1, 2)), 1)
    assert (normalize_nodes(np.zeros((1, 3, 31, 2), dtype=np.float32)) == np.float32(0)).all()
    assert normalize_nodes(motion.astype(np.float32)).dtype == np.float32
    np.testing.assert_array_equal(normalize_nodes(motion[:, :, 1:2]), motion[:, :, 1:2])
    with pytest.raises(ValueError, match="nodes must be numbers of shape"):
        normalize_nodes(motion[0, 0])


def test_rows_of_normalized_clips_are_those_of_normalized_displacements(nodes):
    for clips in (nodes, nodes[:, :2]):  # with and without an offset
        rows = NodeDisplacements(True, normalize=True).transform(clips)
        np.testing.assert_allclose(
            rows, NodeDisplacements(True).transform(normalize_nodes(clips - clips[:, :1]))
        )
        np.testing.assert_allclose(NodeDisplacements(True, normalize=True).transform(9 * clips), rows)
        assert not np.allclose(NodeDisplacements(True).transform(9 * clips), rows)
