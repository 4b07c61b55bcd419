"""Flow maps as public repositories of the field distribute them: small pictures of u, v and strain."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from skmer._utils._arguments import FILE, PATH, checked
from skmer._utils._messages import warn_user
from skmer._utils._text import naming, read_csv_table
from skmer.datasets._cells import canonical_label, cell_text
from skmer.datasets._clips import MicroExpressionClips
from skmer.frames import read_image

CLASSES = {"0": "negative", "1": "positive", "2": "surprise"}
"""Labels of the public tables and names of class folders."""
# Names of subjects in the composite of 2019, by data set.
_DATASETS = {"casme2": r"sub\d+", "smic": r"s\d+", "samm": r"\d{3}"}
_TABLE = "combined_3_class2_for_optical_flow.csv"
_FOLDERS = ("datasets/STSNet_whole_norm_u_v_os", "STSNet_whole_norm_u_v_os", "")
_SUBJECT_FOLDERS = ("", "norm_u_v_os", "three_norm_u_v_os", "datasets/three_norm_u_v_os")
_COLUMNS = ["sub", "filename_o", "dataset", "label"]


@checked(root=PATH, table=[*FILE, pd.DataFrame, None])
def load_flow_maps(root, table=None):
    """Read a folder of flow maps of onset and apex: pictures with u in red, v in green and strain in blue.

    Two public layouts are known. In HTNet's, a table with the columns sub, filename_o, dataset and label
    names the clips, and each map is a picture ``<sub>_<filename_o> .png`` (with or without the blank before
    the dot) in ``datasets/STSNet_whole_norm_u_v_os`` or in the folder itself. In STSTNet's there is no table,
    but folders ``<subject>/u_train/<class>`` and ``<subject>/u_test/<class>`` for each fold: every clip
    stands once in ``u_test``, which alone is read. Labels and class folders 0, 1 and 2 are negative, positive
    and surprise.

    Parameters
    ----------
    root : path
        The repository's folder, or the folder of maps inside.
    table : path or DataFrame, default=None
        Table of clips; by default the one in `root`, where there is one.

    Returns
    -------
    clips : MicroExpressionClips
        ``frames`` is float32 (n_clips, 3, H, W) in the channels u, v and strain, 0 to 255; ``table`` has the
        columns dataset, subject and clip. Rows without a map are in `dropped`, with a warning.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If neither layout is found, a table lacks a column, a label is unknown, a clip is there twice, or maps
        differ in size; the message names the file or row.

    See Also
    --------
    skmer.feature_extraction.sample_nodes : Take the maps to the nodes of a face graph.
    skmer.feature_extraction.FlowMaps : Compute maps from frames of one's own.

    Notes
    -----
    Each channel of each clip was scaled to 0..255 by whoever made the maps: size and offset of the motion
    are lost. The maps of HTNet are those of the 442 clips of the composite of 2019, derived from licensed
    corpora; its repository states no licence.

    References
    ----------
    https://github.com/wangzhifengharrison/HTNet, https://github.com/christy1206/STSTNet.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from PIL import Image
    >>> from skmer.datasets import load_flow_maps
    >>> with tempfile.TemporaryDirectory() as root:
    ...     for subject, label in [("sub01", "0"), ("s02", "2")]:
    ...         folder = Path(root) / subject / "u_test" / label
    ...         folder.mkdir(parents=True)
    ...         picture = Image.fromarray(np.full((28, 28, 3), [200, 100, 0], np.uint8))
    ...         picture.save(folder / f"{subject}_one .png")
    ...     clips = load_flow_maps(root)
    >>> clips.groups.tolist(), clips.target.tolist(), clips.frames[0, :, 0, 0].tolist()
    (['smic/s02', 'casme2/sub01'], ['surprise', 'negative'], [200.0, 100.0, 0.0])
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"root: there is no folder {root}.")
    if table is None and (root / _TABLE).is_file():
        table = root / _TABLE
    rows, dropped = _listed(root, table) if table is not None else (_foldered(root), None)
    frames = _read_maps(rows.pop("path"))
    groups = rows["dataset"] + "/" + rows["subject"]
    return MicroExpressionClips(frames, rows.pop("target"), groups, table=rows, dropped=dropped)


