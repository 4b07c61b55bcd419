"""Specifications of the data sets, one row each: names of sheets, classes, subjects and folders.

Class counts are those of the published papers; a sheet that differs from all of them draws a warning.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from skmer._utils._text import plain_text
from skmer.datasets._cells import cell_text

_NEGATIVE = ("anger", "contempt", "disgust", "fear", "repression", "sadness", "negative")
THREE_CLASSES = {name: "negative" for name in _NEGATIVE} | {
    "happiness": "positive",
    "positive": "positive",
    "surprise": "surprise",
}
FOUR_CLASSES = THREE_CLASSES | {"others": "others"}


def _same(*names):
    return {name: name for name in names}


@dataclass(frozen=True)
class Correction:
    """A known slip of a sheet: some of onset, apex and offset as it reads and as they should read."""

    subject: str
    clip: str
    reads: dict[str, int]
    should_read: dict[str, int]


def _frames(onset, apex, offset):
    return {"onset": onset, "apex": apex, "offset": offset}


@dataclass(frozen=True)
class DatasetSpec:
    """Specification of one data set.

    `presets` map canonical labels to classes, the usual one first; `counts` list the class counts that
    versions of the sheet have. With `whole_recordings` a folder holds more than a clip's frames.
    """

    name: str
    title: str
    sheets: tuple[str, ...]
    presets: dict[str, dict[str, str]]
    counts: dict[str, tuple[dict[str, int], ...]]
    subject: Callable[[str, str], str]
    clip_key: Callable[[str, str], tuple]
    folder_key: Callable[[tuple[str, ...]], tuple | None]
    worksheet: str | None = None
    distinguishes_crops: bool = False
    cropped_already: bool = False
    has_apex: bool = True
    whole_recordings: bool = False
    corrections: tuple[Correction, ...] = field(default=())


def _number(text):
    runs = re.findall(r"\d+", text)
    return int(runs[0]) if runs else None


def _numbered(prefix, digits):
    """Subject cells such as 1, '01' or 'sub01' as one name."""

    def name(subject, clip):
        number = _number(subject)
        return subject if number is None else f"{prefix}{number:0{digits}d}"

    return name


def _subject_of_clip(prefix, digits):
    """As `_numbered`, from the file name, which starts with the same number, where the subject is empty."""
    named = _numbered(prefix, digits)
    return lambda subject, clip: named(subject or clip, clip)


def _any_name(subject, clip):
    """Subject cells such as 7, '07', '7.0', 'S07' or 'Sub 7' as one name, others without case."""
    text = re.sub(r"\.0+$", "", " ".join(subject.casefold().split()))
    counted = re.fullmatch(r"(?:s|sub|subject)?[\s_.-]*(\d+)", text)
    return re.sub(r"\d+", lambda run: str(int(run[0])), counted[1] if counted else text)


def _plain(text):
    return plain_text(text).casefold()


def _tokens(text):
    """A name as words and numbers, so that 's03_ne_03' and 's3_ne_03' are one."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"\d+|[a-z]+", _plain(text)))


def _subject_and_clip(subject, clip):
    return _number(subject), _plain(clip)


def _casme2_folder(parts):
    """`sub01/EP02_01f`."""
    if len(parts) < 2 or not re.fullmatch(r"(sub)?\d+", parts[-2], re.IGNORECASE):
        return None
    return _number(parts[-2]), _plain(parts[-1])


def _samm_folder(parts):
    """`006/006_1_2`; the folder's own name says it all."""
    return _tokens(parts[-1]) if re.fullmatch(r"\d+_\d+_\d+", parts[-1].strip()) else None


def _smic_folder(parts):
    """`HS/s1/micro/negative/s1_ne_01`; VIS and NIR, the slow cameras, have clips of these names too."""
    if any({"vis", "nir"} & set(re.split(r"[^a-z]+", _plain(part))) for part in parts[1:]):
        return None
    return _tokens(parts[-1]) if re.fullmatch(r"s\d+_[a-z]+_\d+", _plain(parts[-1])) else None


def _casme3_folder(parts):
    """`spNO.1/b/color`; part C, of other people, may lie beside it."""
    if len(parts) < 3 or _plain(parts[-1]) != "color" or any(map(_is_part_c, parts)):
        return None
    return _number(parts[-3]), _plain(parts[-2])


def _is_part_c(name):
    return re.search(r"part[ _-]*c(?![a-z])", _plain(name)) is not None


def _casme3_c_folder(parts):
    """`01/a/color`, one recording a subject."""
    is_one = len(parts) > 2 and _plain(parts[-1]) == "color" and re.fullmatch(r"\d+", parts[-3].strip())
    return (int(parts[-3]),) if is_one else None


def _own_folder(parts):
    """A folder that bears the clip's name, wherever it lies."""
    return (_plain(parts[-1]),)


_CASME2_5 = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25}

