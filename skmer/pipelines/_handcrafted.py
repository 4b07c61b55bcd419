"""Recipes of the methods without a network: binary patterns, gradients and optical flow.

"published" is what the authors' paper or code says, or, where the source says so, public code of others.
"""

from itertools import product

import numpy as np
from sklearn.pipeline import FeatureUnion
from sklearn.svm import SVC

from skmer.classifiers import KTGSL, histogram_intersection
from skmer.feature_extraction import (
    MDMO,
    BiWOOF,
    DirectionGradients,
    FaceCropper,
    LocalBinaryPatterns,
    OrientedGradients,
    TemporalInterpolator,
)
from skmer.magnification import MotionMagnifier
from skmer.pipelines._recipes import RECONSTRUCTED, STABILIZE, Choice, Recipe, Step

_TOP = ("xy", "xt", "yt")
_BLOCKS = (5, 5)
_N_CODES, _N_GRADIENTS = 59, 3  # bins of a uniform pattern of eight points, and of a gradient
# Steps (y, x, t) to neighbours in other frames: the 26 of a cube less the 8 in the same frame.
DIRECTIONS = [(y, x, t) for t in (1, -1) for y, x in product((0, 1, -1), repeat=2)]

_UNREAD = "not readable; "
_FILES = "names of the feature files of IcedDoggie/DSSN-MER, lbptopR114_N4_TIM10"
_THREE = "three keyframes: the apex has one neighbour on each side"
_CROPPED = (
    Choice("crop__size", (170, 140), "Liong et al. 2019, of the crops that their group works on"),
    Choice("crop__align", True, "ours: one similarity a clip, from eyes and nose", RECONSTRUCTED),
    Choice("crop__margin", 0.1, "ours", RECONSTRUCTED),
    Choice("crop__stabilize", False, "crops of the sets are registered once a clip"),
)
_INTERPOLATED = (
    Choice("interpolate__n_frames", 10, "Li et al. 2018; " + _FILES),
    Choice("interpolate__method", "tim", "Li et al. 2018"),
)
_FIP = "Wei et al. 2022 (LBP-FIP), authors' code"
_LIKE_FIP = _UNREAD + "as the same authors in LBP-FIP"
_SVM = (
    Choice(
        "clf__kernel", histogram_intersection, "kernel 5 of a patched LIBSVM: very likely this", RECONSTRUCTED
    ),
    Choice("clf__C", 0.35, _FIP),
)


def _magnified(alpha, source, status=RECONSTRUCTED):
    return (
        Choice("magnify__method", "eulerian", source, status),
        Choice("magnify__alpha", alpha, source, status),
    )


def _of(prefix, choices, source=None):
    """Return choices of one step for the place that it has in another recipe."""
    moved = [choice._replace(part=f"{prefix}{choice.part}") for choice in choices]
    return tuple(c._replace(source=source, status=RECONSTRUCTED) if source else c for c in moved)


LBP_TOP = Recipe(
    steps={
        "crop": Step(FaceCropper),
        "interpolate": Step(TemporalInterpolator, ("sequences",)),
        "patterns": Step(LocalBinaryPatterns),
        "clf": Step(SVC),
    },
    choices=(
        *_CROPPED,
        *_INTERPOLATED,
        Choice("patterns__planes", _TOP, "Zhao and Pietikäinen 2007"),
        Choice("patterns__blocks", _BLOCKS, _FILES),
        Choice("patterns__radius", 1, _FILES),
        Choice("patterns__radius_t", 4, _FILES),
        Choice("patterns__radius_t", 1, _THREE, RECONSTRUCTED, only="frames"),
        Choice("patterns__n_points", 4, _FILES),
        Choice("patterns__mapping", "uniform", _FILES + ": 15 bins"),
        Choice("patterns__norm", "l1", "ours: blocks of any size count alike", RECONSTRUCTED),
        Choice("clf__kernel", "linear", "lbptop_baseline.py of IcedDoggie"),
        Choice("clf__C", 1.0, "lbptop_baseline.py of IcedDoggie"),
    ),
    facts=(
        Choice("figures", "39.68 to 71.55 % on CASME II, by settings and by average", "as others print them"),
    ),
    grid={"clf__C": [0.1, 1.0, 10.0, 100.0], "patterns__n_points": [4, 8], **STABILIZE},
)

