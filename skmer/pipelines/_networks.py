"""Recipes of the methods that are networks on maps, pictures and patches.

"published" is what the authors' paper or code says, or, where the source says so, public code of others.
"""

import torch
from skorch.callbacks import LRScheduler

from skmer.classifiers import (
    DSSNClassifier,
    FlowNetClassifier,
    GTCNClassifier,
    LEARNetClassifier,
    LFMClassifier,
    LGCconClassifier,
)
from skmer.feature_extraction import (
    ApexImage,
    DynamicImage,
    FaceCropper,
    FlowMaps,
    LandmarkFeatureMaps,
    LandmarkPatches,
    TemporalInterpolator,
)
from skmer.magnification import MotionMagnifier
from skmer.pipelines._recipes import PUBLISHED, RECONSTRUCTED, STABILIZE, Choice, Recipe, Step

_STSTNET = "Liong et al. 2019, paper and code"
_AUDIT = "Varanka et al. 2023, code of their audit"
_XIA = "Xia et al. 2020, code"
_KHOR = "Khor et al. 2019, code of the group"
_LI = "Li et al. 2021, code"
_NOT_READ = "no schedule could be read; ours"
_AS_STSTNET = "as STSTNet's maps"
_FRAMES = ("frames",)


def _cropped(size=(170, 140), source="Liong et al. 2019, of the crops that their group works on"):
    return (
        Choice("crop__size", size, source),
        Choice("crop__align", True, "ours: one similarity a clip, from eyes and nose", RECONSTRUCTED),
        Choice("crop__margin", 0.1, "ours", RECONSTRUCTED),
        Choice("crop__stabilize", False, "crops of the sets are registered once a clip"),
    )


def _flow(channels, size, source, *, size_status=PUBLISHED, scaling=None):
    minmax = (source, PUBLISHED) if scaling is None else (scaling, RECONSTRUCTED)
    return (
        *_cropped(),
        Choice("flow__flow", "dis", "TV-L1 in the papers; ours, for its speed", RECONSTRUCTED),
        Choice("flow__channels", channels, source),
        Choice("flow__size", size, source, size_status),
        Choice("flow__scaling", "minmax", *minmax),
    )


def _training(epochs, lr, batch, optimizer, source, status=PUBLISHED):
    values = {"max_epochs": epochs, "lr": lr, "batch_size": batch, "optimizer": optimizer}
    return tuple(Choice(f"clf__{name}", value, source, status) for name, value in values.items())


def _flow_net(network, training, *more, size=28, source=_STSTNET, norm=True, facts=(), **maps):
    """Return the recipe of one network of `FlowNetClassifier`; maps have crop and flow behind them."""
    rates = [training[1].value, 10 * training[1].value]
    grid = {"clf__lr": rates, **({"clf__norm": ["batch", "group"]} if norm else {}), **STABILIZE}
    return Recipe(
        inputs=("frames", "maps"),
        steps={
            "crop": Step(FaceCropper, _FRAMES),
            "flow": Step(FlowMaps, _FRAMES),
            "clf": Step(FlowNetClassifier),
        },
        choices=(
            *_flow(("u", "v", "strain"), size, source, **maps),
            Choice("clf__network", network, source),
            *([Choice("clf__norm", "batch", source)] if norm else []),
            *training,
            *more,
        ),
        facts=facts,
        grid=grid,
        seeded="clf",
    )


_PIXELS = Choice("clf__normalize_motion", False, "the networks get 0 to 255 in the authors' code")
_DECAY = Choice("clf__weight_decay", 1e-3, _AUDIT)
_ADAM, _SGD = torch.optim.Adam, torch.optim.SGD
_HALVED = [("rate", LRScheduler("StepLR", step_size=10, gamma=0.5))]

