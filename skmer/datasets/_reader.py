"""One reader for every data set, driven by the table of formats."""

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from skmer.datasets._action_unit_text import parse_action_units
from skmer.datasets._clips import KEYFRAMES, MicroExpressionClips
from skmer.datasets._formats import FORMATS, subject_and_clip
from skmer.datasets._frame_index import FrameIndex
from skmer.datasets._missing_apex import apex_reason, found_apex
from skmer.datasets._sheets import cell_text, column_meaning, frame_number, read_sheet
from skmer.datasets._vocabulary import canonical_label

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7}
_CHOICES = {
    "labels": ("emotion", "objective"),
    "frames": ("raw", "cropped"),
    "missing_apex": ("find", "middle", "drop"),
}
_EVERY_CLASS = "all"


@dataclass(frozen=True)
class ReadOptions:
    """The parameters that all loaders share; see `load_casme2`."""

    annotations: object
    classes: object
    labels: str
    frames: str
    corrections: bool
    missing_apex: str
    verify_files: bool

    def __post_init__(self):
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}.")


def load_dataset(name, root, options):
    """Read one data set.

    Parameters
    ----------
    name : str
        A key of `FORMATS`.
    root : path or None
        Its folder; None for a sheet without frames.
    options : ReadOptions
        The rest.

    Returns
    -------
    clips : MicroExpressionClips
    """
    form = FORMATS[name]
    if options.annotations is None and _is_file(root):
        root, options = None, replace(options, annotations=root)
    folder = _check_root(form, root, options)
    sheet = read_sheet(_find_sheet(form, folder, options.annotations), form.worksheet)
    reading = _Reading(form, options)
    rows = reading.kept_rows(sheet.rows)
    index = None if folder is None else FrameIndex(folder, form.folder_key, form.distinguishes_crops)
    frames = reading.locate(rows, index)
    if "synthetic" not in sheet.fingerprint:
        _compare_counts(form, options, rows)
    return MicroExpressionClips(
        frames,
        [row["label"] for row in rows],
        [f"{form.name}/{row['subject']}" for row in rows],
        table=_table(form, rows, sheet.rows),
        dropped=pd.DataFrame(reading.dropped, columns=["row", "subject", "clip", "reason"]),
        corrected=pd.DataFrame(reading.corrected, columns=["row", "subject", "clip", "reason"]),
        fingerprint=sheet.fingerprint,
    )


def _is_file(source):
    return hasattr(source, "read") or (source is not None and Path(source).is_file())


def _check_root(form, root, options):
    if root is None:
        if options.verify_files or options.annotations is None:
            raise ValueError(
                "root must be the folder of the data set, got None; a sheet alone is read with "
                "annotations=... and verify_files=False."
            )
        return None
    folder = Path(root)
    if not folder.is_dir():
        raise FileNotFoundError(f"root must be the folder of {form.title}, {str(folder)!r} is none.")
    return folder


def _find_sheet(form, folder, annotations):
    if annotations is not None:
        return annotations
    for pattern in form.sheets:
        found = [path for path in _case_free(folder, pattern) if not path.name.startswith("~$")]
        if len(found) > 1:
            names = [str(path.relative_to(folder)) for path in found]
            raise ValueError(
                f"annotations must name one sheet, {str(folder)!r} holds {names}; pass one of them."
            )
        if found:
            return found[0]
    raise FileNotFoundError(
        f"annotations: no {form.title} sheet {form.sheets[0]!r} in {str(folder)!r} or a folder in it; "
        "pass its path."
    )


def _case_free(folder, pattern):
    """Files in a folder and the folders in it whose names match, whatever their case."""
    files = (path for depth in ("*", "*/*") for path in folder.glob(depth) if path.is_file())
    return sorted(path for path in files if fnmatchcase(path.name.casefold(), pattern.casefold()))


