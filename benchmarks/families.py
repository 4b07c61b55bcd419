"""Families of synthetic corpora on which methods are chosen, and others on which they are reported.

A family is a set of parameters of `make_landmark_clips` with a seed. Those of the half "choose" may be looked
at as often as one likes; those of the half "report" have other parameters and are run once, when nothing is
left to choose. Both halves have corpora small and large, with three, five and seven classes, with and without
an offset frame, scaled to unit rms or not, more or less noise, amplitude, overlap, subject effects and
variation within a class.

Run ``python benchmarks/families.py`` for the table.
"""

from typing import NamedTuple

import numpy as np

from skmer.datasets import make_landmark_clips
from skmer.feature_extraction import LandmarkGraphTransformer

GRAPH = "brow-nose-lip31"


class Family(NamedTuple):
    """One family: its name, parameters of the generator, and whether each clip is scaled to unit rms."""

    name: str
    half: str
    parameters: dict
    seed: int = 0
    normalize_motion: bool = False


def _family(name, half, seed, n_clips, n_subjects, normalize_motion=False, **parameters):
    sizes = {"n_clips": n_clips, "n_subjects": n_subjects}
    return Family(name, half, sizes | parameters, seed, normalize_motion)


_TABLE = [
    # Like CASME II in size, and like the composite of 2019 without offset frames, at unit rms.
    _family("casme2", "choose", 11, 247, 26, within_class_variation=0.3, subject_effects=0.3, class_sep=0.9),
    _family(
        "composite",
        "choose",
        12,
        442,
        68,
        normalize_motion=True,
        dataset="megc2019",
        offset=False,
        noise=0.1,
        within_class_variation=0.6,
        subject_effects=0.4,
        class_sep=0.75,
        flip_y=0.1,
    ),
    # As small and as large as they come.
    _family("few", "choose", 13, 50, 8, within_class_variation=0.2, subject_effects=0.2),
    _family(
        "many",
        "choose",
        14,
        1000,
        60,
        noise=0.1,
        within_class_variation=0.6,
        subject_effects=0.4,
        class_sep=0.8,
    ),
    # Other classes.
    _family("samm", "choose", 15, 136, 27, dataset="samm", within_class_variation=0.2, subject_effects=0.2),
    _family(
        "samm-seven",
        "choose",
        16,
        300,
        30,
        dataset="samm",
        n_classes=7,
        within_class_variation=0.3,
        subject_effects=0.3,
    ),
    _family(
        "seven",
        "choose",
        17,
        450,
        50,
        normalize_motion=True,
        dataset="casme3",
        offset=False,
        within_class_variation=0.3,
        subject_effects=0.3,
        noise=0.1,
    ),
    _family(
        "three",
        "choose",
        18,
        145,
        24,
        n_classes=3,
        noise=0.2,
        within_class_variation=0.6,
        subject_effects=0.5,
        flip_y=0.1,
    ),
    # Noise, faint movements, doubtful labels, mixed movements.
    _family(
        "detected",
        "choose",
        19,
        200,
        20,
        noise="averaged",
        amplitude=(1.0, 3.0),
        within_class_variation=0.3,
        subject_effects=0.3,
    ),
    _family(
        "faint",
        "choose",
        20,
        220,
        22,
        noise=0.1,
        amplitude=(0.3, 1.2),
        within_class_variation=0.3,
        subject_effects=0.2,
    ),
    _family(
        "doubtful",
        "choose",
        21,
        320,
        40,
        normalize_motion=True,
        n_classes=3,
        flip_y=0.2,
        within_class_variation=0.5,
        subject_effects=0.3,
    ),
    _family(
        "mixed",
        "choose",
        22,
        280,
        30,
        offset=False,
        class_sep=0.7,
        within_class_variation=0.3,
        subject_effects=0.2,
    ),
    # The same axes with other values, to be reported.
    _family(
        "casme2-varied",
        "report",
        51,
        255,
        26,
        within_class_variation=0.45,
        subject_effects=0.2,
        class_sep=0.95,
    ),
    _family(
        "composite-noisy",
        "report",
        52,
        430,
        64,
        normalize_motion=True,
        dataset="megc2019",
        offset=False,
        noise=0.15,
        within_class_variation=0.5,
        subject_effects=0.5,
        class_sep=0.8,
        flip_y=0.12,
    ),
    _family(
        "few-of-three",
        "report",
        53,
        50,
        9,
        n_classes=3,
        noise=0.1,
        within_class_variation=0.4,
        subject_effects=0.3,
    ),
    _family(
        "many-mixed",
        "report",
        54,
        1000,
        70,
        normalize_motion=True,
        noise=0.05,
        within_class_variation=0.45,
        subject_effects=0.5,
        class_sep=0.7,
    ),
    _family(
        "samm-noisy",
        "report",
        55,
        160,
        24,
        dataset="samm",
        noise=0.1,
        within_class_variation=0.3,
        subject_effects=0.1,
    ),
    _family(
        "samm-seven-scaled",
        "report",
        56,
        350,
        36,
        normalize_motion=True,
        dataset="samm",
        n_classes=7,
        within_class_variation=0.25,
        subject_effects=0.4,
    ),
    _family(
        "seven-with-offset",
        "report",
        57,
        400,
        45,
        dataset="casme3",
        noise=0.15,
        within_class_variation=0.4,
        subject_effects=0.35,
    ),
    _family(
        "three-without-offset",
        "report",
        58,
        180,
        20,
        dataset="casme3",
        n_classes=3,
        offset=False,
        noise=0.15,
        within_class_variation=0.7,
        subject_effects=0.45,
        flip_y=0.15,
    ),
    _family(
        "detected-faint",
        "report",
        59,
        230,
        25,
        noise="averaged",
        amplitude=(0.7, 2.2),
        within_class_variation=0.2,
        subject_effects=0.4,
    ),
    _family(
        "faint-scaled",
        "report",
        60,
        240,
        32,
        normalize_motion=True,
        offset=False,
        noise=0.08,
        amplitude=(0.25, 1.0),
        within_class_variation=0.35,
        subject_effects=0.25,
    ),
    _family(
        "doubtful-five", "report", 61, 310, 35, flip_y=0.12, within_class_variation=0.25, subject_effects=0.25
    ),
    _family(
        "strong-habits",
        "report",
        62,
        265,
        18,
        noise=0.06,
        within_class_variation=0.15,
        subject_effects=0.6,
        class_sep=0.85,
    ),
]