def _listed(root, table):
    """Return the clips of a table, and those without a map."""
    frame, name = _read_table(table)
    with naming(name):
        rows = _checked_rows(frame)
        paths = _maps_by_name(root)
        rows["subject"] = [_padded(*row, paths) for row in zip(rows["subject"], rows["clip"], strict=True)]
        keys = rows["subject"] + "_" + rows["clip"]
        twice = keys[keys.duplicated()].tolist()
        if twice:
            raise ValueError(f"table names the clip {twice[0]!r} more than once.")
        rows["path"] = [paths.get(key) for key in keys]
        missing = rows["path"].isna()
        if missing.all():
            raise ValueError(f"root: no picture is named as the table's clips, the first {keys.iloc[0]!r}.")
    if missing.any():
        warn_user(f"{missing.sum()} of {len(rows)} clips of the table have no map; they are in dropped.")
    dropped = rows[missing].drop(columns="path").assign(reason="no map")
    return rows[~missing].reset_index(drop=True), dropped


def _padded(subject, clip, paths):
    """Return a subject's name as pictures have it: of SAMM's three digits pandas may have made a number."""
    there = f"{subject}_{clip}" in paths or f"{subject:0>3}_{clip}" not in paths
    return subject if there else f"{subject:0>3}"


def _read_table(table):
    """Return the table, and the name that errors begin with."""
    if isinstance(table, pd.DataFrame):
        return table, "table"
    return read_csv_table(table, "table", "label", dtype=str)


def _checked_rows(frame):
    missing = [name for name in _COLUMNS if name not in frame.columns]
    if missing or not len(frame):
        raise ValueError(f"table must have rows and the columns {_COLUMNS}, got {list(frame.columns)[:10]}.")
    cells = {name: [cell_text(cell) for cell in frame[name]] for name in _COLUMNS}
    targets = [_class_of(label, f"row {row} of the table") for row, label in enumerate(cells["label"])]
    names = {"dataset": cells["dataset"], "subject": cells["sub"], "clip": cells["filename_o"]}
    empty = [row for row, texts in enumerate(zip(*names.values(), strict=True)) if "" in texts]
    if empty:
        raise ValueError(f"table must name data set, subject and clip, row {empty[0]} does not.")
    return pd.DataFrame({**names, "target": targets})


def _class_of(label, where):
    text = canonical_label(label)
    text = CLASSES.get(text.removesuffix(".0"), text)
    if text not in CLASSES.values():
        raise ValueError(f"{where} has the label {label!r}; known are {CLASSES} and their names.")
    return text


def _maps_by_name(root):
    """Return the pictures of the first folder that has any, by their names without blanks at the end."""
    for folder in _FOLDERS:
        found = sorted((root / folder).glob("*.png"))
        if found:
            return {path.stem.strip(): path for path in found}
    raise ValueError(f"root: no PNG pictures in {root}, nor in its {_FOLDERS[0]}.")


def _foldered(root):
    """Return the clips of a folder for each subject, from its u_test."""
    for folder in _SUBJECT_FOLDERS:
        paths = sorted((root / folder).glob("*/u_test/*/*.png"))
        if paths:
            break
    else:
        raise ValueError(
            f"root: {root} holds neither {_TABLE} nor folders <subject>/u_test/<class> of PNG pictures; pass "
            "table=, or the folder that holds them."
        )
    rows = []
    for path in paths:
        subject, name = path.parents[2].name, path.stem.strip()
        clip = name.removeprefix(f"{subject}_")
        target = _class_of(path.parent.name, f"the folder {path.parent}")
        rows.append((_dataset_of(subject), subject, clip, target, path))
    frame = pd.DataFrame(rows, columns=["dataset", "subject", "clip", "target", "path"])
    twice = frame[frame.duplicated(["subject", "clip"])]
    if len(twice):
        raise ValueError(f"root: {twice['path'].iloc[0]} is there a second time, under another class.")
    return frame


def _dataset_of(subject):
    found = [name for name, pattern in _DATASETS.items() if re.fullmatch(pattern, subject)]
    return found[0] if found else "flow-maps"


def _read_maps(paths):
    """Return the pictures as (n, 3, H, W) float32."""
    frames = None
    for k, path in enumerate(paths):
        pixels = read_image(path, mode="RGB", label=str(path))
        if frames is None:
            frames = np.empty((len(paths), 3, *pixels.shape[:2]), np.float32)
        if pixels.shape[:2] != frames.shape[2:]:
            raise ValueError(
                f"root: {path} is {pixels.shape[0]} x {pixels.shape[1]} px, the first map "
                f"{frames.shape[2]} x {frames.shape[3]}; maps must have one size."
            )
        frames[k] = pixels.transpose(2, 0, 1)
    return frames
