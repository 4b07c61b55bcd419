"""Classifiers: DeRe-GRL and the field's networks on maps, ensembles, kernel machines, plain ones."""

from skmer._utils._imports import moved_name
from skmer.classifiers._balanced_lda import BalancedLDA
from skmer.classifiers._dere_grl import DeReGRLClassifier
from skmer.classifiers._ensemble import SeedEnsemble
from skmer.classifiers._flip_augmented import FlipAugmentedClassifier
from skmer.classifiers._flow_net import FlowNetClassifier
from skmer.classifiers._image_nets import DSSNClassifier, LEARNetClassifier
from skmer.classifiers._ktgsl import KTGSL, histogram_intersection
from skmer.classifiers._landmark_nets import GTCNClassifier, LFMClassifier
from skmer.classifiers._lgccon import LGCconClassifier
from skmer.classifiers._map_net import MapNetClassifier
from skmer.classifiers._voting import VotingClassifierCV

__all__ = [
    "DeReGRLClassifier",
    "SeedEnsemble",
    "VotingClassifierCV",
    "MapNetClassifier",
    "FlowNetClassifier",
    "DSSNClassifier",
    "LEARNetClassifier",
    "LFMClassifier",
    "LGCconClassifier",
    "GTCNClassifier",
    "KTGSL",
    "histogram_intersection",
    "FlipAugmentedClassifier",
    "BalancedLDA",
]

# Names that moved with 0.2; the old path works for one release.
_MOVED = {
    "save": "skmer.io.save",
    "load": "skmer.io.load",
    "paper_pipeline": "skmer.pipelines.paper_pipeline",
    "ablation_pipelines": "skmer.pipelines.ablation_pipelines",
}


def __getattr__(name):
    return moved_name(__name__, _MOVED, name)
