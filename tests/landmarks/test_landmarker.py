import pickle
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

from skmer.face import MEAN_SHAPE
from skmer.landmarks import FaceLandmarker, LandmarkResult, _detection, _extraction, align_landmarks

BLANK = np.full((300, 300), 90, dtype=np.uint8)
PIXELS = 300 + 160 * MEAN_SHAPE


@pytest.fixture
def landmarker(tmp_path):
    def make(**parameters):
        return FaceLandmarker(**{"n_boxes": 5, "memory": tmp_path / "cache"} | parameters)

    return make


@pytest.fixture
def saved(tmp_path, clip):
    paths = [tmp_path / f"mit ä {name}.png" for name in ("1", "2", "3")]
    for path, frame in zip(paths, clip, strict=True):
        Image.fromarray(frame).save(path)
    return paths


@pytest.fixture
def detector_calls(monkeypatch):
    calls = []
    original = _detection.detect_faces
    monkeypatch.setattr(_detection, "detect_faces", lambda grey: calls.append(grey.shape) or original(grey))
    return calls


@pytest.mark.parametrize("tracking", ["flow", "detect"])
def test_a_clip_has_three_frames_of_68_points_each_in_its_own_image(landmarker, clip, head_motion, tracking):
    (landmarks,) = landmarker(tracking=tracking).fit_transform([clip])
    assert landmarks.shape == (3, 68, 2) and landmarks.dtype == np.float64
    turned = landmarks[0] @ head_motion(1.0)[:, :2].T + head_motion(1.0, (2.0, -1.0))[:, 2]
    assert np.abs(landmarks[2] - turned).mean() < (0.1 if tracking == "flow" else 0.6)


def test_flow_sees_a_movement_of_two_pixels(landmarker, clip, lift):
    onset, apex, _ = align_landmarks(landmarker().transform([clip]))[0]
    truth = np.stack([np.zeros(68), -lift(*apex.T)], axis=1)[17:]
    motion = (apex - onset)[17:]
    assert np.sqrt(((motion - truth) ** 2).sum(axis=1).mean()) < 0.2
    assert (motion * truth).sum() > 0.95 * np.linalg.norm(motion) * np.linalg.norm(truth)


def test_kinds_of_frames_give_the_same(landmarker, clip, saved):
    expected = landmarker().transform([clip])
    stacked = np.repeat(np.stack(clip)[None, ..., None], 3, axis=-1)
    for frames in (
        [saved],
        [list(map(str, saved))],
        np.stack([clip]),
        stacked,
        [[clip[0], saved[1], clip[2]]],
    ):
        assert np.array_equal(landmarker(memory=None).transform(frames), expected)


def test_one_clips_result_depends_on_no_other(landmarker, clip):
    alone = landmarker(memory=None).transform([clip])
    other = [clip[1], clip[0], clip[2]]
    together = landmarker(memory=None, n_jobs=2).transform([other, clip, other])
    assert np.array_equal(together[1], alone[0])
    assert np.array_equal(together[0], together[2])


