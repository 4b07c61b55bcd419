"""BibTeX of a method, of a data set and of this package, out of the file beside this module."""

import re
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files

from sklearn.pipeline import Pipeline

from skmer._utils._arguments import checked
from skmer._utils._sklearn import HasMethods

_DATASETS = {
    "casme": "yan2013",
    "casme2": "yan2014",
    "samm": "davison2018",
    "smic": "li2013",
    "casme3": "li2023casme3",
    "mmew": "ben2022",
    "4dme": "li2023",
    "dfme": "zhao2023",
    "megc2019": "see2019",
    "casme_sq": "qu2018",
    "samm_lv": "yap2020",
}
_METHODS = {
    "dere-grl": "wei2023",
    "paper": "wei2023",
    "lbp-top": "zhao2007",
    "lbp-fip": "wei2022fip",
    "lbp-sdg": "wei2021",
    "ktgsl": "wei2022",
    "higo": "li2018",
    "bi-woof": "liong2018",
    "mdmo": "liu2016",
    "ststnet": "liong2019",
    "off-apexnet": "gan2019",
    "rcn-a": "xia2020",
    "dual-inception": "zhou2019",
    "sssnet": "varanka2024",
    "htnet": "wang2024",
    "dssn": "khor2019",
    "learnet": "verma2020",
    "lfm": "choi2020",
    "lgccon": "li2021",
    "g-tcn": "lei2020",
}
# Classes by name, whether an estimator or the run card of a result names them.
_CLASSES = {
    "DeReGRLClassifier": ("wei2023",),
    "SeedEnsemble": ("lakshminarayanan2017",),
    "VotingClassifierCV": ("caruana2004",),
    "BalancedLDA": ("ledoit2004",),
    "DSSNClassifier": ("khor2019",),
    "LEARNetClassifier": ("verma2020",),
    "LFMClassifier": ("choi2020",),
    "GTCNClassifier": ("lei2020",),
    "LGCconClassifier": ("li2021",),
    "KTGSL": ("wei2022",),
    "BiWOOF": ("liong2018",),
    "MDMO": ("liu2016",),
    "OrientedGradients": ("li2018",),
    "DirectionGradients": ("wei2021",),
    "LocalBinaryPatterns": ("zhao2007",),
    "FaceLandmarker": ("kazemi2014", "kroeger2016"),
    "FaceTracker": ("kazemi2014", "kroeger2016"),
    "LandmarkGraphTransformer": ("kazemi2014", "kroeger2016"),
    "MDMDSpotter": ("he2020",),
    "OpticalFlowSpotter": ("he2021",),
    "MotionSpotter": ("he2021",),
}
_OF_PARAMETER = {
    "network": _METHODS,
    "method": {"lagrangian": "liu2005", "eulerian": "wu2012", "phase": "wadhwa2013", "magnet": "oh2018"},
    "flow": {"dis": "kroeger2016"},
}


@checked(what=[str, *map(HasMethods, ("get_params", "to_megc_log", "select")), None])
def cite(what=None):
    """Return BibTeX of what a method, a data set or a result rests on, and of this package.

    Parameters
    ----------
    what : estimator, clips, long videos, LOSOResult, str or None, default=None
        An estimator names the method, its features and landmarks; clips and long videos their data sets; a
        result both. A text is the name of a data set ("casme2") or of a published method ("ststnet"). None:
        this package alone.

    Returns
    -------
    bibtex : str
        An entry each, the package's last. Of many entries the authors behind the first are "others": take
        them from the DOI.

    Raises
    ------
    ValueError
        If there is no data set and no method of this name.

    Examples
    --------
    >>> from skmer.literature import cite
    >>> print(cite("casme2").partition("}")[0])
    @article{yan2014,
      author = {Yan, Wen-Jing and others
    """
    keys = list(dict.fromkeys(_keys_of(what)))
    return "\n\n".join([*(_entries()[key] for key in keys), _package()]) + "\n"


def _keys_of(what):
    if what is None:
        return []
    if isinstance(what, str):
        return [_named(what)]
    if isinstance(what, type):
        return list(_CLASSES.get(what.__name__, ()))
    if hasattr(what, "run_card"):
        card = what.run_card
        return [*_keys_of_card(card), *_keys_of_groups(what.groups)]
    if hasattr(what, "get_params"):
        return _keys_of_estimator(what)
    if not hasattr(what, "groups"):
        raise TypeError(f"what must have groups if it is data, {type(what).__name__} has none.")
    return _keys_of_groups(what.groups)


def _named(name):
    known = _DATASETS | _METHODS
    if name not in known:
        raise ValueError(f"what must be one of {sorted(known)}, or an object to cite, got {name!r}.")
    return known[name]


def _keys_of_groups(groups):
    names = sorted({str(group).partition("/")[0] for group in groups})
    return [_DATASETS[name] for name in names if name in _DATASETS]


def _keys_of_estimator(estimator):
    parameters = estimator.get_params() | {"": estimator}
    values = {name: _text(value) for name, value in parameters.items()}
    return _keys_of_parameters(values, _choices(estimator))


def _keys_of_card(card):
    values = {"": str(card.get("estimator"))} | card.get("parameters", {})
    return _keys_of_parameters(values, card.get("choices", []))


def _keys_of_parameters(values, choices):
    methods = [_METHODS[row["name"]] for row in choices[:1] if row["name"] in _METHODS]
    classes = [key for value in values.values() for key in _CLASSES.get(_word(value), ())]
    parts = [
        _OF_PARAMETER[part][value]
        for name, value in values.items()
        if (part := name.rpartition("__")[2]) in _OF_PARAMETER
        and isinstance(value, str)
        and value in _OF_PARAMETER[part]
    ]
    return [*methods, *classes, *parts]


def _text(value):
    return value if isinstance(value, str) else type(value).__name__


def _word(value):
    return value if isinstance(value, str) else ""


def _choices(estimator):
    # A pipeline's method is known by its steps; what knows them loads torch, and names alone need none.
    if not isinstance(getattr(estimator, "estimator", estimator), Pipeline):
        return []
    from skmer.pipelines import comparison_choices

    return comparison_choices(estimator)


@lru_cache(maxsize=1)
def _entries():
    """Return the entries of the file by key."""
    text = files("skmer.literature").joinpath("references.bib").read_text(encoding="utf-8")
    return {re.match(r"@\w+{(.+?),", entry)[1]: entry.strip() for entry in text.split("\n\n")}


def _package():
    lines = [
        "@software{skmer,",
        "  author = {{the skmer developers}},",
        "  title = {skmer: Micro-Expression Recognition on Facial Landmark Graphs},",
        f"  version = {{{version('skmer')}}},",
    ]
    return "\n".join([*lines, "}"])
