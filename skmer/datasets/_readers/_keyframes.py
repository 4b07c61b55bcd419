"""Frames on disk by clip and number, and the onset, apex and offset of each clip among them."""

import os
import re
from collections import Counter
from pathlib import Path

from skmer._utils._messages import see_page, warn_user
from skmer.datasets._cells import shown
from skmer.datasets._clip_sequences import between
from skmer.datasets._readers._annotations import forget_outside
from skmer.frames import KEYFRAMES, is_image_file, numbered_images
from skmer.landmarks import find_apex


class FrameIndex:
    """Folders of frames under a root, by the clip that a data set's naming gives them.

    Folders of depth images are left out.

    Parameters
    ----------
    root : path
        Folder of the data set.
    clip_key : callable
        From the parts of a folder's path below `root` to a hashable key, None if it is no clip's folder.
    distinguishes_crops : bool
        Whether copies usually have both raw and cropped frames; then neither replaces the other.
    cropped_already : bool
        Whether all frames are cropped, whatever their folder is called.
    """

    def __init__(self, root, clip_key, distinguishes_crops, cropped_already=False):
        self.root = Path(root)
        self._instead = () if distinguishes_crops else ("raw", "cropped")
        if not cropped_already and "crop" not in self.root.name.casefold():
            self._instead = self._instead[1:]
        self._folders = {}
        # Links are followed: a large set is often kept on another disk.
        for folder, subfolders, files in os.walk(self.root, followlinks=True):
            subfolders.sort()
            images = sorted(name for name in files if is_image_file(name))
            below = Path(folder).relative_to(self.root).parts
            key = clip_key((self.root.name, *below)) if images and not _is_depth(below) else None
            if key is not None:
                kinds = self._folders.setdefault(key, {})
                kinds.setdefault(_kind(below, images), []).append((Path(folder), images))

    def kinds(self, key):
        """Kinds of frames of a clip, of ``"raw"`` and ``"cropped"``; tuple of str."""
        return tuple(self._folders.get(key, {}))

    def frames(self, key, kind):
        """Frame number to path for a clip, None if it has no such folder; ValueError if it has several."""
        kinds = self._folders.get(key, {})
        found = next((kinds[name] for name in (kind, *self._instead) if name in kinds), None)
        if found is None:
            return None
        if len(found) > 1:
            folders = " and ".join(repr(str(folder)) for folder, _ in found)
            raise ValueError(
                f"root must hold one folder of each clip, {folders} are one clip; give one's root."
            )
        folder, images = found[0]
        numbered = {}
        for number, name in numbered_images(images):
            # The first of files with one number; the names are sorted, so that it is the same on every disk.
            numbered.setdefault(number, folder / name)
        return numbered


def _is_depth(parts):
    return any("depth" in re.split(r"[^a-z]+", part.casefold()) for part in parts)


def _kind(parts, images):
    # Cropped frames of CASME II are called reg_img1.jpg and so on, whatever their folder.
    cropped = any("crop" in part.casefold() for part in parts) or images[0].casefold().startswith("reg_")
    return "cropped" if cropped else "raw"


class _MissingFramesError(Exception):
    """Raised for a clip whose folder or frames are not on disk, with the reason."""