FLOW_NETS = {
    "ststnet": _flow_net(
        "ststnet",
        _training(500, 5e-5, 256, _ADAM, _STSTNET),
        _PIXELS,
        facts=(
            Choice("figure", "UF1 .7353, UAR .7605 on 442 clips; .7127 in the audit", _STSTNET),
            Choice("order", "batches unshuffled, class by class, in the code; shuffled here", _STSTNET),
        ),
    ),
    "off-apexnet": _flow_net(
        "off-apexnet",
        _training(3000, 1e-4, 256, _ADAM, _AUDIT),
        _DECAY,
        source="Gan et al. 2019, layers by ECNU-Cross-Innovation-Lab/PRICAI2021-Off-TANet",
        norm=False,
        scaling=_AS_STSTNET,
        facts=(Choice("figure", "UF1 .7196, UAR .7096; .7032 in the audit, last epoch", "Gan et al. 2019"),),
    ),
    "sssnet": _flow_net(
        "sssnet",
        _training(300, 1e-4, 256, _ADAM, _NOT_READ, RECONSTRUCTED),
        _DECAY,
        size=64,
        source=_AUDIT,
        scaling=_AS_STSTNET,
    ),
    "rcn-a": _flow_net(
        "rcn-a",
        _training(20, 5e-4, 64, _SGD, _XIA),
        Choice("clf__optimizer__momentum", 0.9, _XIA),
        Choice("clf__network_params", {"n_filters": 32}, _XIA + ", command of the README"),
        Choice("clf__callbacks", _HALVED, _XIA + ": the rate is halved every 10 epochs"),
        source=_XIA,
        scaling=_AS_STSTNET,
        facts=(Choice("figure", "UF1 .7432, UAR .7190", "Xia et al. 2020"),),
    ),
    "dual-inception": _flow_net(
        "dual-inception",
        _training(300, 1e-4, 256, _ADAM, _NOT_READ, RECONSTRUCTED),
        Choice("clf__weight_decay", 0.0, _NOT_READ, RECONSTRUCTED),
        source="port of the network by Xia et al. 2020",
        norm=False,
        size_status=RECONSTRUCTED,
        scaling=_AS_STSTNET,
        facts=(Choice("figure", "UF1 .7322, UAR .7278", "Zhou et al. 2019"),),
    ),
    "htnet": _flow_net(
        "htnet",
        _training(800, 5e-5, 256, _ADAM, "Wang et al. 2024, code"),
        _PIXELS,
        Choice("clf__network_params", {"dim": 32}, "256 in the code, 139.6 million weights", RECONSTRUCTED),
        source="Wang et al. 2024, code",
        norm=False,
        facts=(
            Choice("windows", "at a mean face; at each clip's own points in the code", "ours", RECONSTRUCTED),
            Choice("figure", "UF1 .8603, UAR .8475: each subject's best epoch on its own clips", "README"),
            Choice("attention", "over one token at 28 px: the identity", "computed"),
        ),
    ),
}

DSSN = Recipe(
    inputs=_FRAMES,
    steps={"crop": Step(FaceCropper), "flow": Step(FlowMaps), "clf": Step(DSSNClassifier)},
    choices=(
        *_flow((("u", "v", "magnitude"), ("u", "v", "strain")), 227, _KHOR),
        Choice("clf__fusion", "multiply", _KHOR),
        Choice("clf__pretrained", None, "ImageNet weights in the code; none ship: random", RECONSTRUCTED),
        Choice("clf__trainable", "head", "all in the code: hours a fold without a GPU", RECONSTRUCTED),
        Choice("clf__dropout", 0.5, _KHOR),
        Choice("clf__rim", True, _KHOR),
        Choice("clf__weight_decay", 0.0, _KHOR + ", whose decay of 1e-7 is of the rate"),
        Choice("clf__normalize_motion", True, "ImageNet's mean and 255 in the code; ours", RECONSTRUCTED),
        *_training(100, 1e-4, 60, _ADAM, _KHOR),
    ),
    facts=(
        Choice("figure", "70.78 %, F1 .729 on 243 clips of CASME II", "Khor et al. 2019"),
        Choice("F1", "2PR/(P+R) of macro precision and recall, best of 100 epochs", _KHOR),
    ),
    grid={"clf__fusion": ["multiply", "add", "concatenate"], **STABILIZE},
    seeded="clf",
)

LEARNET = Recipe(
    steps={"crop": Step(FaceCropper), "image": Step(DynamicImage), "clf": Step(LEARNetClassifier)},
    choices=(
        *_cropped((112, 112), "Verma et al. 2020, code"),
        Choice("image__weights", "learnet", "Verma et al. 2020, code: lacks Bilen's - 1"),
        Choice("image__scaling", "minmax", "Verma et al. 2020, code"),
        Choice("image__size", 112, "Verma et al. 2020, code"),
        Choice("clf__norm", "batch", "Verma et al. 2020, code"),
        *_training(100, 1e-4, 16, _ADAM, _NOT_READ, RECONSTRUCTED),
    ),
    facts=(Choice("figure", "76.57 % of seven classes of CASME II; grey here, colour there", "surveys"),),
    grid={"image__weights": ["learnet", "rank-pooling"], **STABILIZE},
    seeded="clf",
)