class _Reading:
    """The rows of one sheet on their way to clips, with what is dropped and corrected on it."""

    def __init__(self, form, options):
        self.form = form
        self.options = options
        self.classes = _classes(form, options)
        self.dropped = []
        self.corrected = []

    def kept_rows(self, sheet):
        """Rows with a subject, a clip, an onset and a label of the chosen classes."""
        rows, seen = [], {}
        for position, cells in enumerate(sheet.to_dict("records")):
            row = self._row(position, cells)
            reason = self._reason_to_drop(row)
            if reason:
                self._note(self.dropped, row, reason)
                continue
            self._correct(row)
            if not self._settle_range(row):
                continue
            repeats = seen[row["subject"], row["clip"]] = seen.get((row["subject"], row["clip"]), 0) + 1
            row["clip"] += f"_{repeats}" if repeats > 1 else ""
            rows.append(row)
        return rows

    def _row(self, position, cells):
        subject, clip = subject_and_clip(self.form, cells["subject"], cells["clip"])
        label = _label(cells, self.options.labels)
        row = {"position": position, "subject": subject, "clip": clip, "cells": cells, "sheet_label": label}
        row["label"] = self.classes.get(label) if self.classes is not None else label
        row["key"] = self.form.clip_key(subject, clip)
        row |= {name: frame_number(cells[name]) for name in KEYFRAMES}
        row["apex_source"] = "sheet"
        return row

    def _reason_to_drop(self, row):
        if not row["subject"] or not row["clip"]:
            return "no subject" if row["clip"] else "no file name"
        if row["onset"] is None:
            return f"no onset frame ({cell_text(row['cells']['onset'])!r})"
        if not row["sheet_label"]:
            return "no label"
        if not row["label"]:
            return f"class {row['sheet_label']!r} is not among the chosen ones"
        return None

    def _note(self, list_, row, reason):
        list_.append((row["position"], row["subject"], row["clip"], reason))

    def _correct(self, row):
        for slip in self.form.corrections if self.options.corrections else ():
            same_clip = (slip.subject, slip.clip.casefold()) == (row["subject"], row["clip"].casefold())
            if same_clip and all(row[name] == number for name, number in slip.reads.items()):
                row.update(slip.should_read)
                self._note(self.corrected, row, f"{slip.reads} read as {slip.should_read}, a known slip")

    def _settle_range(self, row):
        """Forget an apex or offset outside the clip; False if the row is dropped for it."""
        if row["offset"] is not None and row["offset"] < row["onset"]:
            row["offset"] = None
        last = float("inf") if row["offset"] is None else row["offset"]
        if row["apex"] is not None and not row["onset"] <= row["apex"] <= last:
            row["apex"] = None
        if row["apex"] is None:
            row["apex_source"] = "none"
            if self.options.missing_apex == "drop" and self.form.has_apex:
                self._note(self.dropped, row, f"no apex frame ({cell_text(row['cells']['apex'])!r})")
                return False
        return True

    def locate(self, rows, index):
        """Paths (onset, apex, offset) of every row; missing offsets and apexes are chosen from the frames."""
        if index is None:
            return [[""] * 3 for _ in rows]
        return [self._paths(row, index) for row in rows]

    def _paths(self, row, index):
        numbered = self._numbered(row, index)
        if not numbered:
            return [""] * 3
        self._fill_missing(row, numbered)
        missing = [name for name in KEYFRAMES if row[name] not in numbered]
        if missing and self.options.verify_files:
            folder = next(iter(numbered.values())).parent
            wanted = ", ".join(f"{name} {row[name]}" for name in missing)
            raise FileNotFoundError(
                f"frames: {self._name(row)} has no frame {wanted} in {str(folder)!r}, which holds numbers "
                f"{min(numbered)} to {max(numbered)}."
            )
        return [str(numbered.get(row[name], "")) for name in KEYFRAMES]

    def _numbered(self, row, index):
        numbered = index.frames(row["key"], self.options.frames)
        if numbered or not self.options.verify_files:
            return numbered
        others = [kind for kind in index.kinds(row["key"]) if kind]
        hint = f"; it has {others[0]} ones: frames={others[0]!r}" if others else ""
        kind = f"{self.options.frames} frames" if self.form.distinguishes_crops else "frames"
        raise FileNotFoundError(
            f"frames: {self._name(row)} has no folder of {kind} under {str(index.root)!r}{hint}."
        )

    def _fill_missing(self, row, numbered):
        later = sorted(number for number in numbered if number >= row["onset"])
        if row["offset"] is None and later:
            row["offset"] = later[-1]
            self._note(self.corrected, row, f"no offset frame: the clip's last frame {later[-1]} taken")
        within = [number for number in later if row["offset"] is not None and number <= row["offset"]]
        if row["apex"] is None and within:
            self._fill_apex(row, numbered, within)

    def _fill_apex(self, row, numbered, within):
        """The apex among the frames `within` a clip: where most has moved, else the middle one."""
        failure, find = None, self.options.missing_apex == "find"
        if find and not self.options.verify_files:
            return
        if find and (within[0], within[-1]) == (row["onset"], row["offset"]):  # else the error to come
            found, failure = found_apex([numbered[number] for number in within])
            if not failure:
                row["apex"], row["apex_source"] = within[found], "found"
        if row["apex"] is None:
            middle = (row["onset"] + row["offset"]) / 2
            row["apex"] = min(within, key=lambda number: abs(number - middle))
            row["apex_source"] = "middle"
        if self.form.has_apex or failure:
            self._note(self.corrected, row, apex_reason(row, failure))

    def _name(self, row):
        return f"{self.form.title} subject {row['subject']} clip {row['clip']}"


