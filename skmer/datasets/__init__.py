"""Clips of micro-expressions: readers of licensed data sets and synthetic corpora with known truth."""

from importlib import import_module
from typing import TYPE_CHECKING

from skmer.datasets._assembly import clips_from_frame, concatenate_clips
from skmer.datasets._clips import ClipTruth, MicroExpressionClips
from skmer.datasets._flow_map_folders import load_flow_maps
from skmer.datasets._long_videos import LongVideos
from skmer.datasets._readers._long_video_sets import load_casme_sq, load_samm_lv
from skmer.datasets._readers._megc_sets import load_casme2, load_megc2019, load_samm, load_smic
from skmer.datasets._readers._recent_sets import load_4dme, load_casme, load_casme3, load_dfme, load_mmew
from skmer.datasets._videos import clip_from_video

if TYPE_CHECKING:
    from skmer.datasets._synthetic._bayes import bayes_accuracy
    from skmer.datasets._synthetic._face_clips import make_face_clips
    from skmer.datasets._synthetic._landmark_clips import make_landmark_clips
    from skmer.datasets._synthetic._long_corpora import LongVideoTruth, make_long_videos

__all__ = [
    "MicroExpressionClips",
    "ClipTruth",
    "clips_from_frame",
    "concatenate_clips",
    "clip_from_video",
    "load_casme",
    "load_casme2",
    "load_samm",
    "load_smic",
    "load_casme3",
    "load_mmew",
    "load_4dme",
    "load_dfme",
    "load_megc2019",
    "load_flow_maps",
    "make_landmark_clips",
    "make_face_clips",
    "bayes_accuracy",
    "LongVideos",
    "LongVideoTruth",
    "load_casme_sq",
    "load_samm_lv",
    "make_long_videos",
]

# Resolved on first use: reading a data set does not need the generator.
_LAZY = {
    "make_landmark_clips": "_landmark_clips",
    "make_face_clips": "_face_clips",
    "bayes_accuracy": "_bayes",
    "make_long_videos": "_long_corpora",
    "LongVideoTruth": "_long_corpora",
}


def __getattr__(name):
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}._synthetic.{_LAZY[name]}"), name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})
