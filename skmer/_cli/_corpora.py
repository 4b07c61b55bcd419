"""Clips of a run, read or made, and their landmarks."""

from functools import partial

from sklearn.base import clone

from skmer import datasets
from skmer._cli._options import FLOW_MAPS, REAL, SYNTHETIC
from skmer.frames import holds_landmarks
from skmer.pipelines import COMPARISON_DATASETS

READERS = {name: getattr(datasets, f"load_{name}") for name in REAL if name != "casme3-c"}
READERS["casme3-c"] = partial(datasets.load_casme3, part="C")
_ALL_READERS = {**READERS, FLOW_MAPS: datasets.load_flow_maps}
_SIZES = {"casme2": (26, 247), "samm": (27, 136)}
_SIZE_OF_FACES = (12, 120)  # pictures take their time


def read_clips(source, *, composite=False, seed=0, faces=False):
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
    faces : bool, default=False
        Whether synthetic corpora are pictures of faces rather than landmarks.

    Returns
    -------
    clips : MicroExpressionClips
    """
    real = [name for name in source.names if name in _ALL_READERS]
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
        _read(name, *next(places), source.reader) if name in real else _make(name, source, seed, faces)
        for name in source.names
    ]
    return parts[0] if len(parts) == 1 else datasets.concatenate_clips(parts)


def _read(name, root, annotations, options):
    if name == FLOW_MAPS and options:
        raise ValueError(
            f"--{next(iter(options)).replace('_', '-')} has no meaning for {FLOW_MAPS}; leave it out."
        )
    return _ALL_READERS[name](root, annotations, **options)


def _read_composite(names, places, options):
    if not names or not set(names) <= {"casme2", "samm", "smic"}:
        raise ValueError(f"the composite is made of casme2, samm and smic, got {', '.join(names) or 'none'}.")
    parts = {
        name: READERS[name](*place, **{**options, "classes": "all"})
        for name, place in zip(names, places, strict=True)
    }
    return datasets.load_megc2019(**parts)


def _make(name, source, seed, faces=False):
    usual = _SIZE_OF_FACES if faces else _SIZES[SYNTHETIC[name]]
    size = source.n_subjects or usual[0], source.n_clips or usual[1]
    if faces:
        options = {"dataset": SYNTHETIC[name], "sequence": True, "random_state": seed}
        return datasets.make_face_clips(*size, **options)
    return datasets.make_landmark_clips(*size, dataset=SYNTHETIC[name], random_state=seed)


def paper_set(names):
    """Data set whose width of the paper's network fits; "casme2" for all but SAMM and its likeness."""
    return "samm" if all("samm" in name for name in names) else "casme2"


def published_set(names, protocol="loso"):
    """Data set whose published settings fit: that of the clips, or the composite; "casme2" for several."""
    if protocol == "megc2019":
        return protocol
    sets = {SYNTHETIC.get(name, name) for name in names}
    return sets.pop() if len(sets) == 1 and sets <= {*COMPARISON_DATASETS} else "casme2"


def find_landmarks(pipeline, clips, n_jobs):
    """Fill the cache of landmarks before the folds ask for them, with a progress bar of its own."""
    name, first = pipeline.steps[0]
    if name == "graph" and not holds_landmarks(clips.frames):
        clone(first).set_params(n_jobs=n_jobs, verbose=1).fit_transform(clips.frames)


def find_features(pipeline, rows, n_jobs):
    """Fill the caches of the steps before the classifier, clips in parallel and with progress bars."""
    front = clone(pipeline[:-1])
    params = front.get_params()
    # A union of transformers has jobs of its own; those of its parts are over clips.
    own = [name for name in params if name.rpartition("__")[2] in ("n_jobs", "verbose")]
    own = [
        name for name in own if f"{name.rpartition('__')[0]}__transformer_list" not in params and "__" in name
    ]
    values = {name: 1 if name.endswith("verbose") else n_jobs for name in own}
    front.set_params(**values).transform([row for row in rows if row is not None])