class KeyframeLocator:
    """Finder of the files of clips, which fills in an apex or offset that the sheet leaves out.

    Parameters
    ----------
    spec : DatasetSpec
        The data set's.
    options : ReadOptions
        Only `frames`, `missing_apex`, `on_missing` and `verify_files` are used.
    index : FrameIndex or None
        The frames on disk; None for a sheet alone.
    log : ReadingLog
        Receives the choices.
    sheet : list of dict
        Every row of the sheet: where several share a folder, it holds a whole recording.
    """

    def __init__(self, spec, options, index, log, sheet):
        self.spec, self.options, self.index, self.log = spec, options, index, log
        self._onsets = {}
        for row in sheet:
            if row["onset"] is not None:
                self._onsets.setdefault(row["key"], []).append(row["onset"])
        self._shared = {key for key, count in Counter(row["key"] for row in sheet).items() if count > 1}

    def locate(self, rows):
        """Locate the frames of rows, and leave out those that lack an apex under ``missing_apex="drop"``.

        Parameters
        ----------
        rows : list of dict
            As `kept_rows` gives them; their frame numbers are completed.

        Returns
        -------
        rows : list of dict
            Those that are not dropped for want of an apex or of frames.
        paths : list of list of str
            Onset, apex and offset, empty where there is no file.
        sequences : list of list of str or None
            The frames that are there from onset to offset; None where there are none.
        """
        kept, paths, sequences, missing = [], [], [], []
        for row in rows:
            try:
                found = self._paths(row)
            except _MissingFramesError as error:
                missing.append((row, str(error)))
                continue
            if found is not None:
                kept.append(row)
                paths.append(found[0])
                sequences.append(found[1])
        self._report_missing(missing, len(rows), bool(kept))
        return kept, paths, sequences

    def _report_missing(self, missing, n_rows, any_located):
        """Drop clips without their frames; an error if asked for, or if no clip has them."""
        if not missing:
            return
        row, reason = missing[0]
        first = f"{self._name(row)} has {reason}"
        if self.options.on_missing == "raise" or not any_located:
            raise FileNotFoundError(f"frames: {first}. {see_page('datasets')}")
        for row, reason in missing:
            self.log.drop(row, reason)
        warn_user(
            f"{len(missing)} of {n_rows} clips lack frames and are left out, as .dropped lists; the first: "
            f"{first}; on_missing='raise' makes this an error. {see_page('datasets')}"
        )

    def _paths(self, row):
        """Three paths, and those from onset to offset; None if the row is dropped."""
        numbered = self._numbered(row)
        if numbered:
            self._forget_past(row, max(numbered))
            if row["apex"] is None and self.options.missing_apex == "drop" and self.spec.has_apex:
                self.log.drop(row, f"no apex frame ({shown(row['cells']['apex'])})")
                return None
            self._fill_offset(row, numbered)
            self._fill_apex(row, numbered)
            self._check_holes(row, numbered)
        self._note_gaps(row)
        sequence = between(numbered, row["onset"], row["offset"])
        return [str((numbered or {}).get(row[name], "")) for name in KEYFRAMES], sequence

    def _forget_past(self, row, last):
        """Treat an apex or offset after the clip's last frame as missing; an onset there is an error."""
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
            raise _MissingFramesError(
                f"no frame {wanted} in {str(folder)!r}, which holds numbers {min(numbered)} to "
                f"{max(numbered)}"
            )

    def _numbered(self, row):
        if self.index is None:
            return None
        numbered = self.index.frames(row["key"], self.options.frames)
        if numbered or not self.options.verify_files:
            return numbered
        others = self.index.kinds(row["key"])
        hint = f"; it has {others[0]} ones: frames={others[0]!r}" if others else ""
        kind = f"{self.options.frames} frames" if others or self.spec.distinguishes_crops else "frames"
        raise _MissingFramesError(f"no folder of {kind} under {str(self.index.root)!r}{hint}")

    def _fill_offset(self, row, numbered):
        later = sorted(number for number in numbered if number >= row["onset"])
        if row["offset"] is not None or not later:
            return
        row["offset"], what = later[-1], "the clip's last frame"
        if row["key"] in self._shared or self.spec.whole_recordings:
            row["offset"], what = self._recorded_offset(row, later)
        was = _was(row, "offset")
        self.log.correct(row, f"no offset frame{was}: {what} {row['offset']} taken")

    def _recorded_offset(self, row, later):
        """Offset in the folder of a whole recording: before the next clip's onset, else at the apex."""
        known = row["onset"] if row["apex"] is None else row["apex"]
        following = [onset for onset in self._onsets[row["key"]] if onset > known]
        before = [number for number in later if following and number < min(following)]
        if before:
            return before[-1], f"the last frame before the next clip's onset {min(following)},"
        if known > row["onset"]:
            return known, "the apex"
        return later[-1], "the recording's last frame"

    def _fill_apex(self, row, numbered):
        """Choose an apex among the frames of a clip: the one that is found, else the middle one."""
        find = self.options.missing_apex == "find"
        if row["apex"] is not None or row["offset"] is None or (find and not self.options.verify_files):
            return
        within = sorted(number for number in numbered if row["onset"] <= number <= row["offset"])
        failure = None
        if not within:  # the onset has no frame, which `_check_holes` reports
            return
        if find and (within[0], within[-1]) == (row["onset"], row["offset"]):
            found, failure = _found_apex([numbered[number] for number in within])
            if not failure:
                row["apex"], row["apex_source"] = within[found], "found"
        if row["apex"] is None:
            middle = (row["onset"] + row["offset"]) / 2
            row["apex"] = min(within, key=lambda number: abs(number - middle))
            row["apex_source"] = "middle"
        if self.spec.has_apex or failure:
            self.log.correct(row, _apex_reason(row, failure))

    def _note_gaps(self, row):
        for name in ("apex", "offset"):
            if row[name] is None and (name != "apex" or self.spec.has_apex):
                self.log.correct(row, f"no {name} frame ({shown(row['cells'][name])}): left empty")
        if row["apex_source"] == "sheet" and row["apex"] == row["onset"]:
            self.log.correct(row, f"the apex frame {row['apex']} is the onset frame: no movement is between")

    def _name(self, row):
        return f"{self.spec.title} subject {row['subject']} clip {row['clip']}"


def _was(row, name):
    text = shown(row["cells"][name])
    return "" if text == "''" else f" ({text})"


def _found_apex(frames):
    """Search the files of a clip, from onset to offset.

    Parameters
    ----------
    frames : list of path
        All frames in order.

    Returns
    -------
    position : int or None
        Of the apex among the frames; None if none was found.
    failure : str or None
        Reason if none was found. That dlib or its model is missing concerns every clip and warns too.
    """
    try:
        return find_apex(frames, memory="auto"), None
    except (OSError, ImportError) as error:
        warn_user(f"missing_apex='find' finds no apex: {error}")
        return None, str(error).removesuffix(see_page("install")).rstrip(". ")
    except ValueError as error:
        return None, str(error).rstrip(".")


def _apex_reason(row, failure):
    """Reason for the table of corrections, of an apex that is not the sheet's; str."""
    was = shown(row["cells"]["apex"])
    if row["apex_source"] == "found":
        return f"no apex frame ({was}): frame {row['apex']} found, which has moved most since the onset"
    instead = f"the middle frame {row['apex']} taken"
    if failure:
        return f"no apex frame ({was}), and none found ({failure}): {instead}"
    return f"no apex frame ({was}): {instead}"