SPECS = {
    "casme": DatasetSpec(
        name="casme",
        title="CASME",
        sheets=("CASME.xlsx", "CASME[!2I]*.xlsx"),
        presets={"4": _same("tense", "disgust", "repression", "surprise"), "3": THREE_CLASSES},
        counts={},
        subject=_numbered("sub", 2),
        clip_key=_subject_and_clip,
        folder_key=_casme2_folder,
        distinguishes_crops=True,
    ),
    "casme2": DatasetSpec(
        name="casme2",
        title="CASME II",
        sheets=("CASME2-coding*.xlsx", "CASME2*.xlsx", "CASME*II*.xlsx"),
        presets={"5": _same(*_CASME2_5), "3": THREE_CLASSES},
        counts={
            "5": (
                _CASME2_5,  # 2014
                _CASME2_5 | {"surprise": 28},  # 2019
                _CASME2_5 | {"disgust": 64},  # the release of 256 rows
                _CASME2_5 | {"happiness": 33},  # the release of 257 rows
            )
        },
        subject=_numbered("sub", 2),
        clip_key=_subject_and_clip,
        folder_key=_casme2_folder,
        distinguishes_crops=True,
        corrections=(
            Correction("sub07", "EP06_01", _frames(15, 49, 68), _frames(56, 89, 116)),
            Correction("sub12", "EP09_02", _frames(16, 59, 101), _frames(161, 176, 206)),
            Correction("sub16", "EP01_08", {"offset": 110}, {"offset": 96}),
        ),
    ),
    "samm": DatasetSpec(
        name="samm",
        title="SAMM",
        sheets=("SAMM_Micro_FACS_Codes*.xlsx", "SAMM*.xlsx"),
        worksheet="MICRO_ONLY",
        presets={"5": _same("anger", "others", "happiness", "surprise", "contempt"), "3": THREE_CLASSES},
        counts={"5": ({"anger": 57, "others": 26, "happiness": 26, "surprise": 15, "contempt": 12},)},
        subject=_subject_of_clip("", 3),
        clip_key=lambda subject, clip: _tokens(clip),
        folder_key=_samm_folder,
        corrections=(
            Correction("028", "028_4_1", _frames(1071, 1143, 1134), _frames(1071, 1113, 1134)),
            Correction("032", "032_3_1", _frames(4896, 1930, 4970), _frames(4896, 4930, 4970)),
        ),
    ),
    "smic": DatasetSpec(
        name="smic",
        title="SMIC-HS",
        sheets=("SMIC-HS-E_annotation*.xlsx", "SMIC*HS*.xlsx", "SMIC*.xlsx"),
        worksheet="HS",
        presets={"3": _same("negative", "positive", "surprise")},
        counts={"3": ({"negative": 70, "positive": 51, "surprise": 43},)},
        subject=_subject_of_clip("s", 2),
        clip_key=lambda subject, clip: _tokens(clip),
        folder_key=_smic_folder,
        distinguishes_crops=True,
        has_apex=False,
    ),
    "casme3": DatasetSpec(
        name="casme3",
        title="CAS(ME)^3 part A",
        sheets=("cas(me)3_part_A_ME_label*.xlsx", "cas*3*part_A*.xlsx"),
        worksheet="label",
        presets={
            "7": _same("disgust", "surprise", "others", "fear", "anger", "sadness", "happiness"),
            "4": FOUR_CLASSES,
            "3": THREE_CLASSES,
        },
        counts={
            "7": (
                {"disgust": 250, "surprise": 187, "others": 161, "fear": 86}
                | {"anger": 64, "sadness": 57, "happiness": 55},
            )
        },
        subject=_numbered("spNO.", 1),
        clip_key=_subject_and_clip,
        folder_key=_casme3_folder,
        whole_recordings=True,
    ),
    "casme3-c": DatasetSpec(
        name="casme3",
        title="CAS(ME)^3 part C",
        sheets=("CAS(ME)3_part_C_ME*.xlsx", "cas*3*part_C*.xlsx"),
        presets={"7": _same(*_NEGATIVE, "happiness", "positive", "surprise", "others")}
        | {"4": FOUR_CLASSES, "3": THREE_CLASSES},
        counts={},
        # Its subject 1 is not part A's.
        subject=_numbered("C", 2),
        clip_key=lambda subject, clip: (_number(subject),),
        folder_key=_casme3_c_folder,
        has_apex=False,
        whole_recordings=True,
    ),
    "mmew": DatasetSpec(
        name="mmew",
        title="MMEW",
        sheets=("MMEW_Micro_Exp*.xlsx", "MMEW*.xlsx"),
        presets={},
        counts={},
        subject=_numbered("S", 2),
        clip_key=lambda subject, clip: (_plain(clip),),
        folder_key=_own_folder,
        cropped_already=True,
    ),
    "4dme": DatasetSpec(
        name="4dme",
        title="4DME",
        sheets=("4DME_Labelling_Micro*.xlsx", "4DME*.xlsx"),
        presets={},
        counts={},
        subject=_any_name,
        clip_key=lambda subject, clip: (_plain(clip),),
        folder_key=_own_folder,
    ),
    "dfme": DatasetSpec(
        name="dfme",
        title="DFME",
        sheets=("DFME*.xlsx", "train*.csv", "*.csv", "*.xlsx"),
        presets={},
        counts={},
        subject=_any_name,
        clip_key=lambda subject, clip: (_plain(clip),),
        folder_key=_own_folder,
    ),
}


def subject_and_clip(spec, subject_cell, clip_cell):
    """Names of the subject and the clip of a row."""
    clip = cell_text(clip_cell)
    return spec.subject(cell_text(subject_cell), clip), clip