def test_another_process_finds_the_same(landmarker, saved):
    code = (
        "import sys; from skmer.landmarks import FaceLandmarker\n"
        "print(FaceLandmarker(n_boxes=5, memory=None).transform([sys.argv[1:]]).tobytes().hex())"
    )
    run = subprocess.run([sys.executable, "-c", code, *saved], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == landmarker(memory=None).transform([saved]).tobytes().hex()
    assert run.stderr == ""


def test_each_clip_is_computed_once(landmarker, clip, saved, detector_calls):
    first = landmarker().transform([clip])
    assert len(detector_calls) == 1
    assert np.array_equal(landmarker().transform([clip]), first)
    assert np.array_equal(pickle.loads(pickle.dumps(clone(landmarker()))).transform([clip]), first)
    assert len(detector_calls) == 1
    landmarker().transform([saved])
    landmarker().transform([saved, clip])
    assert len(detector_calls) == 2


@pytest.mark.parametrize(
    "change",
    [{"n_boxes": 6}, {"tracking": "detect"}, {"n_views": 2}, {"boxes": (50, 50, 240, 240)}, {"memory": None}],
    ids=str,
)
def test_what_changes_the_result_is_not_read_from_the_cache(landmarker, clip, change, monkeypatch):
    landmarker().transform([clip])
    ran = []
    original = _extraction.face_points
    monkeypatch.setattr(_extraction, "face_points", lambda *a: ran.append(1) or original(*a))
    landmarker().transform([clip])
    assert not ran
    landmarker(**change).transform([clip])
    assert ran


def test_what_a_file_holds_counts_and_not_its_name(landmarker, clip, saved, detector_calls):
    first = landmarker().transform([saved])
    Image.fromarray(clip[0]).save(saved[1])
    second = landmarker().transform([saved])
    assert len(detector_calls) == 2 and not np.array_equal(first, second)


def test_an_algorithm_version_makes_old_results_stale(landmarker, clip, detector_calls, monkeypatch):
    landmarker().transform([clip])
    monkeypatch.setattr(_extraction, "ALGORITHM", _extraction.ALGORITHM + 1)
    landmarker().transform([clip])
    assert len(detector_calls) == 2


def test_nothing_half_done_is_kept(landmarker, clip, tmp_path):
    with pytest.raises(FileNotFoundError, match="clip 1, apex frame"):
        landmarker().transform([clip, [clip[0], str(tmp_path / "gone.png"), clip[2]]])
    assert not list((tmp_path / "cache").rglob("*.part"))
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    with pytest.raises(ValueError, match="clip 0, offset frame"):
        landmarker().transform([[clip[0], clip[1], tmp_path / "cut.png"]])
    assert not list((tmp_path / "cache").rglob("*.json"))


def test_frames_of_different_sizes(landmarker, clip):
    with pytest.raises(
        ValueError, match="clip 1: expected three frames of one size, got onset 300 x 300, apex 300 x 200"
    ):
        landmarker().transform([clip, [clip[0], clip[1][:200], clip[2]]])


def test_missing_faces(landmarker, clip):
    frames = [clip, [BLANK] * 3]
    with pytest.raises(ValueError, match="no landmarks in clip 1: no face"):
        landmarker().transform(frames)
    with pytest.warns(UserWarning, match="no landmarks in clip 1"):
        warned = landmarker(on_missing="warn").transform(frames)
    silent = landmarker(on_missing="nan").transform(frames)
    assert np.isnan(silent[1]).all() and np.isfinite(silent[0]).all()
    assert np.array_equal(warned, silent, equal_nan=True)


def test_a_given_box_is_taken(landmarker, clip, saved, detector_calls):
    box = (55.0, 55.0, 235.0, 235.0)
    expected = landmarker(boxes=box).transform([clip])
    assert np.array_equal(landmarker(boxes=[box]).transform([clip]), expected)
    assert np.array_equal(landmarker(boxes={str(saved[0]): box}).transform([saved]), expected)
    assert not detector_calls
    landmarker(boxes=[(np.nan,) * 4]).transform([clip])
    landmarker(boxes={"another.png": box}).transform([saved])
    assert len(detector_calls) == 2


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([(0, 0, 9, 9)] * 2, r"boxes must be an array of numbers of shape \(4,\) or .* \(1, 4\)"),
        ((10, 10, 12, 90), "at least 8 px"),
        ((400, 10, 500, 90), "300 x 300"),
    ],
    ids=["count", "thin", "outside"],
)
def test_boxes_that_hold_no_face(landmarker, clip, boxes, message):
    with pytest.raises(ValueError, match=message):
        landmarker(boxes=boxes).transform([clip])


