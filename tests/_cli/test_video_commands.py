import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skmer._cli import _analyze, main
from skmer._cli._analyze import COLUMNS, usual_spotter
from skmer.datasets import make_face_clips, make_long_videos
from skmer.frames import VideoReader
from skmer.io import load, save
from skmer.spotting import MotionSpotter


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Twelve seconds of a face that moves, as a file, and its true movements."""
    pytest.importorskip("skimage")
    path = tmp_path_factory.mktemp("film") / "face.mp4"
    videos = make_long_videos(
        1, 1, duration=12, face_size=150, images=True, empty=0, macro_per_minute=30, speech=0, random_state=3
    )
    return write_film(path, videos.frames[0]), videos.intervals


def write_film(path, frames):
    height, width = frames[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (width, height))
    for k in range(len(frames)):
        writer.write(cv2.cvtColor(frames[k], cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.skmer"
    words = ["train", "--dataset", "synthetic", "--n-subjects", "4", "--n-clips", "60"]
    assert main([*words, "--method", "lda", "--output", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def analysis(film, model, tmp_path_factory):
    output = tmp_path_factory.mktemp("analysis") / "out"
    assert main(["analyze", str(film[0]), "--model", str(model), "--output", str(output), "--quiet"]) == 0
    return output


def test_the_movements_of_a_video_are_written(film, analysis):
    table = pd.read_csv(analysis / "movements.csv")
    assert table.columns.tolist() == [*COLUMNS, "probability"]
    assert set(table["video"]) == {"face"}
    macro = film[1][film[1]["type"] == "macro"]
    near = [(abs(table["apex_s"] - second) < 0.6).any() for second in macro["apex_s"]]
    assert sum(near) >= 0.6 * len(macro) > 0
    assert table["emotion"].notna().all()
    assert table["regions"].str.contains("px").all()
    content = json.loads((analysis / "face" / "analysis.json").read_text())
    assert len(content["movements"]) == len(table)
    assert "no lie detector" in content["cannot_tell"]
    assert content["face_found"] > 0.9
    assert 0 <= content["blink_share"] < 0.5
    assert (analysis / "face" / "track.csv").exists()
    assert not (analysis / ".track").exists()


def test_the_page_says_what_it_cannot_tell(film, analysis, tmp_path):
    page = (analysis / "face" / "index.html").read_text(encoding="utf-8")
    assert "no lie detector" in page
    assert "class by the given model" in page
    assert page.count("<article") == len(pd.read_csv(analysis / "movements.csv"))
    assert "http://" not in page
    assert "https://" not in page
    assert main(["analyze", str(film[0]), "--output", str(tmp_path)]) == 0
    page = (tmp_path / "face" / "index.html").read_text(encoding="utf-8")
    assert "No trained model was given, so no emotion is named." in page
    assert pd.read_csv(tmp_path / "movements.csv")["emotion"].isna().all()


def test_a_run_that_was_killed_goes_on(film, tmp_path):
    """Chunks that were finished before SIGKILL are there, and the second run ends as an undisturbed one."""
    words = [sys.executable, "-m", "skmer", "analyze", str(film[0]), "--output", str(tmp_path), "--quiet"]
    run = subprocess.Popen(words, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    deadline = time.time() + 120
    while time.time() < deadline and not list(tmp_path.rglob(".track/**/*.json")) and run.poll() is None:
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = list(tmp_path.rglob("*.json"))
    assert kept
    assert main(words[3:]) == 0
    assert (tmp_path / "movements.csv").exists()


def test_a_second_is_analysed_and_a_video_without_a_face_is_named(film, tmp_path, capsys):
    """One sentence tells that there is no face, and the other video is analysed all the same."""
    video = cv2.VideoCapture(str(film[0]))
    frames = [cv2.cvtColor(video.read()[1], cv2.COLOR_BGR2GRAY) for _ in range(30)]
    video.release()
    wall = write_film(tmp_path / "wall.mp4", [np.full_like(frame, 120) for frame in frames])
    short, output = write_film(tmp_path / "short.mp4", frames), tmp_path / "out"
    assert main(["analyze", str(wall), str(short), "--output", str(output), "--quiet"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("skmer: error: video: no face was found in any frame of 'wall'. See ")
    assert said.out == ""
    assert json.loads((output / "short" / "analysis.json").read_text())["duration_s"] == 1.0
    assert pd.read_csv(output / "movements.csv").columns.tolist() == COLUMNS
    assert not (output / "wall").exists()


def test_what_is_no_video_ends_the_run_before_it_starts(film, tmp_path, capsys):
    text = tmp_path / "notes.txt"
    text.write_text("no video")
    assert main(["analyze", str(film[0]), str(text), "--output", str(tmp_path / "out")]) == 1
    assert capsys.readouterr() == ("", f"skmer: error: source: {str(text)!r} is no video that can be read.\n")
    assert not (tmp_path / "out").exists()


def test_a_model_names_clips(model, tmp_path):
    pytest.importorskip("skimage")
    clips = make_face_clips(n_subjects=2, n_clips=5, color=False, random_state=0)
    for k in range(2):
        for frame in range(3):
            folder = tmp_path / "clips" / f"clip{k}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(clips.frames[k, frame]).save(folder / f"img{frame}.png")
    output = tmp_path / "out.csv"
    assert main(["predict", str(model), str(tmp_path / "clips"), "--output", str(output)]) == 0
    table = pd.read_csv(output)
    assert [name[-5:] for name in table["clip"]] == ["clip0", "clip1"]
    assert table["prediction"].isin(load(model).classes_).all()
    assert table["probability"].between(0, 1).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["analyze", "no.mp4"], "there is no video or folder 'no.mp4'"),
        (["predict", "no.skmer", "x"], "no.skmer"),
        (["analyze", __file__], "is no video that can be read"),
    ],
)
def test_what_is_not_there_is_named(words, message, capsys, tmp_path):
    extra = ["--output", str(tmp_path / "x"), "--quiet"] if words[0] == "analyze" else []
    assert main([*words, *extra]) == 1
    assert message in capsys.readouterr().err


def test_a_clip_that_cannot_be_classified_is_named_and_the_others_go_on(model, film, tmp_path, capsys):
    grey = np.full((120, 90), 120, np.uint8)
    wall, one = write_film(tmp_path / "wall.mp4", [grey] * 5), write_film(tmp_path / "one.mp4", [grey])
    frames = VideoReader(film[0]).read(0, 12, 5)
    good = write_film(tmp_path / "good.mp4", [frame.image for frame in frames])
    output = tmp_path / "new" / "out.csv"
    words = ["predict", str(model), str(wall), str(good), str(one), "--output", str(output)]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert f"{wall}: " in said
    assert f"a clip has at least three frames, {str(one)!r} has 1." in said
    table = pd.read_csv(output, keep_default_na=False)
    assert [bool(name) for name in table["prediction"]] == [False, True, False]
    assert [bool(reason) for reason in table["reason"]] == [True, False, True]
    assert main(["predict", str(model), str(good), "--output", str(tmp_path / "x" / "y" / "z.csv")]) == 0


def test_the_usual_spotter_is_fitted_once(monkeypatch, tmp_path):
    monkeypatch.setenv("SKMER_CACHE", str(tmp_path))
    made = make_long_videos(n_subjects=2, n_videos=2, duration=20, random_state=0)
    calls = []
    monkeypatch.setattr(_analyze, "make_long_videos", lambda **_: calls.append(1) or made)
    first, second = usual_spotter(), usual_spotter()
    assert len(calls) == 1
    assert second.choices_ == first.choices_
    (file,) = tmp_path.rglob("*.skmer")
    file.write_bytes(file.read_bytes()[:-9])
    assert usual_spotter().choices_ == first.choices_
    assert usual_spotter().longest_ == first.longest_
    assert len(calls) == 2


def test_a_spotter_of_ones_own(film, model, tmp_path, capsys):
    made = make_long_videos(n_subjects=2, n_videos=2, duration=20, random_state=0)
    own = tmp_path / "own.skmer"
    save(MotionSpotter().fit(made.tracks(), made.intervals, groups=made.groups), own)
    words = ["analyze", str(film[0]), "--output", str(tmp_path / "out"), "--quiet", "--spotter"]
    assert main([*words, str(own)]) == 0
    page = (tmp_path / "out" / "face" / "index.html").read_text(encoding="utf-8")
    assert "learned on synthetic videos" not in page
    assert main([*words, str(model)]) == 1
    assert "--spotter must hold a fitted MotionSpotter" in capsys.readouterr().err