LFM = Recipe(
    inputs=("frames", "sequences"),
    steps={
        "interpolate": Step(TemporalInterpolator, ("sequences",)),
        "maps": Step(LandmarkFeatureMaps),
        "clf": Step(LFMClassifier),
    },
    choices=(
        Choice("interpolate__n_frames", 10, "ours; sequences must be of landmarks", RECONSTRUCTED),
        Choice("maps__flatten", False, "formula of the maps not readable; ours", RECONSTRUCTED),
        *_training(100, 1e-3, 32, _ADAM, _NOT_READ, RECONSTRUCTED),
    ),
    facts=(Choice("figure", "about 74 %, F1 .717 on 246 clips of CASME II", "Choi and Song 2020, abstract"),),
    grid={"clf__lr": [3e-4, 1e-3, 3e-3]},
    seeded="clf",
)

LGCCON = Recipe(
    inputs=_FRAMES,
    steps={
        "crop": Step(FaceCropper),
        "magnify": Step(MotionMagnifier),
        "apex": Step(ApexImage),
        "clf": Step(LGCconClassifier),
    },
    choices=(
        *_cropped((225, 225), _LI),
        Choice("magnify__method", "lagrangian", "Eulerian by a survey's table; ours", RECONSTRUCTED),
        Choice("magnify__alpha", 20.0, "not readable; ours, on synthetic faces", RECONSTRUCTED),
        Choice("apex__size", 128, "225 in the code, for VGG-16", RECONSTRUCTED),
        Choice("clf__backbone", "small", "VGG-16 of VGG-Face in the code; ours", RECONSTRUCTED),
        Choice("clf__strips", "vertical", _LI + ", as its loader reads them"),
        Choice("clf__lambda_auxiliary", 0.7, _LI),
        Choice("clf__lambda_center", 0.008, _LI),
        Choice("clf__norm", "group", "VGG-16 has none; ours", RECONSTRUCTED),
        Choice("clf__dropout", 0.5, ".8 in training and .5 at the test in the code; ours", RECONSTRUCTED),
        Choice("clf__weight_decay", 0.0, "1e-3 for VGG in the code; ours", RECONSTRUCTED),
        *_training(100, 3e-4, 32, _ADAM, "SGD 1e-5 for VGG in the code; ours", RECONSTRUCTED),
    ),
    facts=(
        Choice("figure", "65.02 %, F1 .640 on 243 clips of CASME II", "Li et al. 2021"),
        Choice("samples", "six frames around each apex, in the test list too; the apex alone here", _LI),
    ),
    grid={"clf__lambda_center": [0.0, 0.0002, 0.008], "magnify__alpha": [1.0, 10.0, 20.0], **STABILIZE},
    seeded="clf",
)

G_TCN = Recipe(
    inputs=_FRAMES,
    steps={"patches": Step(LandmarkPatches), "clf": Step(GTCNClassifier)},
    choices=(
        Choice("patches__source", "magnified", "MagNet's shape features in the paper", RECONSTRUCTED),
        Choice("patches__size", 7, "a port of the authors' next method"),
        Choice("patches__alpha", 2.0, "row 9 of 20 in the authors' next code; fits 2.0", RECONSTRUCTED),
        Choice("patches__views", 20, "rows a clip in the authors' next code"),
        Choice("clf__layout", "flat", "1,372 values in a commented loader of the next code"),
        *_training(30, 2e-3, 64, _ADAM, "epochs ours, others of the script it traces", RECONSTRUCTED),
    ),
    facts=(Choice("figure", "73.98 %, F1 .7246 on 246 clips of CASME II", "Lei et al. 2020"),),
    grid={"clf__layout": ["flat", "nodes"]},
    seeded="clf",
)

RECIPES: dict[str, Recipe] = {
    **FLOW_NETS,
    "dssn": DSSN,
    "learnet": LEARNET,
    "lfm": LFM,
    "lgccon": LGCCON,
    "g-tcn": G_TCN,
}
