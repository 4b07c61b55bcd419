"""Clips of micro-expressions: readers of licensed data sets and synthetic corpora with known truth."""

from skmer.datasets._bayes import bayes_accuracy
from skmer.datasets._clips import ClipTruth, MicroExpressionClips, clips_from_frame, concatenate_clips
from skmer.datasets._face_clips import make_face_clips
from skmer.datasets._landmark_clips import make_landmark_clips
from skmer.datasets._loaders import load_casme2, load_samm

__all__ = [
    "ClipTruth",
    "MicroExpressionClips",
    "bayes_accuracy",
    "clips_from_frame",
    "concatenate_clips",
    "load_casme2",
    "load_samm",
    "make_face_clips",
    "make_landmark_clips",
]
