"""Writer of clips in the layouts of real data sets: folders, frame names, annotation sheet, quirks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from openpyxl import Workbook
from PIL import Image

from skmer._utils._arguments import PATH, TEXT, check_argument, checked, integer
from skmer.frames import KEYFRAMES, read_image, trailing_number

SYNTHETIC_MARK = "written by skmer.datasets.MicroExpressionClips.save"
"""Property of a sheet that `save_clips` wrote: its counts are not those of the licensed copy."""


@dataclass(frozen=True)
class _Layout:
    """Names and cells of one data set's copy; subjects and a subject's clips are counted from one."""

    sheet: str
    worksheet: str
    preamble: tuple[str, ...]
    header: tuple[str, ...]
    cells: Callable[[dict], list]
    subject: Callable[[int], str]
    clip: Callable[[int, int], str]
    frame: Callable[[dict, int], str]
    first_frame: int


def _casme2_cells(row):
    apex = str(row["apex"]) if row["row"] % 7 == 3 else row["apex"]  # some frame cells are text
    subject, emotion = f"{row['number']:02d}", row["emotion"]
    return [subject, row["clip"], None, row["onset"], apex, row["offset"], None, row["action_units"], emotion]


def _samm_cells(row):
    emotion = "Other" if row["emotion"] == "others" else row["emotion"].capitalize()
    frames = [float(row["onset"]), row["apex"], row["offset"]]
    duration = f"=F{row['line']}-D{row['line']}+1"
    units = "+".join(f"{unit}B" for unit in row["action_units"].split("+") if unit)
    return [row["subject"], row["clip"], None, *frames, duration, "Micro - 1/2", units, emotion, None, None]


def _samm_frame(row, number):
    padded = f"{number}" if row["row"] % 20 == 7 else f"{number:05d}"  # some folders lack the padding
    return f"{row['subject']}_{padded}.jpg"


_CASME2_HEADER: tuple[str, ...] = ("Subject", "Filename", "", "OnsetFrame", "ApexFrame", "OffsetFrame", "")
_CASME2_HEADER += ("Action Units", "Estimated Emotion ")  # the trailing blank is the original's
_SAMM_HEADER: tuple[str, ...] = (
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
)
_SAMM_HEADER += ("Duration", "Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes")

_LAYOUTS = {
    "casme2": _Layout(
        sheet="CASME2-coding-synthetic.xlsx",
        worksheet="Sheet1",
        preamble=(),
        header=_CASME2_HEADER,
        cells=_casme2_cells,
        subject=lambda number: f"sub{number:02d}",
        clip=lambda number, clip: f"EP{clip:02d}_01f",
        frame=lambda row, number: f"img{number}.jpg",
        first_frame=30,
    ),
    "samm": _Layout(
        sheet="SAMM_Micro_FACS_Codes_synthetic.xlsx",
        worksheet="MICRO_ONLY",
        preamble=("Synthetic clips in the layout of SAMM's sheet", *[""] * 12),
        header=_SAMM_HEADER,
        cells=_samm_cells,
        subject=lambda number: f"{number:03d}",
        clip=lambda number, clip: f"{number:03d}_{clip}_1",
        frame=_samm_frame,
        first_frame=1200,
    ),
}


def subject_name(dataset, number):
    """A subject's name as in a data set, such as ``"sub01"`` or ``"006"``; as in CASME II for any other."""
    return _LAYOUTS.get(dataset, _LAYOUTS["casme2"]).subject(number)


def clip_name(dataset, number, clip):
    """A clip's name as in a data set, as in CASME II for any other."""
    return _LAYOUTS.get(dataset, _LAYOUTS["casme2"]).clip(number, clip)


@checked(root=PATH, layout=TEXT, quality=[integer(1, 100)])
def save_clips(clips, root, layout, quality):
    """Write image clips; see `MicroExpressionClips.save`."""
    if layout not in _LAYOUTS:
        raise ValueError(f"layout must be one of {sorted(_LAYOUTS)}, got {layout!r}.")
    check_argument("quality", quality, [integer(1)])
    if (
        not all(isinstance(frame, np.ndarray) for frame in clips.frames.ravel())
        or clips.frames.dtype != object
    ):
        raise ValueError("frames must be images to be saved, got landmarks or paths.")
    spec, root = _LAYOUTS[layout], Path(root)
    rows = _rows(clips, spec)
    for row, frames, sequence in zip(rows, clips.frames, clips.sequences, strict=True):
        folder = root / row["subject"] / row["clip"]
        folder.mkdir(parents=True, exist_ok=True)
        # One by one: a sequence may make its frames when they are read, and all would fill the memory.
        between = () if sequence is None else range(len(sequence))
        for k in between:
            _write_image(folder / spec.frame(row, row["onset"] + k), sequence[k], quality)
        for name, image in zip(KEYFRAMES, frames, strict=True):
            _write_image(folder / spec.frame(row, row[name]), image, quality)
    return _write_sheet(rows, spec, root / spec.sheet)


def _write_image(path, frame, quality):
    Image.fromarray(read_image(frame, "L" if np.ndim(frame) == 2 else "RGB")).save(path, quality=quality)


def _rows(clips, spec):
    numbers = _subject_numbers(clips.table["subject"])
    units = clips.table.get("action_units", [""] * len(clips))
    counts, rows, apexes = {}, [], clips.keyframe_positions()[:, 1]
    for row, (number, emotion, unit_text) in enumerate(zip(numbers, clips.target, units, strict=True)):
        counts[number] = counts.get(number, 0) + 1
        # Numbers that look like a recording's and need no random stream: the same clips give the same sheet.
        onset = spec.first_frame + 37 * row % 90
        to_apex, to_offset = _lengths(clips, row, apexes[row])
        rows.append(
            {
                "row": row,
                "line": len(spec.preamble) + 2 + row,
                "number": number,
                "subject": spec.subject(number),
                "clip": spec.clip(number, counts[number]),
                "onset": onset,
                "apex": onset + to_apex,
                "offset": onset + to_offset,
                "emotion": str(emotion),
                "action_units": str(unit_text),
            }
        )
    return rows


def _lengths(clips, row, apex):
    """Frames from onset to apex and to offset: those of the sequence, else made up."""
    sequence = clips.sequences[row]
    if sequence is None:
        to_apex = 12 + 11 * row % 30
        return to_apex, to_apex + 12 + 7 * row % 30
    if apex < 0:
        raise ValueError(f"sequences: the apex of clip {row} is not among the frames of its sequence.")
    return int(apex), len(sequence) - 1


def _subject_numbers(names):
    """The numbers in the subjects' names where these tell them apart, else their order."""
    own = {name: trailing_number(str(name)) for name in names}
    if None in own.values() or len(set(own.values())) < len(own):
        own = {name: number + 1 for number, name in enumerate(own)}
    return [own[name] for name in names]


def _write_sheet(rows, spec, path):
    book = Workbook()
    page = book.active
    book.properties.description = SYNTHETIC_MARK
    page.title = spec.worksheet
    for text in spec.preamble:
        page.append([text or None])
    page.append([name or None for name in spec.header])
    for row in rows:
        page.append(spec.cells(row))
    book.save(path)
    return path
