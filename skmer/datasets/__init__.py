"""Clips of micro-expressions: readers of licensed data sets and synthetic corpora with known truth."""

from skmer.datasets._clips import ClipTruth, MicroExpressionClips
from skmer.datasets._concatenation import concatenate_clips
from skmer.datasets._own_clips import clips_from_frame
from skmer.datasets._readers._4dme import load_4dme
from skmer.datasets._readers._casme2 import load_casme2
from skmer.datasets._readers._casme3 import load_casme3
from skmer.datasets._readers._dfme import load_dfme
from skmer.datasets._readers._megc2019 import load_megc2019
from skmer.datasets._readers._mmew import load_mmew
from skmer.datasets._readers._samm import load_samm
from skmer.datasets._readers._smic import load_smic
from skmer.datasets._synthetic._bayes import bayes_accuracy
from skmer.datasets._synthetic._face_clips import make_face_clips
from skmer.datasets._synthetic._landmark_clips import make_landmark_clips

__all__ = [
    "MicroExpressionClips",
    "ClipTruth",
    "clips_from_frame",
    "concatenate_clips",
    "load_casme2",
    "load_samm",
    "load_smic",
    "load_casme3",
    "load_mmew",
    "load_4dme",
    "load_dfme",
    "load_megc2019",
    "make_landmark_clips",
    "make_face_clips",
    "bayes_accuracy",
]
