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
from skmer.datasets import (
    clip_from_video,
    clips_from_frame,
    load_casme2,
    load_casme3,
    load_casme_sq,
    load_flow_maps,
    load_samm_lv,
    load_smic,
)
from skmer.frames import VideoReader, read_image
from skmer.io import load, save
from skmer.landmarks import LandmarkCache, read_face_track, read_openface_csv
from skmer.magnification import MagNet
from skmer.model_selection import LOSOResult, evaluate_loso, read_megc_log
from skmer.spotting import SpottingResult

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


def _fex():
    columns = ["frame", "FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"]
    columns += [f"{axis}_{k}" for axis in "xy" for k in range(68)]
    return "\n".join(
        [",".join(columns), *(",".join([str(k), *["1"] * (len(columns) - 1)]) for k in range(3))]
    )


def _sheet(table, name="CASME2-coding.xlsx", **options):
    def write(path):
        file = _at(path, name)
        table.to_excel(file, index=False, **options)
        return file

    return write


def _flow_map(path):
    """Write two maps and the table that names them, of which the first map is damaged."""
    folder = _at(path, "maps")
    folder.mkdir()
    (folder / "combined_3_class2_for_optical_flow.csv").write_text(MAPS)
    for name in ("sub01_EP01", "s03_ne_01"):
        Image.fromarray(PICTURE[:20]).save(folder / f"{name}.png")
    return folder / "sub01_EP01.png"


def _flow_table(path):
    return _flow_map(path).with_name("combined_3_class2_for_optical_flow.csv")


def _spotted(path):
    times = pd.DataFrame({"video": ["a", "b"], "group": ["x", "y"], "fps": 30.0, "n_frames": 90})
    true = pd.DataFrame({"video": ["a", "b"], "onset": [1, 5], "offset": [9, 9], "type": ["micro", "macro"]})
    SpottingResult(true, true.iloc[:1], times.assign(duration_s=3.0), {}).to_json(_at(path, "spotting.json"))
    return path / "spotting.json"


def _read_spotted(path):
    return SpottingResult.from_json(path).scores


def _frames_read(path):
    return sum(1 for _ in VideoReader(path, fps=25))


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
MAPS = "sub,filename_o,dataset,label\nsub01,EP01,casme2,0\ns03,s03_ne_01,smic,1\n"
# CAS(ME)^2 has no header: subject, clip, onset, apex, offset, units, class, type, report.
CASME_SQ = pd.DataFrame(
    [
        [1, "anger1_1", 557, 572, 608, "4+7", "negative", "macro-expression", "anger"],
        [2, "happy1_1", 10, 12, 0, "12", "positive", "micro-expression", "happiness"],
    ]
)
SAMM_LV = pd.DataFrame(
    {
        "Subject": ["006", "007"],
        "Filename": ["006_1_2", "007_1_1"],
        "Onset": [562, 20],
        "Apex": [-1, 25],
        "Offset": [650, 30],
        "Type": ["Micro - 1/2", "Macro"],
        "Action Units": ["4", "12"],
    }
)
CASME3 = pd.DataFrame(
    {
        "Subject": ["spNO.1", "spNO.2"],
        "Filename": ["a", "b"],
        "Onset": [9, 9],
        "Apex": [12, 12],
        "Offset": [20, 20],
        "AU": ["4", "12"],
        "Objective class": ["IV", "I"],
        "emotion": ["Disgust", "Happy"],
    }
)
SMIC = "Subject,Filename,OnsetF,OffsetF,Emotion\n3,s03_ne_01,10,20,negative\n4,s04_po_01,10,20,positive\n"
VALID = {
    "table of clips": Valid(_text("clips.csv", CLIPS), clips_from_frame, "text"),
    "sheet": Valid(_text("CASME2.csv", CASME2), lambda p: load_casme2(None, p, verify_files=False), "text"),
    "smic": Valid(_text("SMIC.csv", SMIC), lambda p: load_smic(None, p, verify_files=False), "text"),
    "workbook": Valid(_sheet(SHEET), lambda p: load_casme2(None, p, verify_files=False), "workbook"),
    "OpenFace": Valid(_text("face.csv", _openface()), read_openface_csv, "text"),
    "MEGC log": Valid(_text("log.txt", "d s1\nEP1 1 1\nEP2 0 1\nd s2\nEP1 0 1\n"), read_megc_log, "text"),
    "result": Valid(_result, LOSOResult.from_json, "json"),
    "Fex": Valid(_text("fex.csv", _fex()), lambda p: read_face_track(p, fps=25), "text"),
    "track": Valid(_text("face.csv", _openface()), lambda p: read_face_track(p, fps=25), "text"),
    "flow map": Valid(_flow_map, lambda p: load_flow_maps(p.parent)),
    "flow table": Valid(_flow_table, lambda p: load_flow_maps(p.parent), "text"),
    "CAS(ME)^2": Valid(
        _sheet(CASME_SQ, "CASME_sq_code.xlsx", header=False), lambda p: load_casme_sq(None, p), "workbook"
    ),
    "SAMM-LV": Valid(_sheet(SAMM_LV, "SAMM_LV.xlsx"), lambda p: load_samm_lv(None, p), "workbook"),
    "SAMM-LV as text": Valid(
        _text("SAMM_LV.csv", SAMM_LV.to_csv(index=False)), lambda p: load_samm_lv(None, p), "text"
    ),
    "CAS(ME)^3 videos": Valid(
        _sheet(CASME3, "CASME3.xlsx"), lambda p: load_casme3(None, p, videos=True), "workbook"
    ),
    "spotting": Valid(_spotted, _read_spotted, "json"),
    "long video": Valid(_video("avi", "MJPG"), _frames_read),
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
