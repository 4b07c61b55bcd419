"""Onset, apex and offset of each clip among the frames on disk."""

from collections import Counter

from skmer.datasets._readers._annotations import forget_outside
from skmer.datasets._readers._missing_apex import apex_reason, found_apex
from skmer.datasets._readers._sheets import cell_text
from skmer.frames import KEYFRAMES


class KeyframeLocator:
    """Finds the files of clips, and chooses an apex or offset that the sheet leaves out.

    Parameters
    ----------
    form : SheetFormat
        The data set's.
    options : ReadOptions
        `frames`, `missing_apex` and `verify_files` count.
    index : FrameIndex or None
        The frames on disk; None for a sheet alone.
    notes : Notes
        Where choices are listed.
    sheet : list of dict
        Every row of the sheet: where several share a folder, it holds a whole recording.
    """

    def __init__(self, form, options, index, notes, sheet):
        self.form, self.options, self.index, self.notes = form, options, index, notes
        self._onsets = {}
        for row in sheet:
            if row["onset"] is not None:
                self._onsets.setdefault(row["key"], []).append(row["onset"])
        self._shared = {key for key, count in Counter(row["key"] for row in sheet).items() if count > 1}

    def locate(self, rows):
        """Rows that stay, and their paths.

        Parameters
        ----------
        rows : list of dict
            As `kept_rows` gives them; their frame numbers are completed.

        Returns
        -------
        rows : list of dict
            Those that are not dropped for want of an apex.
        paths : list of list of str
            Onset, apex and offset, empty where there is no file.
        """
        located = [(row, self._paths(row)) for row in rows]
        located = [(row, paths) for row, paths in located if paths is not None]
        return [row for row, _ in located], [paths for _, paths in located]

    def _paths(self, row):
        """Three paths, None if the row is dropped."""
        numbered = self._numbered(row)
        if numbered:
            self._forget_past(row, max(numbered))
            if row["apex"] is None and self.options.missing_apex == "drop" and self.form.has_apex:
                self.notes.drop(row, f"no apex frame ({cell_text(row['cells']['apex'])!r})")
                return None
            self._fill_offset(row, numbered)
            self._fill_apex(row, numbered)
            self._check_holes(row, numbered)
        self._note_empty(row)
        return [str((numbered or {}).get(row[name], "")) for name in KEYFRAMES]

    def _forget_past(self, row, last):
        """An apex or offset after the clip's last frame counts as missing; an onset there is an error."""
        if row["onset"] > last:
            return
        for name in ("apex", "offset"):
            if row[name] is not None and row[name] > last:
                row[name] = None
        forget_outside(row)

    def _check_holes(self, row, numbered):
        missing = [name for name in KEYFRAMES if row[name] is not None and row[name] not in numbered]
        if missing and self.options.verify_files:
            folder = next(iter(numbered.values())).parent
            wanted = ", ".join(f"{name} {row[name]}" for name in missing)
            raise FileNotFoundError(
                f"frames: {self._name(row)} has no frame {wanted} in {str(folder)!r}, which holds numbers "
                f"{min(numbered)} to {max(numbered)}."
            )

    def _numbered(self, row):
        if self.index is None:
            return None
        numbered = self.index.frames(row["key"], self.options.frames)
        if numbered or not self.options.verify_files:
            return numbered
        others = self.index.kinds(row["key"])
        hint = f"; it has {others[0]} ones: frames={others[0]!r}" if others else ""
        kind = f"{self.options.frames} frames" if others or self.form.distinguishes_crops else "frames"
        raise FileNotFoundError(
            f"frames: {self._name(row)} has no folder of {kind} under {str(self.index.root)!r}{hint}."
        )

    def _fill_offset(self, row, numbered):
        later = sorted(number for number in numbered if number >= row["onset"])
        if row["offset"] is not None or not later:
            return
        row["offset"], what = later[-1], "the clip's last frame"
        if row["key"] in self._shared or self.form.whole_recordings:
            row["offset"], what = self._recorded_offset(row, later)
        was = _was(row, "offset")
        self.notes.correct(row, f"no offset frame{was}: {what} {row['offset']} taken")

    def _recorded_offset(self, row, later):
        """In the folder of a whole recording a clip ends before the next one's onset, else at its apex."""
        known = row["onset"] if row["apex"] is None else row["apex"]
        following = [onset for onset in self._onsets[row["key"]] if onset > known]
        before = [number for number in later if following and number < min(following)]
        if before:
            return before[-1], f"the last frame before the next clip's onset {min(following)},"
        if known > row["onset"]:
            return known, "the apex"
        return later[-1], "the recording's last frame"

    def _fill_apex(self, row, numbered):
        """Among the frames of a clip: where most has moved, else the middle one."""
        find = self.options.missing_apex == "find"
        if row["apex"] is not None or row["offset"] is None or (find and not self.options.verify_files):
            return
        within = sorted(number for number in numbered if row["onset"] <= number <= row["offset"])
        failure = None
        if not within:  # the error to come
            return
        if find and (within[0], within[-1]) == (row["onset"], row["offset"]):
            found, failure = found_apex([numbered[number] for number in within])
            if not failure:
                row["apex"], row["apex_source"] = within[found], "found"
        if row["apex"] is None:
            middle = (row["onset"] + row["offset"]) / 2
            row["apex"] = min(within, key=lambda number: abs(number - middle))
            row["apex_source"] = "middle"
        if self.form.has_apex or failure:
            self.notes.correct(row, apex_reason(row, failure))

    def _note_empty(self, row):
        for name in ("apex", "offset"):
            if row[name] is None and (name != "apex" or self.form.has_apex):
                self.notes.correct(row, f"no {name} frame ({cell_text(row['cells'][name])!r}): left empty")

    def _name(self, row):
        return f"{self.form.title} subject {row['subject']} clip {row['clip']}"


def _was(row, name):
    text = cell_text(row["cells"][name])
    return f" ({text!r})" if text else ""
