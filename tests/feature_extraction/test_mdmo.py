import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from skmer.face import MEAN_SHAPE, REGION_NAMES, face_regions
from skmer.feature_extraction import MDMO
from skmer.feature_extraction._mdmo import mdmo
from skmer.landmarks import FaceLandmarker

FACE = 100 + 70 * MEAN_SHAPE
SHAPE = 190, 200
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)


def field(u, v):
    return np.dstack([u + 0 * X, v + 0 * Y])


def inside(name):
    """Mask of a region."""
    mask = np.zeros(SHAPE, dtype=np.uint8)
    corners = face_regions(FACE)[REGION_NAMES.index(name)]
    return cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1).astype(bool)


@pytest.mark.parametrize(
    "flow", [field(0, 0), field(1.5, -0.7), field(0.02 * X, 0.01 * Y - 1), field(-0.03 * Y, 0.03 * X)]
)
def test_affine_motion_is_no_feature_after_alignment(flow):
    feature = mdmo([flow], FACE)
    assert feature.shape == (72,)
    assert not feature.any()


@pytest.mark.parametrize("angle", range(0, 360, 45))
def test_without_alignment_each_region_has_the_same_vector(angle):
    turn = np.radians(angle)
    feature = mdmo([field(2 * np.cos(turn), 2 * np.sin(turn))], FACE, align=False, beta=0.6)
    np.testing.assert_allclose(feature[:36], 0.6)
    wrapped = np.arctan2(np.sin(turn), np.cos(turn))
    np.testing.assert_allclose(np.abs(feature[36:]), 0.4 * abs(wrapped), atol=1e-9)


