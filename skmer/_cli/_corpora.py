"""Clips of a run, read or made, and their landmarks."""

from sklearn.base import clone

from skmer import datasets
from skmer._cli._options import REAL, SYNTHETIC
from skmer.frames import holds_landmarks

READERS = {name: getattr(datasets, f"load_{name}") for name in REAL}
_SIZES = {"casme2": (26, 247), "samm": (27, 136)}


def read_clips(source, *, composite=False, seed=0):
    """Read or make the clips of one data set or of several.

    Parameters
    ----------
    source : Source
        Names of the data sets; folders and annotation sheets of those that are read, in the order of their
        names.
    composite : bool, default=False
        Whether they become the three classes of MEGC 2019.
    seed : int, default=0
        Of the synthetic corpora.

    Returns
    -------
    clips : MicroExpressionClips
    """
    real = [name for name in source.names if name in READERS]
    for option, given, noun in (
        ("root", source.roots, "folder"),
        ("annotations", source.annotations, "sheet"),
    ):
        # Folders are needed for each set that is read; sheets are found in them unless they are named.
        if len(given) != len(real) and (given or option == "root"):
            raise ValueError(
                f"--{option} must name one {noun} for each data set that is read "
                f"({', '.join(real) or 'none here'}), got {len(given)}; name each set's, in order."
            )
    places = zip(source.roots, source.annotations or [None] * len(real), strict=True)
    if composite:
        return _read_composite(real, places, source.reader)
    parts = [
        READERS[name](*next(places), **source.reader) if name in READERS else _make(name, source, seed)
        for name in source.names
    ]
    return parts[0] if len(parts) == 1 else datasets.concatenate_clips(parts)


def _read_composite(names, places, options):
    if not names or not set(names) <= {"casme2", "samm", "smic"}:
        raise ValueError(f"the composite is made of casme2, samm and smic, got {', '.join(names) or 'none'}.")
    parts = {
        name: READERS[name](*place, **{**options, "classes": "all"})
        for name, place in zip(names, places, strict=True)
    }
    return datasets.load_megc2019(**parts)


def _make(name, source, seed):
    usual = _SIZES[SYNTHETIC[name]]
    size = source.n_subjects or usual[0], source.n_clips or usual[1]
    return datasets.make_landmark_clips(*size, dataset=SYNTHETIC[name], random_state=seed)


def paper_set(names):
    """Data set whose width of the paper's network fits; "casme2" for all but SAMM and its likeness."""
    return "samm" if all("samm" in name for name in names) else "casme2"


def find_landmarks(pipeline, clips, n_jobs):
    """Fill the cache of landmarks before the folds ask for them, with a progress bar of its own."""
    name, first = pipeline.steps[0]
    if name == "graph" and not holds_landmarks(clips.frames):
        clone(first).set_params(n_jobs=n_jobs, verbose=1).fit_transform(clips.frames)