def _label(cells, labels):
    if labels == "emotion":
        return canonical_label(cells["emotion"])
    text = cell_text(cells["objective"]).casefold()
    return f"objective {_ROMAN.get(text, text)}" if text else ""


def _classes(form, options):
    """Label to class, None for every label as it is."""
    classes = options.classes
    if classes == _EVERY_CLASS:
        return None
    if isinstance(classes, str):
        if options.labels == "objective":
            return None
        if classes in form.presets:
            return form.presets[classes]
        raise ValueError(
            f"classes must be one of {[*form.presets, _EVERY_CLASS]} or a mapping, got {classes!r}."
        )
    if isinstance(classes, Mapping):
        return {canonical_label(label): canonical_label(name) for label, name in classes.items()}
    return {canonical_label(name): canonical_label(name) for name in classes}


def _compare_counts(form, options, rows):
    known = form.counts.get(options.classes) if isinstance(options.classes, str) else None
    if not known or options.labels != "emotion":
        return
    counts = Counter(row["label"] for row in rows)
    if all(counts != published for published in known):
        published = " or ".join(f"{sum(one.values())} ({_counts_text(one)})" for one in known)
        warnings.warn(
            f"{form.title}: this copy has {len(rows)} clips in the {options.classes} classes "
            f"({_counts_text(counts)}), the published sheets have {published}.",
            stacklevel=4,
        )


def _counts_text(counts):
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _table(form, rows, sheet):
    made = pd.DataFrame(
        {
            "dataset": form.name,
            "subject": [row["subject"] for row in rows],
            "clip": [row["clip"] for row in rows],
            **{name: pd.array([row[name] for row in rows], dtype="Int64") for name in KEYFRAMES},
            "apex_source": [row["apex_source"] for row in rows],
            "emotion": [canonical_label(row["cells"]["emotion"]) for row in rows],
            "objective": [cell_text(row["cells"]["objective"]) for row in rows],
            "action_units": [cell_text(row["cells"]["action_units"]) for row in rows],
            "units": [parse_action_units(row["cells"]["action_units"]).units for row in rows],
        }
    )
    others = [name for name in sheet.columns if column_meaning(name) is None and name not in _MEANINGS]
    return made.assign(**{name: [row["cells"][name] for row in rows] for name in others if name not in made})


_MEANINGS = {"subject", "clip", *KEYFRAMES, "action_units", "emotion", "objective"}