_PATTERNS = (
    Choice("patterns__planes", (*_TOP, "vertices"), _FIP),
    Choice("patterns__blocks", _BLOCKS, _FIP),
    Choice("patterns__radius", 1, _FIP),
    Choice("patterns__radius_t", 5, _FIP + ": best of 2 to 7"),
    Choice("patterns__radius_t", 1, _THREE, RECONSTRUCTED, only="frames"),
    Choice("patterns__n_points", 8, _FIP),
    Choice("patterns__mapping", "uniform", _FIP),
    Choice("patterns__norm", "l1", _FIP),
)
LBP_FIP = Recipe(
    steps={
        "crop": Step(FaceCropper),
        "magnify": Step(MotionMagnifier),
        "patterns": Step(LocalBinaryPatterns),
        "clf": Step(SVC),
    },
    choices=(
        *_CROPPED,
        *_magnified(27.0, _FIP + ": adds 26 times the band", "published"),
        *_PATTERNS,
        Choice("patterns__vertex_order", "official", _FIP),
        *_SVM,
    ),
    facts=(
        Choice("clips", "246 of CASME II, 26 subjects, all frames without interpolation", _FIP),
        Choice("average", "mean of the subjects' accuracies", _FIP),
        Choice("selection", "factor, radius in time and C by the results of the test subjects", _FIP),
    ),
    grid={
        "clf__C": [0.1, 0.35, 1.0, 10.0],
        "magnify__alpha": [1.0, 9.0, 27.0],
        # Up to 7 in the code; from 6 on SMIC's shortest clips are too short.
        "patterns__radius_t": [2, 3, 4, 5],
        **STABILIZE,
    },
)


def _union():
    return FeatureUnion([("patterns", LocalBinaryPatterns()), ("gradients", DirectionGradients())])


_GRADIENTS = (
    Choice(
        "gradients__direction", (0, 1, 1), "best of 18 on the test subjects, not said which", RECONSTRUCTED
    ),
    Choice("gradients__blocks", _BLOCKS, _UNREAD + "as the patterns", RECONSTRUCTED),
    Choice("gradients__radius_t", 5, _UNREAD + "as the patterns", RECONSTRUCTED),
    Choice("gradients__radius_t", 1, _THREE, RECONSTRUCTED, only="frames"),
    Choice("gradients__dead_zone", 2.0, _UNREAD + "grey levels that are no change", RECONSTRUCTED),
    Choice("gradients__bins", "counts", _UNREAD + "less, the same, more", RECONSTRUCTED),
    Choice("gradients__norm", "l1", _UNREAD + "as the patterns", RECONSTRUCTED),
)
_TWO_GROUPS = (
    *_CROPPED,
    *_magnified(27.0, _LIKE_FIP),
    *_of("features__", _PATTERNS[:-1], _LIKE_FIP),
    Choice("features__patterns__planes", _TOP, "Wei et al. 2021 (LBP-SDG), abstract"),
    *_of("features__", _PATTERNS[-1:], _LIKE_FIP),
    *_of("features__", _GRADIENTS),
)
_TWO_STEPS = {
    "crop": Step(FaceCropper),
    "magnify": Step(MotionMagnifier),
    "features": Step(_union),
}
LBP_SDG = Recipe(
    steps={**_TWO_STEPS, "clf": Step(SVC)},
    choices=(*_TWO_GROUPS, *_of("", _SVM, _LIKE_FIP)),
    facts=(
        Choice("selection", "direction by the results of the test subjects", "Wei et al. 2021, abstract"),
        Choice("average", "probably the mean of the subjects' accuracies", "71.32 % is no k/N of CASME II"),
    ),
    grid={"features__gradients__direction": DIRECTIONS, "clf__C": [0.35, 1.0, 10.0], **STABILIZE},
)


def _columns(n_planes, n_bins, start=0):
    """Return the columns of each of 25 blocks in features that are ordered by plane, block and bin."""
    columns = np.arange(n_planes * 25 * n_bins).reshape(n_planes, 25, n_bins) + start
    return [columns[:, block].ravel().tolist() for block in range(25)]


_KTGSL = "ours, one value of the grid; search it inside"
KTGSL_RECIPE = Recipe(
    steps={**_TWO_STEPS, "clf": Step(KTGSL)},
    choices=(
        *_TWO_GROUPS,
        Choice("clf__groups_1", _columns(3, _N_CODES), _UNREAD + "25 blocks of patterns", RECONSTRUCTED),
        Choice(
            "clf__groups_2",
            _columns(1, _N_GRADIENTS, 3 * 25 * _N_CODES),
            _UNREAD + "25 blocks of gradients",
            RECONSTRUCTED,
        ),
        Choice("clf__strategy", 2, "Wei et al. 2022 (KTGSL), abstract: both groups are learned"),
        Choice("clf__kernel", "linear", _UNREAD + "the simplest", RECONSTRUCTED),
        Choice("clf__penalty", 0.01, _KTGSL, RECONSTRUCTED),
        Choice("clf__mu_1", 0.1, _KTGSL, RECONSTRUCTED),
        Choice("clf__mu_2", 0.1, _KTGSL, RECONSTRUCTED),
    ),
    facts=(Choice("objective", "ours, after Zong et al. 2018", "neither is readable", RECONSTRUCTED),),
    grid={
        "clf__penalty": [0.01, 0.1, 1.0],
        "clf__mu_1": [0.01, 0.1, 1.0],
        "clf__mu_2": [0.01, 0.1, 1.0],
        **STABILIZE,
    },
)

