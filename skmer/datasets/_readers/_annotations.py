"""From the rows of an annotation sheet to clips: names, labels, what is dropped and what is corrected."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from skmer.datasets._readers._formats import subject_and_clip
from skmer.datasets._readers._sheets import cell_text, frame_number
from skmer.datasets._vocabulary import canonical_label
from skmer.frames import KEYFRAMES

EVERY_CLASS = "all"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7}
_COLUMNS = ["row", "subject", "clip", "reason"]


class Notes:
    """What is dropped and corrected on the way from the sheet to clips, each with its reason."""

    def __init__(self):
        self._dropped, self._corrected = [], []

    def drop(self, row, reason):
        """List a row that is left out."""
        self._dropped.append((row["position"], row["subject"], row["clip"], reason))

    def correct(self, row, reason):
        """List a row that is changed or incomplete."""
        self._corrected.append((row["position"], row["subject"], row["clip"], reason))

    @property
    def dropped(self):
        """DataFrame of the rows that are left out."""
        return pd.DataFrame(self._dropped, columns=_COLUMNS)

    @property
    def corrected(self):
        """DataFrame of the rows that are changed or incomplete."""
        return pd.DataFrame(self._corrected, columns=_COLUMNS)


def sheet_rows(sheet, form, options):
    """Every row of a sheet as a dict, named without repeats.

    Parameters
    ----------
    sheet : Sheet
        The annotation sheet.
    form : SheetFormat
        The data set's.
    options : ReadOptions
        `labels` and `classes` count.

    Returns
    -------
    rows : list of dict
        With ``position``, ``subject``, ``clip``, ``key`` (of its folder), the numbers of its three frames,
        ``label`` and the sheet's own ``sheet_label``. Repeated clips have a counter, which depends on the
        sheet alone and not on the classes: one name is one clip in every reading.
    """
    classes = chosen_classes(form, options)
    cells = sheet.rows.to_dict("records")
    rows = [_row(position, row, form, options.labels, classes) for position, row in enumerate(cells)]
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


def _row(position, cells, form, labels, classes):
    subject, clip = subject_and_clip(form, cells["subject"], cells["clip"])
    label = _label(cells, labels)
    return {
        "position": position,
        "subject": subject,
        "clip": clip,
        "sheet_clip": clip,
        "key": form.clip_key(subject, clip),
        "cells": cells,
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


def chosen_classes(form, options):
    """Label to class, None for every label as it is."""
    classes = options.classes
    if classes == EVERY_CLASS:
        return None
    if isinstance(classes, str):
        if classes not in form.presets:
            raise ValueError(
                f"classes must be one of {[*form.presets, EVERY_CLASS]} or a mapping, got {classes!r}."
            )
        if options.labels == "emotion":
            return form.presets[classes]
        if classes == next(iter(form.presets)):  # the default, which stands for every objective class
            return None
        raise ValueError(
            f"classes={classes!r} is made of emotions, but labels is 'objective'; pass classes='all', a list "
            "such as ['objective 1', 'objective 2'] or a mapping."
        )
    if isinstance(classes, Mapping):
        return {canonical_label(label): canonical_label(name) for label, name in classes.items()}
    return {canonical_label(name): canonical_label(name) for name in classes}


def kept_rows(rows, form, options, notes):
    """The rows that have a subject, a clip, an onset and a label of the chosen classes; list of dict."""
    kept = []
    for row in rows:
        reason = _reason_to_drop(row)
        if reason:
            notes.drop(row, reason)
            continue
        if options.corrections:
            _correct(row, form, notes)
        forget_outside(row)
        if row["apex"] is None and options.missing_apex == "drop" and form.has_apex:
            notes.drop(row, f"no apex frame ({cell_text(row['cells']['apex'])!r})")
            continue
        kept.append(row)
    return kept


def _reason_to_drop(row):
    if not row["subject"] or not row["clip"]:
        return "no subject" if row["clip"] else "no file name"
    if row["onset"] is None:
        return f"no onset frame ({cell_text(row['cells']['onset'])!r})"
    if not row["sheet_label"]:
        return "no label"
    if not row["label"]:
        return f"class {row['sheet_label']!r} is not among the chosen ones"
    return None


def _correct(row, form, notes):
    name = row["subject"], row["sheet_clip"].casefold()
    for slip in form.corrections:
        same_clip = (slip.subject, slip.clip.casefold()) == name
        if same_clip and all(row[frame] == number for frame, number in slip.reads.items()):
            row.update(slip.should_read)
            notes.correct(row, f"{slip.reads} read as {slip.should_read}, a known slip")


def forget_outside(row):
    """Take an offset before the onset, or an apex outside onset and offset, for a missing one."""
    if row["offset"] is not None and row["offset"] < row["onset"]:
        row["offset"] = None
    last = float("inf") if row["offset"] is None else row["offset"]
    if row["apex"] is not None and not row["onset"] <= row["apex"] <= last:
        row["apex"] = None
    row["apex_source"] = "none" if row["apex"] is None else "sheet"