def test_the_eight_directions_have_bins_of_their_own():
    # In a region the second direction is one pixel fuller than each of the others: it alone may count.
    mask = inside("right_cheek")
    for first in range(8):
        for second in set(range(8)) - {first}:
            angles = np.full(mask.sum(), np.radians(45 * first))
            angles[: len(angles) // 2 + 1] = np.radians(45 * second)
            flow = field(0, 0)
            flow[mask] = np.column_stack([np.cos(angles), np.sin(angles)])
            feature = mdmo([flow], FACE, align=False, polar=False)
            found = feature[[REGION_NAMES.index("right_cheek"), 36 + REGION_NAMES.index("right_cheek")]]
            np.testing.assert_allclose(
                found, [np.cos(np.radians(45 * second)), np.sin(np.radians(45 * second))], atol=1e-9
            )


@pytest.mark.parametrize("offset", [-22, -1, 1, 22])
def test_a_bin_reaches_22_degrees_to_each_side(offset):
    mask = inside("left_cheek")
    flow = field(0, 0)
    angles = np.zeros(mask.sum())
    angles[::3] = np.radians(offset)  # with direction 0 in one bin
    angles[1::3] = np.radians(90)
    flow[mask] = np.column_stack([np.cos(angles), np.sin(angles)])
    feature = mdmo([flow], FACE, align=False, polar=False)
    kept = np.delete(angles, np.s_[1::3])
    expected = np.array([np.cos(kept).mean(), np.sin(kept).mean()])
    k = REGION_NAMES.index("left_cheek")
    found = feature[[k, 36 + k]]
    np.testing.assert_allclose(found / np.hypot(*found), expected / np.hypot(*expected), atol=1e-9)


def smooth(seed):
    """A flow that no affine motion explains."""
    rng = np.random.default_rng(seed)
    return cv2.GaussianBlur(rng.normal(size=(*SHAPE, 2)), (0, 0), 12) * 30


def test_scaling_the_flow_leaves_the_feature():
    flows = [smooth(k) for k in range(3)]
    np.testing.assert_allclose(mdmo([7 * flow for flow in flows], FACE), mdmo(flows, FACE), atol=1e-9)


def test_frames_are_averaged_as_vectors():
    up, right = field(0, -1), field(1, 0)
    feature = mdmo([up, right], FACE, align=False, beta=0.5)
    np.testing.assert_allclose(feature[36:], 0.5 * np.radians(-45))
    assert not mdmo([up, -up], FACE, align=False).any()


def test_length_and_angle_are_those_of_x_and_y():
    flows = [smooth(k) for k in range(2)]
    polar, plain = mdmo(flows, FACE, beta=0.7), mdmo(flows, FACE, polar=False).reshape(2, 36)
    np.testing.assert_allclose(polar[:36] / 0.7, np.hypot(*plain))
    np.testing.assert_allclose(polar[36:] / 0.3, np.arctan2(plain[1], plain[0]))
    assert polar[:36].max() == pytest.approx(0.7)


def test_a_region_outside_the_frame_is_zero():
    low = FACE - np.array([0, 40])  # forehead above the frame
    flow = smooth(0)
    feature = mdmo([flow], low, align=False).reshape(2, 36)
    hidden = [k for k, corners in enumerate(face_regions(low)) if corners[:, 1].max() < -1]
    assert np.isfinite(feature).all()
    assert not feature[:, hidden].any()


@pytest.fixture(scope="module")
def sequence():
    """A real face that shifts as a whole, and whose left mouth corner is pulled up by 1.5 px at most."""
    onset = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[:250, 100:350]
    corner = FaceLandmarker(memory=None).transform([[onset] * 3])[0, 0, 54]
    y, x = np.mgrid[:250, :250].astype(np.float32)
    wave = np.exp(-((x - corner[0]) ** 2 + (y - corner[1]) ** 2) / 200)
    frames = [onset]
    for share in (0.5, 1.0, 0.6, 0.2):
        moved = [x - 0.8 * share, y + 0.3 + 1.5 * share * wave]
        frames.append(cv2.remap(onset, *(each.astype(np.float32) for each in moved), cv2.INTER_CUBIC))
    return frames


def test_what_moves_is_found_and_the_shift_of_the_face_is_not(sequence):
    feature = MDMO(memory=None, polar=False).transform([sequence])[0].reshape(2, 36)
    lengths = np.hypot(*feature)
    names = np.array(REGION_NAMES)
    # The corner of the mouth is where four regions meet.
    around = {"left_mouth_corner", "left_nasolabial", "left_cheek", "left_lower_lip", "left_upper_lip"}
    around.add("left_philtrum")
    assert set(names[np.argsort(lengths)[-4:]]) <= around
    assert all(length < 0.25 for name, length in zip(names, lengths, strict=True) if "right" in name)
    assert feature[1, lengths.argmax()] < -0.9  # up


def test_of_three_keyframes_the_apex_alone_counts(sequence):
    onset, _, apex, *_, offset = sequence
    with pytest.warns(UserWarning, match="every clip has three frames, .* seen at the apex alone"):
        three = MDMO(memory=None).transform([[onset, apex, offset]])
    np.testing.assert_array_equal(three, MDMO(memory=None).transform([[onset, apex]]))


def test_names_and_a_given_box(sequence):
    boxed = FaceLandmarker(boxes=[60, 40, 190, 170])
    feature = MDMO(memory=None, landmarker=boxed).fit_transform([sequence])
    assert feature.shape == (1, len(MDMO().get_feature_names_out()))
    assert not np.array_equal(feature, MDMO(memory=None).fit_transform([sequence]))
    names = MDMO(polar=False).get_feature_names_out()
    assert names[[0, 71]].tolist() == ["right_forehead_outer_x", "nose_root_y"]


def test_the_cache_tells_landmarkers_apart(sequence, tmp_path):
    first = MDMO(memory=tmp_path).transform([sequence])
    other = MDMO(memory=tmp_path, landmarker=FaceLandmarker(boxes=[60, 40, 190, 170])).transform([sequence])
    assert not np.array_equal(first, other)
    assert np.array_equal(first, MDMO(memory=tmp_path).transform([sequence]))


def test_errors_say_what_to_do():
    flat = [np.full((200, 200), 80, dtype=np.uint8)] * 4
    with pytest.raises(ValueError, match="clip 1: no face was found on the first frame; give its box"):
        face = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)[:250, 100:350]
        MDMO(memory=None).transform([[face] * 4, flat])
    with pytest.raises(ValueError, match=r"clip 0 has 1 frame\(s\), but MDMO needs at least 2"):
        MDMO(memory=None).transform([flat[:1]])
