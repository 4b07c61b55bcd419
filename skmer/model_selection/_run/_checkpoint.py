"""Finished parts of a long run on disk: one file each, there in full or not at all."""

import json
import re
from pathlib import Path

from skmer._utils._digest import digest
from skmer._utils._files import write_atomically

_HEADER = "run.json"


class Checkpoint:
    """Folder of finished parts that belong to one run.

    Parameters
    ----------
    folder : path-like
        Made where it is missing.
    identity : dict of str to str
        What the run is made of, such as "data", "parameters" and "protocol", each as a digest. A folder that
        was written for another identity is refused with the names of what differs.
    """

    def __init__(self, folder, identity):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = digest(identity)[:16]
        header = _read(self.folder / _HEADER)
        if header is None:
            write_atomically(self.folder / _HEADER, json.dumps(identity))
        elif header != identity:
            names = sorted(name for name in {*header, *identity} if header.get(name) != identity.get(name))
            raise ValueError(
                f"checkpoint={str(folder)!r} holds parts of a run with other {' and '.join(names)}; name "
                "another folder, or delete this one."
            )

    def read(self, name):
        """Return what `write` kept under a name, None where it never did."""
        content = _read(self._path(name))
        if content is not None and content.get("run") != self.key:
            raise ValueError(
                f"{self._path(name)} was written by another run than the rest of its folder; delete it, or "
                "name another checkpoint."
            )
        return None if content is None else content["part"]

    def write(self, name, part):
        """Keep a finished part, which JSON must be able to hold."""
        write_atomically(self._path(name), json.dumps({"run": self.key, "name": name, "part": part}))

    def _path(self, name):
        readable = re.sub(r"[^A-Za-z0-9-]+", "_", name)[:60]
        return self.folder / f"{readable}.{digest(['part', name])[:8]}.json"


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
