"""Data sets by the name that the command line has for them."""

from skmer import datasets

READERS = {
    "casme2": datasets.load_casme2,
    "samm": datasets.load_samm,
    "smic": datasets.load_smic,
    "casme3": datasets.load_casme3,
    "mmew": datasets.load_mmew,
    "4dme": datasets.load_4dme,
    "dfme": datasets.load_dfme,
}
SYNTHETIC = {"synthetic": "casme2", "synthetic-casme2": "casme2", "synthetic-samm": "samm"}
_SIZES = {"casme2": (26, 247), "samm": (27, 136)}


def read_clips(
    names, roots, *, annotations=(), composite=False, n_subjects=None, n_clips=None, seed=0, **options
):
    """Read or make the clips of one data set or of several.

    Parameters
    ----------
    names : list of str
        Keys of `READERS` or `SYNTHETIC`.
    roots : list of path
        Folders of the data sets that are read, in the order of their names.
    annotations : list of path
        Annotation sheets of the data sets that are read, in that order; empty if in the folders.
    composite : bool
        Whether they become the three classes of MEGC 2019.
    n_subjects, n_clips : int, default=None
        Size of each synthetic corpus; by default that of the data set that it resembles.
    seed : int
        Of the synthetic corpora.
    **options : object
        For the readers.

    Returns
    -------
    clips : MicroExpressionClips
    """
    real = [name for name in names if name in READERS]
    if len(roots) != len(real):
        raise ValueError(
            f"--root must name one folder for each data set that is read ({', '.join(real) or 'none here'}), "
            f"got {len(roots)}."
        )
    if annotations and len(annotations) != len(real):
        raise ValueError(
            "--annotations must name one sheet for each data set that is read "
            f"({', '.join(real) or 'none here'}), got {len(annotations)}; give each set's, in order."
        )
    sources = list(zip(roots, annotations or [None] * len(real), strict=True))
    if composite:
        return _read_composite(real, sources, options)
    given = iter(sources)
    parts = [
        READERS[name](*next(given), **options)
        if name in READERS
        else _make(SYNTHETIC[name], n_subjects, n_clips, seed)
        for name in names
    ]
    return parts[0] if len(parts) == 1 else datasets.concatenate_clips(parts)


def _read_composite(names, sources, options):
    if not names or not set(names) <= {"casme2", "samm", "smic"}:
        raise ValueError(f"the composite is made of casme2, samm and smic, got {', '.join(names) or 'none'}.")
    parts = {
        name: READERS[name](*source, **{**options, "classes": "all"})
        for name, source in zip(names, sources, strict=True)
    }
    return datasets.load_megc2019(**parts)


def _make(dataset, n_subjects, n_clips, seed):
    usual = _SIZES[dataset]
    size = n_subjects or usual[0], n_clips or usual[1]
    return datasets.make_landmark_clips(*size, dataset=dataset, random_state=seed)
