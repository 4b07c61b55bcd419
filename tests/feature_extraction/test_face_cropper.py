import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmer.datasets import make_face_clips
from skmer.face import MEAN_SHAPE
from skmer.feature_extraction import FaceCropper, TemporalInterpolator
from skmer.feature_extraction._face_cropper import crop_image, crop_similarity, stabilized_crops
from skmer.frames import DerivedSequence, optical_flow, read_image
from skmer.io import load, save
from skmer.landmarks import FaceLandmarker, LandmarkCache, apply_similarity
from skmer.magnification import MotionMagnifier
from skmer.model_selection import evaluate_loso

POINTS = [36, 45, 33]
STILL = {"head_motion": 0, "light": 0, "noise_sigma": 0, "jpeg_quality": None}


@pytest.fixture(scope="module")
def clips():
    return make_face_clips(3, 10, face_size=200, sequence=True, fps=20, random_state=0)


@pytest.fixture(scope="module")
def crops(clips):
    return FaceCropper().fit_transform(clips.sequences)


def place(size, margin=0.1):
    """Where the three points come to lie in a crop, by the mean shape."""
    low, high = MEAN_SHAPE.min(axis=0), MEAN_SHAPE.max(axis=0)
    scale = min((np.array(size[::-1])) / ((high - low) * (1 + 2 * margin)))
    return scale * (MEAN_SHAPE[POINTS] - (low + high) / 2) + (np.array(size[::-1]) - 1) / 2


def test_sequences_stay_sequences_and_keyframes_keyframes(clips, crops):
    assert crops.shape == (10,) and [len(crop) for crop in crops] == [len(entry) for entry in clips.sequences]
    assert all(frame.shape == (170, 140) and frame.dtype == np.uint8 for frame in crops[3])
    frames = FaceCropper((96, 80)).fit_transform(clips.frames)
    assert frames.shape == (10, 3) and frames[4, 2].shape == (96, 80) and frames[4, 2].dtype == np.uint8


def test_the_same_similarity_for_keyframes_and_sequences(clips, crops):
    frames = FaceCropper().fit_transform(clips.frames)
    for crop, row, frame in zip(crops, clips.table.itertuples(), frames, strict=True):
        assert all(np.array_equal(crop[k], frame[i]) for i, k in enumerate((0, row.apex, row.offset)))


@pytest.mark.parametrize("size", [(170, 140), (64, 64), (60, 120)], ids=str)
def test_eyes_and_nose_come_to_their_places(clips, size):
    true = clips.truth.points[:, 0]
    for points in true:
        moved = apply_similarity(crop_similarity(points, size), points)
        middle = moved[POINTS].mean(axis=0)
        assert np.allclose(middle, place(size).mean(axis=0))
        assert np.abs(moved[POINTS] - place(size)).max() < 0.12 * size[1]  # faces differ from the mean
        assert (moved.min(axis=0) > -0.1 * size[1]).all() and (
            moved.max(axis=0) < 1.1 * np.array(size[::-1])
        ).all()


def test_a_turned_face_is_put_upright_or_left_as_it_is():
    turn = np.deg2rad(20)
    rotation = 90 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = MEAN_SHAPE @ rotation.T + 200
    upright = apply_similarity(crop_similarity(points, (170, 140)), points)
    assert np.allclose(upright[POINTS], place((170, 140)))
    left = apply_similarity(crop_similarity(points, (170, 140), align=False), points)
    eyes = left[45] - left[36]
    assert np.rad2deg(np.arctan2(eyes[1], eyes[0])) == pytest.approx(20)
    assert np.allclose(np.linalg.norm(eyes), np.linalg.norm(place((170, 140))[1] - place((170, 140))[0]))
    assert np.allclose(left[POINTS].mean(axis=0), place((170, 140)).mean(axis=0))


def test_margin_is_the_room_beside_the_mean_face():
    points = 100 * MEAN_SHAPE + 300
    for margin in (0.0, 0.1, 0.4):
        moved = apply_similarity(crop_similarity(points, (170, 140), margin=margin), points)
        assert np.ptp(moved[:, 0]) == pytest.approx(140 / (1 + 2 * margin))