def test_several_faces_warn(landmarker, portrait):
    frame = np.concatenate([portrait, portrait], axis=1)
    with pytest.warns(UserWarning, match="in clip 0: the largest .* nearly its size the one with the best"):
        landmarker().transform([[frame] * 3])


def test_a_cut_face_warns_with_its_clip(landmarker, clip, portrait):
    cut = np.ascontiguousarray(portrait[:, 75:])
    with pytest.warns(UserWarning, match="landmarks outside the frame in clip 1:"):
        landmarker(boxes=[(np.nan,) * 4, (-25, 55, 165, 235)]).transform([clip, [cut] * 3])


def test_the_table(landmarker, clip):
    result = landmarker(on_missing="nan").extract([clip, [BLANK] * 3])
    assert isinstance(result, LandmarkResult)
    assert np.array_equal(
        result.landmarks, landmarker(on_missing="nan").transform([clip, [BLANK] * 3]), equal_nan=True
    )
    found, missing = result.table.to_dict("records")
    assert found["left"] < found["right"] and found["score"] > 0 and found["attempt"] == "plain"
    assert found["n_faces"] == 1 and found["flags"] == () and found["apex_photometric_correlation"] > 0.95
    assert found["offset_rotation"] == pytest.approx(1.0, abs=0.05)
    assert found["offset_shift"] == pytest.approx(np.hypot(2, 1), abs=1.0)
    assert found["apex_scale"] == pytest.approx(1.0, abs=0.005)
    assert missing["flags"] == ("no face",) and np.isnan(missing["left"])


