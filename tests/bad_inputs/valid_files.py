"""Valid files of every kind that the package reads, and their readers."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

from skmer._utils._store import ArrayCache
from skmer.datasets import clip_from_video, clips_from_frame, load_casme2, load_smic
from skmer.frames import read_image
from skmer.io import load, save
from skmer.landmarks import LandmarkCache, read_openface_csv
from skmer.magnification import MagNet
from skmer.model_selection import LOSOResult, evaluate_loso, read_megc_log

SHEET = pd.DataFrame(
    {
        "Subject": ["01", "02"],
        "Filename": ["EP01", "EP02"],
        "OnsetFrame": [1, 2],
        "ApexFrame": [2, 3],
        "OffsetFrame": [3, 4],
        "Action Units": ["4", "5+L12"],
        "Estimated Emotion": ["happiness", "disgust"],
    }
)
RESULT = pd.DataFrame(
    {
        "clip": list("abcd"),
        "subject": ["d/x", "d/x", "d/y", "d/y"],
        "seed": 0,
        "truth": list("mnmn"),
        "prediction": list("mnnn"),
        "missing": False,
    }
)
PICTURE = np.random.default_rng(0).integers(0, 255, (24, 20, 3), dtype=np.uint8)


@dataclass
class Valid:
    """How a file is written and read; `signed` where damage must be seen."""

    write: Callable
    read: Callable
    damage: str = "bytes"
    signed: bool = False


def _at(path, name):
    path.mkdir(parents=True)
    return path / name


def _text(name, text):
    def write(path):
        file = _at(path, name)
        file.write_text(text)
        return file

    return write


def _openface():
    columns = ["frame", "confidence", "success", *(f"{a}_{k}" for a in "xy" for k in range(68))]
    return "\n".join([", ".join(columns), *(", ".join(["1"] * len(columns)) for _ in range(3))])


def _sheet(columns):
    def write(path):
        file = _at(path, "CASME2-coding.xlsx")
        SHEET.rename(columns=columns).to_excel(file, index=False)
        return file

    return write


def _picture(suffix):
    def write(path):
        file = _at(path, f"img1.{suffix}")
        Image.fromarray(PICTURE).save(file)
        return file

    return write


def _video(suffix, code):
    def write(path):
        file = _at(path, f"clip.{suffix}")
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*code), 25, (64, 48))
        for k in range(6):
            writer.write(np.full((48, 64, 3), 30 * k, np.uint8))
        writer.release()
        return file

    return write


def _model(path):
    X = np.random.default_rng(0).normal(size=(20, 3))
    save(SVC().fit(X, X[:, 0] > 0), _at(path, "model.skmer"))
    return path / "model.skmer"


def _read_model(path):
    return load(path).support_vectors_


def _result(path):
    LOSOResult(RESULT, ["m", "n"]).to_json(_at(path, "result.json"))
    return path / "result.json"


def _weights(path):
    file = _at(path, "magnet.safetensors")
    from safetensors.torch import save_file

    save_file(MagNet().state_dict(), file)
    return file


def _cached(path):
    ArrayCache(path).put("0a1b", np.arange(5.0))
    return next(path.rglob("0a1b*"))


def _read_cached(path):
    return ArrayCache(path.parents[2]).get("0a1b")


def _landmarks(path):
    LandmarkCache(path).put("0a1b", {"flags": [1, 2]})
    return next(path.rglob("0a1b*"))


def _read_landmarks(path):
    return LandmarkCache(path.parents[2]).get("0a1b")


def _evaluated(folder):
    X, y = np.arange(24.0).reshape(12, 2), np.array(["a", "b"] * 6)
    groups = np.repeat(["d/1", "d/2", "d/3"], 4)
    model = DummyClassifier(strategy="stratified", random_state=0)
    return evaluate_loso(model, X, y, groups, checkpoint=folder, verbose=0).predictions


def _checkpoint(path):
    _evaluated(path)
    return max(path.glob("*.json"), key=lambda file: file.stat().st_mtime)


def _read_checkpoint(path):
    return _evaluated(path.parent)["prediction"].tolist()


def _frames_of(path):
    return clip_from_video(path, 1, 2, 4).shape


CLIPS = (
    "onset,apex,offset,target,subject\na0.png,a1.png,a2.png,happiness,anna\nb0.png,b1.png,b2.png,anger,bo\n"
)
CASME2 = SHEET.to_csv(index=False)
SMIC = "Subject,Filename,OnsetF,OffsetF,Emotion\n3,s03_ne_01,10,20,negative\n4,s04_po_01,10,20,positive\n"
VALID = {
    "table of clips": Valid(_text("clips.csv", CLIPS), clips_from_frame, "text"),
    "sheet": Valid(_text("CASME2.csv", CASME2), lambda p: load_casme2(None, p, verify_files=False), "text"),
    "smic": Valid(_text("SMIC.csv", SMIC), lambda p: load_smic(None, p, verify_files=False), "text"),
    "workbook": Valid(_sheet({}), lambda p: load_casme2(None, p, verify_files=False), "workbook"),
    "OpenFace": Valid(_text("face.csv", _openface()), read_openface_csv, "text"),
    "MEGC log": Valid(_text("log.txt", "d s1\nEP1 1 1\nEP2 0 1\nd s2\nEP1 0 1\n"), read_megc_log, "text"),
    "result": Valid(_result, LOSOResult.from_json, "json"),
    "JPEG": Valid(_picture("jpg"), read_image),
    "PNG": Valid(_picture("png"), read_image),
    "BMP": Valid(_picture("bmp"), read_image),
    "TIFF": Valid(_picture("tif"), read_image),
    "AVI": Valid(_video("avi", "MJPG"), _frames_of),
    "MP4": Valid(_video("mp4", "mp4v"), _frames_of),
    "model": Valid(_model, _read_model, signed=True),
    "weights": Valid(_weights, lambda p: len(MagNet.load(p).state_dict())),
    "landmarks": Valid(_landmarks, _read_landmarks, "json", signed=True),
    "checkpoint": Valid(_checkpoint, _read_checkpoint, "json", signed=True),
    "cache": Valid(_cached, _read_cached, signed=True),
}


def SAME(value, right):
    """Whether two values that were read are equal."""
    return np.array_equal(np.asarray(value), np.asarray(right))