def test_the_found_face_is_where_the_truth_is(clips, crops):
    onsets = FaceLandmarker().transform(clips.frames)[:, 0]
    for found, true, crop, frames in zip(onsets, clips.truth.points[:, 0], crops, clips.frames, strict=True):
        similarity = crop_similarity(found, (170, 140))
        assert np.array_equal(crop[0], crop_image(read_image(frames[0]), similarity, (170, 140)))
        ideal = crop_similarity(true, (170, 140))
        off = apply_similarity(similarity, true) - apply_similarity(ideal, true)
        assert np.linalg.norm(off, axis=1).max() < 0.1 * 140


def test_shrinking_averages_and_enlarging_interpolates():
    image = (255 * (np.indices((200, 200)).sum(axis=0) % 2)).astype(
        np.uint8
    )  # a checkerboard of single pixels
    quarter = np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]])
    assert np.abs(crop_image(image, quarter, (50, 50)).astype(int) - 128)[2:-2, 2:-2].max() <= 2
    ramp = np.tile(np.arange(0, 200, 2, dtype=np.uint8), (100, 1))
    half = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]])
    assert np.array_equal(
        crop_image(ramp, half, (50, 50))[5:-5, 5:-5], np.tile(np.arange(1, 200, 4), (50, 1))[5:-5, 5:-5]
    )
    assert np.array_equal(crop_image(ramp, np.eye(2, 3), (100, 100)), ramp)


def test_a_still_face_gives_still_crops():
    still = make_face_clips(2, 5, face_size=160, amplitude=(1e-6, 1e-5), color=False, random_state=0, **STILL)
    frames = FaceCropper(memory=None).fit_transform(still.frames)
    assert all(np.array_equal(row[0], row[1]) and np.array_equal(row[0], row[2]) for row in frames)


def test_crops_stand_in_the_cache_and_are_read_from_it(clips, tmp_path, monkeypatch):
    cropper = FaceCropper(memory=LandmarkCache(tmp_path))
    first = cropper.fit_transform(clips.sequences[:3])
    assert all(isinstance(crop, DerivedSequence) for crop in first)
    assert len(list(tmp_path.rglob("clips/*/*.npy"))) == 3
    computed = []
    monkeypatch.setattr(
        "skmer.feature_extraction._face_cropper.read_sequence", lambda *args, **options: computed.append(1)
    )
    again = clone(cropper).transform(clips.sequences[:3])
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True)) and not computed


def test_crops_that_left_the_cache_are_computed_anew(clips, tmp_path):
    crop = FaceCropper(memory=tmp_path).fit_transform(clips.sequences[:1])[0]
    before = np.asarray(crop)
    for path in tmp_path.rglob("*.npy"):
        path.unlink()
    assert np.array_equal(np.asarray(crop), before) and len(list(tmp_path.rglob("*.npy"))) == 1
    assert np.array_equal(crop[-1], before[-1]) and np.array_equal(crop[1:3][1], before[2])


@pytest.mark.parametrize("changes", [{"size": (64, 56)}, {"align": False}, {"margin": 0.3}], ids=str)
def test_other_parameters_other_results(clips, crops, changes):
    other = FaceCropper(**changes).fit_transform(clips.sequences[:1])[0]
    assert not np.array_equal(np.asarray(other), np.asarray(crops[0]))


def test_without_memory_and_with_jobs_crops_are_the_same(clips, crops):
    plain = FaceCropper(memory=None, n_jobs=2).fit_transform(clips.sequences[:3])
    assert all(isinstance(crop, np.ndarray) for crop in plain)
    assert all(np.array_equal(a, b) for a, b in zip(plain, crops[:3], strict=True))