def test_a_blink_is_flagged(landmarker, portrait):
    grid = np.indices(portrait.shape, dtype=np.float32)
    points = landmarker().transform([[portrait] * 3])[0, 0]
    row = grid[0].copy()
    for eye in (points[36:42], points[42:48]):
        (x, y), height = eye.mean(axis=0), np.ptp(eye[:, 1])
        near = np.exp(-(((grid[1] - x) / 20) ** 2) - ((grid[0] - y) / 14) ** 2)
        row += near * 1.2 * (grid[0] - y) * (height / 12)
    closed = cv2.remap(portrait, grid[1], row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    assert "blink" in landmarker().extract([[portrait, closed, portrait]]).table["flags"][0]
    assert "blink" not in landmarker().extract([[portrait, portrait, portrait]]).table["flags"][0]


@pytest.mark.parametrize("tracking", ["flow", "detect"])
@pytest.mark.parametrize("later", ["black", "noise", "upside down", "half hidden", "inverted"])
def test_a_later_frame_without_the_face_is_flagged(landmarker, clip, tracking, later):
    others = {
        "black": np.zeros_like(clip[0]),
        "noise": np.random.default_rng(0).integers(0, 256, clip[0].shape, dtype=np.uint8),
        "upside down": np.ascontiguousarray(clip[0][::-1]),
        "half hidden": np.where(np.arange(300)[:, None] > 150, np.uint8(140), clip[0]),
        "inverted": 255 - clip[0],
    }
    unreliable = {"flow": "unreliable flow", "detect": "unreliable detection"}[tracking]
    found = landmarker(tracking=tracking).extract([[clip[0], others[later], clip[0]], clip]).table["flags"]
    assert unreliable in found[0] and unreliable not in found[1]


@pytest.mark.parametrize("frame", [0, 1, 2])
@pytest.mark.parametrize("value", [0.0, -1.0, 250.0])
def test_given_points_that_coincide_are_no_face(landmarker, frame, value):
    given = np.tile(PIXELS, (3, 3, 1, 1))
    given[1, frame] = value
    with pytest.raises(ValueError, match=r"no landmarks in clip 1: .* contain NaN or coincide"):
        landmarker().transform(given)
    found = landmarker(on_missing="nan").transform(given)
    assert np.isnan(found[1]).all() and np.array_equal(found[[0, 2]], given[[0, 2]])


def test_another_scene_is_flagged_as_unreliable(landmarker, clip):
    other = np.random.default_rng(0).integers(0, 256, clip[0].shape, dtype=np.uint8)
    flags = landmarker().extract([[clip[0], other, clip[2]]]).table["flags"][0]
    assert "unreliable flow" in flags


def test_views_come_from_crops_of_different_sizes(landmarker, clip):
    one, three = landmarker().transform([clip]), landmarker(n_views=3).transform([clip])
    assert three.shape == (1, 3, 3, 68, 2)
    assert np.allclose(three[:, 0], one, atol=1e-9)
    spread = np.abs(three[:, 1:] - one[:, None]).mean(axis=(-1, -2))
    assert (spread > 0.05).all() and (spread < 3).all()


def test_landmarks_pass_through(landmarker):
    given = np.tile(PIXELS, (4, 3, 1, 1))
    passed = landmarker().fit_transform(given.astype(np.float32))
    assert np.array_equal(passed, given.astype(np.float32)) and passed.dtype == np.float64
    assert landmarker().transform(given) is not given
    views = np.stack([given, given], axis=1)
    assert np.array_equal(landmarker(n_views=2).transform(views), views)


def test_landmarks_that_cannot_be(landmarker):
    given = np.tile(PIXELS, (4, 3, 1, 1))
    with pytest.raises(ValueError, match="n_views=2 needs images"):
        landmarker(n_views=2).transform(given)
    for value, message in ((np.nan, "no landmarks in clip 2"), (np.inf, "infinity")):
        broken = given.copy()
        broken[2, 1, 5, 0] = value
        with pytest.raises(ValueError, match=message):
            landmarker().transform(broken)
    broken[2, 1, 5, 0] = np.nan
    assert np.array_equal(landmarker(on_missing="nan").transform(broken), broken, equal_nan=True)


def test_given_landmarks_outside_any_frame_warn(landmarker):
    given = np.tile(PIXELS, (4, 3, 1, 1))
    given[3, 1] -= (220.0, 0.0)
    with pytest.warns(UserWarning, match="outside the frame in clip 3:"):
        landmarker().transform(given)
    landmarker().transform(np.tile(MEAN_SHAPE, (2, 3, 1, 1)))


@pytest.mark.parametrize(
    "parameters",
    [{"tracking": "klt"}, {"n_boxes": 0}, {"on_missing": "skip"}, {"n_views": 0}, {"memory": 3}],
    ids=str,
)
def test_parameters_are_checked(landmarker, parameters):
    with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter of FaceLandmarker"):
        FaceLandmarker(**parameters).fit(np.zeros((1, 3, 68, 2)))


def test_frames_in_colour_are_sent_to_workers_grey(clip, saved):
    colour = [np.repeat(frame[..., None], 4, axis=2) for frame in clip]
    sources, box, number = _extraction.ClipTasks([[], [colour[0], saved[1], clip[2]]], [None, "box"], [1])[0]
    assert np.array_equal(sources[0], clip[0])
    assert sources[1] is saved[1] and sources[2] is clip[2]
    assert (box, number) == ("box", 1)


def test_progress_is_shown_on_a_terminal_alone(landmarker, clip, capsys, on_terminal):
    assert on_terminal(lambda: landmarker(verbose=0, memory=None).transform([clip])) == ""
    shown = on_terminal(lambda: landmarker(verbose=1, memory=None).transform([clip, clip]))
    assert "landmarks:   0%" in shown and "| 2/2 [" in shown and "clip/s" in shown
    landmarker(verbose=1).transform([clip])
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err == ""


def test_detection_bears_a_head_that_leaves_its_box(landmarker, portrait, move, head_motion):
    still = [portrait, portrait, move(head_motion(3.0, (9.0, -9.0), 3.0))]
    aligned = align_landmarks(landmarker(tracking="detect", n_boxes=20).transform([still]))[0]
    assert np.sqrt(((aligned[2] - aligned[0])[17:] ** 2).sum(axis=1).mean()) < 0.6
