from itertools import count

import numpy as np
import pytest
from openpyxl import Workbook
from PIL import Image

CASME2_HEADER = ["Subject", "Filename", "", "OnsetFrame", "ApexFrame", "OffsetFrame", ""]
CASME2_HEADER += ["Action Units", "Estimated Emotion "]
SAMM_HEADER = [
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
    "Duration",
]
SAMM_HEADER += ["Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes"]


@pytest.fixture
def write_sheet(tmp_path):
    """Write rows under a header to a workbook."""

    def write(name, header, rows, title="Sheet1", above=0, other_sheets=()):
        book = Workbook()
        for number, other in enumerate(other_sheets):
            page = book.active if number == 0 else book.create_sheet()
            page.title = other
            page.append(["notes"])
        page = book.create_sheet(title) if other_sheets else book.active
        page.title = title
        for line in range(above):
            page.append([f"remark {line}"] if line % 3 == 0 else [None])
        page.append([name or None for name in header])
        for row in rows:
            page.append(list(row))
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def write_frames(tmp_path):
    """Write small different images under given names into a folder."""
    shades = count(1)

    def write(folder, names):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            Image.fromarray(np.full((4, 5), next(shades) % 256, np.uint8)).save(tmp_path / folder / name)

    return write


@pytest.fixture
def casme2_tree(tmp_path, write_sheet, write_frames):
    """A copy of CASME II with the quirks of the real one; returns its folder."""

    def build(rows, raw=True, cropped=False, sheet="CASME2-coding-20140508.xlsx"):
        full = [(row[0], row[1], None, *row[2:5], None, *row[5:]) for row in rows]
        write_sheet(sheet, CASME2_HEADER, full)
        for row in rows:
            subject = f"sub{int(str(row[0]).removeprefix('sub')):02d}"
            numbers = range(40, 61)
            if raw:
                write_frames(f"CASME2-RAW/{subject}/{row[1]}", [f"img{number}.jpg" for number in numbers])
            if cropped:
                write_frames(f"Cropped/{subject}/{row[1]}", [f"reg_img{number}.jpg" for number in numbers])
        return tmp_path

    return build


@pytest.fixture
def samm_tree(tmp_path, write_sheet, write_frames):
    """A copy of SAMM: header below thirteen rows, frames without padding for the clips in `bare`."""

    def build(rows, bare=()):
        full = [
            (*row[:2], None, *row[2:5], f"=F{line}-D{line}", "Micro", row[5], row[6], row[7], None)
            for line, row in enumerate(rows, 15)
        ]
        write_sheet("SAMM_Micro_FACS_Codes_v2.xlsx", SAMM_HEADER, full, "MICRO_ONLY", 13, ["READ ME"])
        for _, clip, onset, _, offset, *_ in rows:
            digits = "" if clip in bare else "05"
            names = [f"{clip[:3]}_{number:{digits}d}.jpg" for number in range(onset, offset + 1)]
            write_frames(f"{clip[:3]}/{clip}", names)
        return tmp_path

    return build
