"""One reader for every data set, driven by the table of their specifications."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path

import pandas as pd

from skmer._utils._arguments import FILE, FLAG, Items, check_argument
from skmer._utils._messages import see_page, warn_user
from skmer._utils._text import naming
from skmer.datasets._cells import canonical_label, cell_text, parse_action_units
from skmer.datasets._clips import MicroExpressionClips
from skmer.datasets._readers._annotations import ReadingLog, kept_rows, sheet_rows
from skmer.datasets._readers._keyframes import FrameIndex, KeyframeLocator
from skmer.datasets._readers._sheets import SHEET, read_sheet
from skmer.datasets._readers._specs import SPECS
from skmer.frames import KEYFRAMES

_CHOICES = {
    "labels": ("emotion", "objective"),
    "frames": ("raw", "cropped"),
    "missing_apex": ("find", "middle", "drop"),
    "on_missing": ("warn", "raise"),
}


@dataclass(frozen=True)
class ReadOptions:
    """The parameters that all loaders share; see `load_casme2`."""

    annotations: object
    classes: object
    labels: str
    frames: str
    corrections: bool
    missing_apex: str
    on_missing: str
    verify_files: bool

    def __post_init__(self):
        for name, allowed in _CHOICES.items():
            if not isinstance(getattr(self, name), str) or getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {list(allowed)}, got {getattr(self, name)!r}.")
        for name in ("corrections", "verify_files"):
            check_argument(name, getattr(self, name), FLAG)
        check_argument("classes", self.classes, [str, Mapping, Items(str, least=1), set])


def load_dataset(name, root, options):
    """Read one data set.

    Parameters
    ----------
    name : str
        A key of `SPECS`.
    root : path or None
        Its folder; None for a sheet without frames.
    options : ReadOptions
        The rest.

    Returns
    -------
    clips : MicroExpressionClips
    """
    spec = SPECS[name]
    if root is not None:
        check_argument("root", root, FILE)
    check_argument("annotations", options.annotations, [*SHEET, None])
    if options.annotations is None and _is_file(root):
        root, options = None, replace(options, annotations=root)
    folder = _check_root(spec, root, options)
    source = _find_sheet(spec, folder, options.annotations)
    with naming(_name_of(source)):
        return _read(spec, folder, source, options)


def _name_of(source):
    path = getattr(source, "name", source)
    return Path(path).name if isinstance(path, str | PathLike) else "annotations"


def _read(spec, folder, source, options):
    sheet = read_sheet(source, spec.worksheet)
    _check_columns(sheet, options)
    log, every = ReadingLog(), sheet_rows(sheet, spec, options)
    for position, names in sheet.merged.items():
        log.correct(every[position], f"{' and '.join(names)} of the merged cell above")
    rows = kept_rows(every, spec, options, log)
    index = None if folder is None else _index(spec, folder)
    rows, frames, sequences = KeyframeLocator(spec, options, index, log, every).locate(rows)
    _check_left(spec, rows, log.dropped)
    # A synthetic corpus in the layout of a real set has counts of its own.
    if not sheet.synthetic:
        _compare_counts(spec, options, rows)
    return MicroExpressionClips(
        frames,
        [row["label"] for row in rows],
        [f"{spec.name}/{row['subject']}" for row in rows],
        table=_table(spec, rows, sheet.rows),
        dropped=log.dropped,
        corrected=log.corrected,
        fingerprint=sheet.fingerprint,
        sequences=sequences,
    )


def _index(spec, folder):
    return FrameIndex(folder, spec.folder_key, spec.distinguishes_crops, spec.cropped_already)


def _is_file(source):
    return hasattr(source, "read") or (source is not None and Path(source).is_file())


def _check_root(spec, root, options):
    if root is None:
        if options.verify_files or options.annotations is None:
            raise ValueError(
                "root must be the folder of the data set, got None; a sheet alone is read with "
                "annotations=... and verify_files=False."
            )
        return None
    folder = Path(root)
    if not folder.is_dir():
        raise FileNotFoundError(f"root must be the folder of {spec.title}, {str(folder)!r} is none.")
    return folder


def _find_sheet(spec, folder, annotations):
    if annotations is not None:
        return annotations
    for pattern in spec.sheets:
        # Beside a workbook that is open lies Excel's lock file, of its name behind these two signs.
        found = [path for path in _case_free(folder, pattern) if not path.name.startswith("~$")]
        if len(found) > 1:
            names = [str(path.relative_to(folder)) for path in found]
            raise ValueError(
                f"annotations must name one sheet, {str(folder)!r} holds {names}; pass one of them."
            )
        if found:
            return found[0]
    raise FileNotFoundError(
        f"annotations: no {spec.title} sheet {spec.sheets[0]!r} in {str(folder)!r} or a folder in it; "
        f"pass its path, or the root that holds it. {see_page('datasets')}"
    )


def _case_free(folder, pattern):
    """Files in a folder and in its subfolders whose names match without regard to case."""
    # glob itself minds the case of names on one system and not on another.
    files = (path for depth in ("*", "*/*") for path in folder.glob(depth) if path.is_file())
    return sorted(path for path in files if fnmatchcase(path.name.casefold(), pattern.casefold()))


def _check_columns(sheet, options):
    if options.labels in sheet.absent:
        words = {"emotion": "Estimated Emotion", "objective": "Objective Class"}[options.labels]
        raise ValueError(
            f"labels={options.labels!r} needs a column such as {words!r}, {sheet.fingerprint} has none; pass "
            "annotations= with it."
        )


def _check_left(spec, rows, dropped):
    if not rows:
        reasons = dropped["reason"].value_counts().head(3)
        listed = "; ".join(f"{count} times {reason}" for reason, count in reasons.items())
        raise ValueError(
            f"annotations must leave a clip of {spec.title}, all {len(dropped)} rows are dropped: {listed}. "
            f"{see_page('datasets')}"
        )


def _compare_counts(spec, options, rows):
    known = spec.counts.get(options.classes) if isinstance(options.classes, str) else None
    if not known or options.labels != "emotion":
        return
    counts = Counter(row["label"] for row in rows)
    if all(counts != published for published in known):
        published = " or ".join(f"{sum(one.values())} ({_counts_text(one)})" for one in known)
        warn_user(
            f"{spec.title}: this copy has {len(rows)} clips in the {options.classes} classes "
            f"({_counts_text(counts)}), the published sheets have {published}. {see_page('datasets')}",
        )


def _counts_text(counts):
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _table(spec, rows, sheet):
    made = pd.DataFrame(
        {
            "dataset": spec.name,
            "subject": [row["subject"] for row in rows],
            "clip": [row["clip"] for row in rows],
            **{name: pd.array([row[name] for row in rows], dtype="Int64") for name in KEYFRAMES},
            "apex_source": [row["apex_source"] for row in rows],
            "emotion": [canonical_label(cell_text(row["cells"]["emotion"])) for row in rows],
            "objective": [cell_text(row["cells"]["objective"]) for row in rows],
            "action_units": [cell_text(row["cells"]["action_units"]) for row in rows],
            "units": [parse_action_units(row["cells"]["action_units"]).units for row in rows],
        }
    )
    others = [name for name in sheet.columns if name not in _OWN_NAMES]
    # At once: a thousand columns that are added one by one leave pandas a thousand pieces.
    beside = {
        f"{name} (sheet)" if name in made else name: [row["cells"][name] for row in rows] for name in others
    }
    return pd.concat([made, pd.DataFrame(beside, index=made.index)], axis=1)


_OWN_NAMES = {"subject", "clip", *KEYFRAMES, "action_units", "emotion", "objective"}