FAMILIES = {family.name: family for family in _TABLE}


def load_family(name, corpus=0, graph=GRAPH):
    """Node features (n, 3, 31, 2) float32, classes (n,) and subjects (n,) of a family.

    `corpus` above zero gives further corpora of the same parameters, as one of few clips decides little.
    Another `graph` has other nodes.
    """
    return load_clips(family_of(name, corpus), graph)


def family_of(name, corpus=0):
    """The family with the seed of one of its corpora."""
    family = FAMILIES[name]
    return family._replace(seed=family.seed + 1000 * corpus)


def load_clips(family, graph=GRAPH):
    """What `load_family` gives, of a `Family`."""
    clips = make_clips(family)
    X = LandmarkGraphTransformer(graph=graph).fit_transform(clips.frames).astype(np.float32)
    return (_normalize_motion(X) if family.normalize_motion else X), clips.target, clips.groups


def make_clips(family):
    """The clips of a family, with their table."""
    return make_landmark_clips(**family.parameters, random_state=family.seed)


def _normalize_motion(X):
    """Each clip divided by the root mean square of its apex displacement."""
    return X / np.sqrt(np.mean(X[:, 1:2] ** 2, axis=(1, 2, 3), keepdims=True))


def names_of(half):
    """Names of a half's families."""
    if half not in ("choose", "report"):
        raise ValueError(f'half must be "choose" or "report", got {half!r}.')
    return [family.name for family in FAMILIES.values() if family.half == half]


def main():
    """Print the families with their parameters."""
    print("| family | half | classes | unit rms | parameters |")
    print("|---|---|---|---|---|")
    for family in FAMILIES.values():
        _, y, _ = load_family(family.name)
        text = ", ".join(f"{name} {value}" for name, value in family.parameters.items())
        print(
            f"| {family.name} | {family.half} | {len(set(y))} "
            f"| {'yes' if family.normalize_motion else ''} | {text} |"
        )


if __name__ == "__main__":
    main()
