"""Commands ``check`` and ``datasets``: is a copy whole, and which data sets are there."""

import warnings

import matplotlib.pyplot as plt
import numpy as np

from skmer._cli._corpora import READERS
from skmer.frames import KEYFRAMES, read_image

INCOMPLETE = 3
"""Exit code of ``check`` for a copy that lacks something or differs from all published versions."""

CATALOGUE = {
    "casme": (
        "CASME",
        "195 clips, 60 fps",
        "application to the Institute of Psychology, Chinese Academy of Sciences",
        "CASME*.xlsx; sub01/EP01_5/img8.jpg",
    ),
    "casme2": (
        "CASME II",
        "247 clips of 26 subjects, 200 fps, 5 classes",
        "application to the Institute of Psychology, Chinese Academy of Sciences",
        "CASME2-coding*.xlsx; sub01/EP02_01f/img46.jpg, or Cropped/sub01/EP02_01f/reg_img46.jpg",
    ),
    "samm": (
        "SAMM",
        "159 clips of 29 subjects, 200 fps; 136 of 27 in 5 classes",
        "application to Manchester Metropolitan University",
        "SAMM_Micro_FACS_Codes_v2.xlsx; 006/006_1_2/006_05562.jpg",
    ),
    "smic": (
        "SMIC-HS",
        "164 clips of 16 subjects, 100 fps, 3 classes, no apex",
        "application to the University of Oulu",
        "SMIC-HS-E_annotation*.xlsx; HS/s1/micro/negative/s1_ne_01/image*.jpg",
    ),
    "casme3": (
        "CAS(ME)^3, part A",
        "860 clips, 30 fps, 7 classes",
        "application to the Institute of Psychology, Chinese Academy of Sciences",
        "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx; spNO.1/b/color/175.jpg",
    ),
    "casme3-c": (
        "CAS(ME)^3, part C",
        "165 clips of an interview, 30 fps, no apex",
        "application to the Institute of Psychology, Chinese Academy of Sciences",
        "CAS(ME)3_part_C_ME.xlsx; 01/a/color/373.jpg",
    ),
    "mmew": (
        "MMEW",
        "300 clips of 36 subjects, 90 fps, 7 classes",
        "application to the authors (Ben et al., TPAMI 2021)",
        "MMEW_Micro_Exp.xlsx; Micro_Expression/<emotion>/S01-.../1.jpg",
    ),
    "4dme": (
        "4DME",
        "267 clips of the grey videos",
        "application to the University of Oulu",
        "4DME_Labelling_Micro_release v1.xlsx; one folder a clip",
    ),
    "dfme": (
        "DFME",
        "1,856 training clips, 200 to 500 fps, 7 classes",
        "application to the authors (Zhao et al., TAFFC 2023)",
        "the training sheet; one folder a clip",
    ),
}
"""Of each set that `check` reads: title, size, how to get it, and files as they lie in a copy."""

ALSO_READ = {
    "load_casme_sq": (
        "CAS(ME)^2, long videos",
        "97 videos, 30 fps; 300 macro- and 57 micro-expressions of 22 subjects",
        "application to the Institute of Psychology, Chinese Academy of Sciences",
        "CAS(ME)^2code_final.xlsx; rawpic/s15/15_0101disgustingteeth/img1.jpg",
    ),
    "load_samm_lv": (
        "SAMM Long Videos",
        "147 videos, 200 fps; 343 macro- and 159 micro-expressions of 30 subjects",
        "application to Manchester Metropolitan University",
        "SAMM_LongVideos_V*_Release.xlsx; 006_1/006_1_0001.jpg",
    ),
    "load_casme3(videos=True)": (
        "CAS(ME)^3, part A, long videos",
        "some 460 videos, 30 fps, with macro- and micro-expressions",
        "application to the Institute of Psychology, Chinese Academy of Sciences",
        "the sheets of ME and MaE; spNO.1/a/color/175.jpg",
    ),
    "load_megc2019": (
        "MEGC 2019, composite of CASME II, SAMM and SMIC-HS",
        "442 clips of 68 subjects, 3 classes",
        "having the three sets",
        "theirs",
    ),
    "load_flow_maps": (
        "MEGC 2019, as flow maps of 28 x 28 px",
        "the same 442 clips",
        "cloning the public repository of HTNet or of STSTNet, which state no licence",
        "combined_3_class2_for_optical_flow.csv and *.png, or sub01/u_train/0/*.png",
    ),
}
"""By reader, sets that `check` does not read; as in `CATALOGUE`."""


