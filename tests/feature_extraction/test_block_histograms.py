import numpy as np
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline, make_union

from skmer.datasets import make_face_clips, make_landmark_clips
from skmer.feature_extraction import (
    DirectionGradients,
    FaceCropper,
    LocalBinaryPatterns,
    OrientedGradients,
    TemporalInterpolator,
)
from skmer.feature_extraction._block_histograms import BlockGrid

RNG = np.random.default_rng(0)
ALL = {
    "patterns": LocalBinaryPatterns(blocks=(2, 2), radius_t=1, memory=None),
    "directions": DirectionGradients(blocks=(2, 2), radius_t=1, memory=None),
    "orientations": OrientedGradients(blocks=(2, 2), memory=None),
}
every = pytest.mark.parametrize("features", list(ALL.values()), ids=list(ALL))


@pytest.fixture(scope="module")
def clips():
    return make_face_clips(2, 5, face_size=100.0, fps=40, sequence=True, random_state=0)


@pytest.fixture
def files(tmp_path):
    """Paths of the frames of two clips of six, and the frames."""
    images = RNG.integers(0, 256, (2, 6, 12, 14), dtype=np.uint8)
    paths = [[tmp_path / f"{clip} {k}.png" for k in range(6)] for clip in range(2)]
    for clip, k in np.ndindex(2, 6):
        Image.fromarray(images[clip, k]).save(paths[clip][k])
    return paths, images


@every
def test_paths_and_images_give_the_same(features, files):
    paths, images = files
    expected = features.transform(images)
    assert expected.any() and np.array_equal(features.transform(paths), expected)
    assert np.array_equal(features.transform([list(map(str, row)) for row in paths]), expected)


@every
def test_sequences_of_a_corpus(features, clips):
    rows = features.transform(clips.sequences)
    assert np.array_equal(rows, features.transform([list(sequence) for sequence in clips.sequences]))
    assert rows.shape == (5, len(features.get_feature_names_out()))


@every
def test_resampled_clips(features, clips):
    resampled = TemporalInterpolator(9, memory=None).transform(clips.sequences)
    pipe = make_pipeline(TemporalInterpolator(9, memory=None), features)
    assert np.array_equal(pipe.fit_transform(clips.sequences), features.transform(resampled))


def test_cropped_clips_in_a_union(clips):
    pipe = make_pipeline(FaceCropper(size=(34, 28), memory=None), make_union(*ALL.values()))
    rows, names = pipe.fit_transform(clips.sequences), pipe[-1].get_feature_names_out()
    assert rows.shape == (5, len(names)) == (5, 4 * (3 * 59 + 3 + 3 * 8))
    assert names[-1] == "orientedgradients__yt_block11_bin7"


@every
@pytest.mark.parametrize("level", [0, 128, 255])
def test_constant_clips_give_numbers(features, level):
    rows = features.transform(np.full((1, 5, 12, 12), level, np.uint8))
    assert np.isfinite(rows).all() and rows.min() >= 0


@every
def test_bad_clips(features, files):
    paths, images = files
    landmarks = make_landmark_clips(n_subjects=2, n_clips=5, sequence=True, random_state=0).sequences
    with pytest.raises(ValueError, match="needs images, but landmarks were passed"):
        features.fit(landmarks)
    with pytest.raises(ValueError, match=r"clip 1 has 1 frame\(s\)"):
        features.fit([images[0], images[1][:1]])
    with pytest.raises(ValueError, match="clip 1 has none"):
        features.fit([images[0], None])
    mixed = [images[0], [*images[1][:3], images[1][3][:, :9], *images[1][4:]]]
    with pytest.raises(ValueError, match=r"clip 1, frame 3: expected 14 x 12 pixels .* got 9 x 12"):
        features.transform(mixed)
    with pytest.raises(ValueError, match=r"clip 0, frame 0: expected float pixels in \[0, 1\]"):
        features.transform(images.astype(float))
    paths[1][4].unlink()
    with pytest.raises(FileNotFoundError, match=r"clip 1, frame 4 \(.*1 4.png'\): there is no such file"):
        features.transform(paths)


@every
def test_one_extraction_a_clip(features, tmp_path, monkeypatch):
    clips = RNG.integers(0, 256, (3, 5, 12, 12), dtype=np.uint8)
    cached = type(features)(**features.get_params() | {"memory": tmp_path})
    expected = cached.transform(clips)
    monkeypatch.setattr(BlockGrid, "histograms", None)
    assert np.array_equal(cached.transform(clips[::-1]), expected[::-1])
    with pytest.raises(TypeError):  # another norm is another result
        cached.set_params(norm="l2").transform(clips)


def test_blocks_of_a_grid():
    grid = BlockGrid((20, 17, 23), (2, 3, 2), 1, 4)
    assert grid.segments == [[4, 6], [14, 16]]
    assert grid.rows.tolist() == [[0, 6], [8, 14]]  # of 17 rows 16 are used, and each block loses its rim
    assert grid.columns.tolist() == [[0, 5], [7, 12], [14, 19]]
    whole = grid.histograms(lambda t, rows, columns, counts: np.add(counts, t, out=counts), 1)
    assert whole[..., 0].tolist() == [[[9, 29]] * 3] * 2