def test_a_chain_of_transformers_is_searchable(clips):
    pipe = make_pipeline(
        FaceCropper(size=(32, 28)), TemporalInterpolator(5), FunctionTransformer(np.ndarray.mean)
    )
    assert pipe[:2].fit_transform(clips.sequences).shape == (10, 5, 32, 28)
    pipe.set_params(facecropper__size=(24, 24), temporalinterpolator__n_frames=4)
    assert pipe[:2].fit_transform(clips.sequences).shape == (10, 4, 24, 24)


def test_a_landmarker_of_ones_own(clips):
    boxes = dict.fromkeys(["a"], (0, 0, 10, 10))
    cropper = FaceCropper(landmarker=FaceLandmarker("detect", n_boxes=1, boxes=boxes, n_views=2))
    cropper.set_params(landmarker__n_boxes=2)
    assert cropper.fit_transform(clips.frames[:1])[0, 0].shape == (170, 140)
    assert cropper.landmarker.n_views == 2  # what the user passed is left alone


def without_face(clips):
    sequences = clips.sequences.copy()
    sequences[1] = [np.full((200, 200), 128, np.uint8)] * 5
    return sequences


def test_a_clip_without_a_face_is_named_or_left_out(clips):
    sequences = without_face(clips)
    with pytest.raises(ValueError, match="no landmarks in clip 1: no face was found"):
        FaceCropper().fit_transform(sequences)
    cropper = FaceCropper(landmarker=FaceLandmarker(on_missing="nan"))
    crops = cropper.fit_transform(sequences)
    assert crops[1] is None and crops[0][0].shape == (170, 140)
    frames = clips.frames.copy()
    frames[1] = sequences[1][0], sequences[1][0], sequences[1][0]
    assert cropper.fit_transform(frames)[1].tolist() == [None] * 3


def test_a_clip_without_a_face_is_missing_in_an_evaluation(clips):
    cropper = FaceCropper((24, 20), landmarker=FaceLandmarker(on_missing="nan"))
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    pipe = make_pipeline(cropper, TemporalInterpolator(4), flat, LogisticRegression(max_iter=5))
    sequences = without_face(clips)
    sequences[4] = None
    with pytest.warns(UserWarning):  # five steps do not converge
        result = evaluate_loso(pipe, sequences, clips.target, clips.groups)
    assert np.flatnonzero(result.predictions["missing"]).tolist() == [1, 4]


@pytest.mark.parametrize(
    ("parameters", "X", "message"),
    [
        ({"size": (170,)}, [[np.zeros((9, 9))] * 4], "size must be height and width in px, integers from 8"),
        ({"size": (170.5, 140)}, [[np.zeros((9, 9))] * 4], "size must be height and width"),
        ({"size": (4, 140)}, [[np.zeros((9, 9))] * 4], "size must be height and width"),
        ({"margin": -0.5}, [[np.zeros((9, 9))] * 4], "'margin' parameter"),
        ({"landmarker": "dlib"}, [[np.zeros((9, 9))] * 4], "'landmarker' parameter"),
        ({}, np.zeros((2, 3, 68, 2)), "FaceCropper needs images, but landmarks were passed"),
        ({}, np.zeros((2, 5, 68, 2)), "FaceCropper needs images, but landmarks were passed"),
        ({}, [["a.png"] * 4, None], r"clip 1 has none \(None\)"),
    ],
)
def test_what_cannot_be_cropped(parameters, X, message):
    with pytest.raises(ValueError, match=message):
        FaceCropper(**parameters).fit(X)


def test_files_missing_in_the_middle_are_named(clips, tmp_path):
    written = make_face_clips(
        2, 5, face_size=160, color=False, sequence=True, fps=20, folder=tmp_path, random_state=0
    )
    gone = written.sequences[3][2]
    (tmp_path / gone).unlink()
    with pytest.raises(FileNotFoundError, match=r"clip 3, frame 2 \('.*img2.png'\): there is no such file"):
        FaceCropper().fit_transform(written.sequences)


