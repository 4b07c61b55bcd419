"""The protocols of the field by name: which clips are held out together."""

import numpy as np

from skmer.model_selection._folds import Fold

TITLES = {
    "loso": "leave-one-subject-out",
    "megc2019": "MEGC 2019 composite, leave-one-subject-out",
    "cross-dataset": "cross-dataset",
    "nested-loso": "nested leave-one-subject-out",
}
_MEGC_CLASSES = ["negative", "positive", "surprise"]


def check_protocol(protocol, train_on, test_on):
    """Refuse unknown names, and sets where they mean nothing."""
    if protocol not in TITLES:
        raise ValueError(f"protocol must be one of {list(TITLES)}, got {protocol!r}.")
    if protocol != "cross-dataset" and not (train_on is None and test_on is None):
        raise ValueError(f"train_on and test_on are for protocol='cross-dataset', got {protocol!r}.")


def make_folds(protocol, samples, train_on=None, test_on=None):
    """Folds of a protocol; list of Fold."""
    if protocol == "cross-dataset":
        return _dataset_folds(samples, train_on, test_on)
    if protocol == "megc2019" and not set(samples.classes.tolist()) <= set(_MEGC_CLASSES):
        raise ValueError(
            f"protocol='megc2019' needs clips in the classes {_MEGC_CLASSES}, as load_megc2019 gives, got "
            f"{samples.classes.tolist()}."
        )
    subjects = np.unique(samples.groups)
    return [Fold(str(s), samples.groups != s, samples.groups == s) for s in subjects]


def datasets_of(groups):
    """The data set of each clip, from groups such as "casme2/sub01"; ndarray of str."""
    parts = [str(group).partition("/") for group in groups]
    return np.array([name if slash else "" for name, slash, _ in parts])


def _dataset_folds(samples, train_on, test_on):
    of_clip = datasets_of(samples.groups)
    names = np.unique(of_clip).tolist()
    if len(names) < 2:
        raise ValueError(
            f"protocol='cross-dataset' needs clips of two data sets, with groups such as 'casme2/sub01', got "
            f"{names[0] or 'groups without a data set'} alone."
        )
    tested = _check_sets("test_on", test_on, names)
    if tested is None:
        tested = [name for name in names if name not in (_check_sets("train_on", train_on, names) or [])]
    folds = []
    for name in tested:
        others = [other for other in names if other != name and not (test_on and other in tested)]
        trained = _check_sets("train_on", train_on, names) or others
        if name in trained or not trained:
            raise ValueError(
                f"train_on must leave out the tested set {name!r} and hold another, got {sorted(trained)}."
            )
        folds.append(Fold(f"{'+'.join(trained)} -> {name}", np.isin(of_clip, trained), of_clip == name))
    if not folds:
        raise ValueError(f"train_on must leave a set to test on, got all of {names}.")
    return folds


def _check_sets(name, chosen, names):
    if chosen is None:
        return None
    chosen = [chosen] if isinstance(chosen, str) else list(chosen)
    unknown = [item for item in chosen if item not in names]
    if unknown or not chosen:
        raise ValueError(f"{name} must name some of the data sets {names}, got {chosen}.")
    return chosen
