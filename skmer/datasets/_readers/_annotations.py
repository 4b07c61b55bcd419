"""Rows of an annotation sheet as named and labelled clips, with a log of dropped and corrected rows."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from skmer.datasets._cells import Unvalued, canonical_label, cell_text, frame_number, is_date, shown
from skmer.datasets._readers._specs import subject_and_clip
from skmer.frames import KEYFRAMES

EVERY_CLASS = "all"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7}
_COLUMNS = ["row", "subject", "clip", "reason"]


class ReadingLog:
    """Log of the rows that are dropped or corrected, each with its reason."""

    def __init__(self):
        self._dropped, self._corrected = [], []

    def drop(self, row, reason):
        """List a row that is left out; what was corrected in it does not matter any more."""
        self._corrected = [entry for entry in self._corrected if entry[0] != row["line"]]
        self._dropped.append((row["line"], row["subject"], row["clip"], reason))

    def correct(self, row, reason):
        """List a row that is changed or incomplete."""
        self._corrected.append((row["line"], row["subject"], row["clip"], reason))

    @property
    def dropped(self):
        """DataFrame of the rows that are left out."""
        return pd.DataFrame(self._dropped, columns=_COLUMNS)

    @property
    def corrected(self):
        """DataFrame of the rows that are changed or incomplete."""
        return pd.DataFrame(self._corrected, columns=_COLUMNS)


def sheet_rows(sheet, spec, options):
    """Every row of a sheet as a dict, under unique clip names.

    Parameters
    ----------
    sheet : Sheet
        The annotation sheet.
    spec : DatasetSpec
        The data set's.
    options : ReadOptions
        Only `labels` and `classes` are used.

    Returns
    -------
    rows : list of dict
        With ``line``, ``subject``, ``clip``, ``key`` (of its folder), the numbers of its three frames,
        ``label`` and the sheet's own ``sheet_label``. Repeated clips have a counter, which depends on the
        sheet alone and not on the classes: one name is one clip in every reading.
    """
    classes = chosen_classes(spec, options)
    cells = sheet.rows.to_dict("records")
    rows = [
        _row(line, row, spec, options.labels, classes) for line, row in zip(sheet.lines, cells, strict=True)
    ]
    taken = {(row["subject"], row["clip"]) for row in rows}
    counts = Counter()
    for row in rows:
        name = row["subject"], row["clip"]
        counts[name] += 1
        if counts[name] > 1:
            while (row["subject"], f"{name[1]}_{counts[name]}") in taken:
                counts[name] += 1
            row["clip"] = f"{name[1]}_{counts[name]}"
            taken.add((row["subject"], row["clip"]))
    return rows


def _row(line, cells, spec, labels, classes):
    subject, clip = subject_and_clip(spec, cells["subject"], cells["clip"])
    label = _label(cells, labels)
    return {
        "line": line,
        "subject": subject,
        "clip": clip,
        "sheet_clip": clip,
        "key": spec.clip_key(subject, clip),
        "cells": cells,
        "label_column": labels,
        "sheet_label": label,
        "label": label if classes is None else classes.get(label),
        **{name: frame_number(cells[name]) for name in KEYFRAMES},
        "apex_source": "sheet",
    }


def _label(cells, labels):
    if labels == "emotion":
        return canonical_label(cell_text(cells["emotion"]))
    text = cell_text(cells["objective"]).casefold()
    return f"objective {_ROMAN.get(text, text)}" if text else ""


def chosen_classes(spec, options):
    """Mapping from labels to classes; None keeps every label as it is."""
    classes = options.classes
    if classes == EVERY_CLASS:
        return None
    if isinstance(classes, str):
        if classes not in spec.presets:
            raise ValueError(
                f"classes must be one of {[*spec.presets, EVERY_CLASS]} or a mapping, got {classes!r}."
            )
        if options.labels == "emotion":
            return spec.presets[classes]
        if classes == next(iter(spec.presets)):  # the default: with objective labels it means every class
            return None
        raise ValueError(
            f"classes={classes!r} is made of emotions, but labels is 'objective'; pass classes='all', a list "
            "such as ['objective 1', 'objective 2'] or a mapping."
        )
    if isinstance(classes, Mapping):
        return {canonical_label(label): canonical_label(name) for label, name in classes.items()}
    return {canonical_label(name): canonical_label(name) for name in classes}


def kept_rows(rows, spec, options, log):
    """Rows with a subject, a clip, an onset and a label of the chosen classes; list of dict."""
    kept = []
    for row in rows:
        reason = _reason_to_drop(row)
        if reason:
            log.drop(row, reason)
            continue
        if options.corrections:
            _correct(row, spec, log)
        forget_outside(row)
        if row["apex"] is None and options.missing_apex == "drop" and spec.has_apex:
            log.drop(row, f"no apex frame ({shown(row['cells']['apex'])})")
            continue
        if is_date(row["cells"]["action_units"]):
            log.correct(row, f"action units {shown(row['cells']['action_units'])} are a date: none is read")
        kept.append(row)
    return kept


def _reason_to_drop(row):
    for name, what in (("clip", "file name"), ("subject", "subject")):
        if not row[name]:
            return f"no {what}{_unvalued(row, name)}"
    if row["onset"] is None:
        return f"no onset frame ({shown(row['cells']['onset'])})"
    if not row["sheet_label"]:
        return f"no label{_unvalued(row, row['label_column'])}"
    if not row["label"]:
        return f"class {row['sheet_label']!r} is not among the chosen ones"
    return None


def _unvalued(row, name):
    cell = row["cells"][name]
    return f" ({shown(cell)})" if isinstance(cell, Unvalued) else ""


def _correct(row, spec, log):
    name = row["subject"], row["sheet_clip"].casefold()
    for slip in spec.corrections:
        same_clip = (slip.subject, slip.clip.casefold()) == name
        if same_clip and all(row[frame] == number for frame, number in slip.reads.items()):
            row.update(slip.should_read)
            log.correct(row, f"{slip.reads} read as {slip.should_read}, a known slip")


def forget_outside(row):
    """Treat an offset before the onset, and an apex outside onset and offset, as missing."""
    if row["offset"] is not None and row["offset"] < row["onset"]:
        row["offset"] = None
    last = float("inf") if row["offset"] is None else row["offset"]
    if row["apex"] is not None and not row["onset"] <= row["apex"] <= last:
        row["apex"] = None
    row["apex_source"] = "none" if row["apex"] is None else "sheet"