def test_preprocessing_is_saved_and_loaded(clips, tmp_path):
    landmarker = FaceLandmarker(n_boxes=2)
    pipe = make_pipeline(
        FaceCropper((24, 20), landmarker=landmarker, memory=None),
        MotionMagnifier("eulerian", 4.0, rates=(0.3, 0.1), memory=None),
        TemporalInterpolator(5, "linear", memory=None),
    )
    save(pipe, tmp_path / "pipe")
    again = load(tmp_path / "pipe")
    assert again.get_params()["facecropper__size"] == (24, 20)
    X = clips.sequences[:2]
    assert np.array_equal(again.transform(X), pipe.transform(X))


@pytest.fixture(scope="module")
def moving():
    """Heads that move by up to 3 px of a 280 px face, and faces that do not; light and compression."""
    return make_face_clips(
        2, 8, amplitude=(1e-6, 2e-6), noise_sigma=0, sequence=True, fps=50, color=False, random_state=0
    )


def test_stabilized_crops_stand_still_and_are_as_bright(moving):
    plain, stable = (FaceCropper(stabilize=s).fit_transform(moving.sequences) for s in (False, True))
    for before, after in zip(plain, stable, strict=True):
        before, after = (np.stack(list(crop)).astype(float)[:, 30:140, 30:110] for crop in (before, after))
        # Against the onset: what is left is compression and resampling.
        left = [np.abs(crop[1:] - crop[0]).mean() for crop in (before, after)]
        assert left[1] < 1.6 and left[1] < 0.5 * left[0]
        levels = after.mean(axis=(1, 2))
        assert np.ptp(levels) < 0.004 * levels[0]


def test_less_than_a_tenth_of_the_heads_motion_is_left(moving, monkeypatch):
    used = []

    def spy(image, similarity, size):
        used.append(similarity)
        return crop_image(image, similarity, size)

    monkeypatch.setattr("skmer.feature_extraction._face_cropper.crop_image", spy)
    shares = []
    for row, positions in enumerate(moving.table[["apex", "offset"]].to_numpy()):
        points = moving.truth.points[row]  # of still faces: the head alone moves them
        still = crop_similarity(points[0], (170, 140))
        used.clear()
        stabilized_crops(list(moving.sequences[row]), still, (170, 140), points[0])
        for frame, position in enumerate(positions, start=1):
            there = apply_similarity(still, points[0])
            before = np.linalg.norm(apply_similarity(still, points[frame]) - there, axis=1).mean()
            # The onset's crop, then three of each frame, the last of which is kept.
            after = np.linalg.norm(apply_similarity(used[3 * position], points[frame]) - there, axis=1).mean()
            assert before > 0.3 and after < 0.08
            shares.append(after / before)
    assert np.median(shares) < 0.05


def test_stabilizing_keeps_the_movement_of_the_face():
    options = {"amplitude": (2, 3), "noise_sigma": 0, "color": False, "random_state": 1}
    moving = make_face_clips(2, 8, **options)
    still = make_face_clips(2, 8, **{**options, **STILL})
    changes = []
    for clips in (moving, still):
        crops = FaceCropper(stabilize=clips is moving).fit_transform(clips.frames)
        changes.append([optical_flow(*crops[row, :2]) for row in range(8)])
    for found, expected in zip(*changes, strict=True):
        size = np.linalg.norm(expected, axis=-1)
        strong = size > 0.6 * size.max()
        error = np.linalg.norm(found - expected, axis=-1)[strong]
        assert np.median(error) < 0.25 * np.median(size[strong])


def test_keyframes_are_stabilized_as_they_are(moving):
    crops = FaceCropper(stabilize=True).fit_transform(moving.frames)
    assert crops.shape == (8, 3) and crops[0, 0].shape == (170, 140)
    plain = FaceCropper().fit_transform(moving.frames)
    assert np.array_equal(crops[2, 0], plain[2, 0]) and not np.array_equal(crops[2, 1], plain[2, 1])


def test_a_black_clip_stays_black():
    frames = [np.zeros((200, 180), np.uint8)] * 3
    points = 40 * MEAN_SHAPE + (90, 100)
    crops = stabilized_crops(frames, crop_similarity(points, (64, 64)), (64, 64), points)
    assert crops.shape == (3, 64, 64) and not crops.any()