def run_datasets():
    """Print the data sets, how to get each, and how its files lie."""
    for name, entry in CATALOGUE.items():
        print(f"{name:10s}{_told(*entry)}")
    print("\nLong videos, the composite and its maps; by their readers in skmer.datasets:")
    for name, entry in ALSO_READ.items():
        print(f"{name}\n          {_told(*entry)}")
    print(
        "\nNone of them comes with skmer. Is a copy whole, of those with a short name? python -m skmer "
        "check --dataset NAME --root FOLDER"
    )


def _told(title, size, access, layout):
    return f"{title}: {size}\n          get it by {access}\n          files   {layout}"


def run_check(*, dataset, root, annotations=None, output=None, **options):
    """Read a copy and print what it has, lacks and changes.

    Parameters
    ----------
    dataset : str
        Name of a reader.
    root : path
        Folder of the copy.
    annotations : path, default=None
        Its sheet, where it lies elsewhere.
    output : path, default=None
        Folder of a picture of some clips; None draws none.
    **options
        Of the reader.

    Returns
    -------
    int
        0 if every row of the sheet became a clip or belongs to a class that is not kept, and the counts are
        those of a published version; `INCOMPLETE` otherwise.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        clips = READERS[dataset](root, annotations, missing_apex="middle", **options)
    print(f"{CATALOGUE[dataset][0]} in {root}\n\n{clips!r}\n\n{clips.summary().round(3).to_string()}")
    for title, table in (("left out", clips.dropped), ("corrected or filled in", clips.corrected)):
        print(f"\n{title}: {len(table)} rows")
        if len(table):
            print(_by_reason(table))
    notes = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    for note in notes:
        print(f"\nnote: {note}")
    if output is not None:
        print(f"\nsome clips: {draw_clips(clips, output / f'{dataset}-clips.png')}")
    print("\nincomplete: see the notes" if notes else "\nwhole: all frames are there")
    return INCOMPLETE if notes else 0


def _by_reason(table, n_examples=3):
    """Rows of each reason, with the first few clips by name."""
    lines = []
    for reason, rows in table.groupby("reason", sort=False):
        names = [" ".join(map(str, row)) for row in rows.filter(["subject", "clip"]).to_numpy()]
        more = ", ..." if len(names) > n_examples else ""
        lines.append(f"  {len(rows):4d}  {reason} ({', '.join(names[:n_examples])}{more})")
    return "\n".join(lines)


def draw_clips(clips, path, n_clips=6):
    """Draw onset, apex and offset of some clips, spread over the subjects.

    Parameters
    ----------
    clips : MicroExpressionClips
        With images or paths.
    path : pathlib.Path
        Picture to write.
    n_clips : int, default=6
        Rows at most.

    Returns
    -------
    pathlib.Path
        The picture.
    """
    chosen = np.unique(np.linspace(0, len(clips) - 1, min(n_clips, len(clips))).round().astype(int))
    size = 1.6 * len(KEYFRAMES), 1.6 * len(chosen)
    figure, axes = plt.subplots(
        len(chosen), len(KEYFRAMES), figsize=size, squeeze=False, layout="constrained"
    )
    for row, clip in enumerate(chosen):
        for column, name in enumerate(KEYFRAMES):
            axis = axes[row, column]
            axis.imshow(read_image(clips.frames[clip, column]), cmap="gray", vmin=0, vmax=255)
            axis.set(xticks=[], yticks=[], title=name if row == 0 else "")
        label = f"{clips.table['subject'].iloc[clip]} {clips.table['clip'].iloc[clip]}\n{clips.target[clip]}"
        axes[row, 0].set_ylabel(label, fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path