_HIGO = "Li et al. 2018 (HIGO)"
HIGO = Recipe(
    steps={
        "crop": Step(FaceCropper),
        "magnify": Step(MotionMagnifier),
        "interpolate": Step(TemporalInterpolator, ("sequences",)),
        "gradients": Step(OrientedGradients),
        "clf": Step(SVC),
    },
    choices=(
        *_CROPPED,
        *_magnified(21.0, "the 20 of ELBPTOP on CASME II and SAMM"),
        Choice("magnify__alpha", 9.0, "the 8 of ELBPTOP on SMIC", RECONSTRUCTED, only="smic"),
        *_INTERPOLATED,
        Choice("gradients__votes", "one", _HIGO),
        Choice("gradients__planes", _TOP, _HIGO),
        Choice("gradients__blocks", (8, 8, 2), _UNREAD + "as ELBPTOP", RECONSTRUCTED),
        Choice(
            "gradients__blocks", (8, 8, 1), "three keyframes: no parts in time", RECONSTRUCTED, only="frames"
        ),
        Choice("gradients__n_bins", 8, _HIGO),
        Choice("gradients__norm", "l1", "ours", RECONSTRUCTED),
        Choice("clf__kernel", "linear", _HIGO),
        Choice("clf__C", 1.0, _UNREAD + "ours, one value of the grid; search it inside", RECONSTRUCTED),
    ),
    grid={"clf__C": [0.1, 1.0, 10.0, 100.0], "magnify__alpha": [1.0, 9.0, 21.0], **STABILIZE},
)

_WOOF = "Liong et al. 2018 (Bi-WOOF), authors' code"
_DIS = "TV-L1 in the paper; DIS is as accurate here and much quicker"
BI_WOOF = Recipe(
    inputs=("frames",),
    steps={"crop": Step(FaceCropper), "flow": Step(BiWOOF), "clf": Step(SVC)},
    choices=(
        *_CROPPED,
        Choice("flow__n_bins", 8, _WOOF),
        Choice("flow__blocks", _BLOCKS, _WOOF),
        Choice("flow__flow", "dis", _DIS, RECONSTRUCTED),
        Choice("clf__kernel", "linear", "Liong et al. 2018"),
        Choice("clf__C", 10.0, "not in the code; ours, one value of the grid", RECONSTRUCTED),
    ),
    facts=(Choice("figures", "58.85 % / .61 on CASME II, 5 classes", "Liong et al. 2018"),),
    grid={"clf__C": [0.1, 1.0, 10.0, 100.0], "flow__flow": ["dis", "farneback"], **STABILIZE},
)

_MEB = "traditional_methods.py of tvaranka/meb"
MDMO_RECIPE = Recipe(
    steps={"crop": Step(FaceCropper), "flow": Step(MDMO), "clf": Step(SVC)},
    choices=(
        *_CROPPED[:2],
        Choice("crop__margin", 0.3, "ours: the face is found anew on the crop", RECONSTRUCTED),
        Choice("crop__stabilize", False, "it takes the head's motion out by itself"),
        Choice("flow__beta", 0.8, _MEB),
        Choice("flow__align", True, "Liu et al. 2016; switched off in meb"),
        Choice("flow__polar", True, "Liu et al. 2016: 36 lengths and 36 angles"),
        Choice("flow__flow", "dis", _UNREAD + "DIS as everywhere here", RECONSTRUCTED),
        Choice("clf__kernel", "rbf", _MEB),
        Choice("clf__C", 28.0, _MEB),
        Choice("clf__gamma", "scale", "scikit-learn's", RECONSTRUCTED),
    ),
    facts=(Choice("figures", "rerun by others 51.69 % on CASME II", "README of SRMCL"),),
    grid={"clf__C": [1.0, 10.0, 28.0, 100.0], "flow__beta": [0.5, 0.8, 1.0], "flow__polar": [True, False]},
)

RECIPES: dict[str, Recipe] = {
    "lbp-top": LBP_TOP,
    "lbp-fip": LBP_FIP,
    "lbp-sdg": LBP_SDG,
    "ktgsl": KTGSL_RECIPE,
    "higo": HIGO,
    "bi-woof": BI_WOOF,
    "mdmo": MDMO_RECIPE,
}
