"""Finished parts of a long run on disk: one file each, there in full or not at all."""

import hashlib
import json
import os
import re
from importlib.metadata import version
from pathlib import Path

from skmer._utils._files import digest, write_atomically

# Of header and parts; 0.1 wrote neither it nor checksums.
FORMAT = 2
_HEADER = "run.json"
# What a part of the wrong form may raise where it is read.
_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


class Checkpoint:
    """Folder of finished parts that belong to one run.

    A part is kept with a checksum, so that one that was changed is not taken for a result. The checksum finds
    accidents; it does not say who wrote a file: the folder is trusted as far as its permissions reach.

    Parameters
    ----------
    folder : path-like
        Made where it is missing.
    identity : dict of str to str
        What the run is made of, such as "data", "parameters" and "protocol", each as a digest. A folder that
        was written for another identity is refused with the names of what differs.
    """

    def __init__(self, folder, identity):
        if not isinstance(folder, str | os.PathLike):
            raise TypeError(f"checkpoint must be a folder's path or None, got {type(folder).__name__}.")
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = digest(identity)[:16]
        # Runs that start together may both write it: each in one step, and both the same unless refused
        # below.
        if not (self.folder / _HEADER).exists():
            header = {"format": FORMAT, "skmer": version("skmer"), "identity": identity}
            write_atomically(self.folder / _HEADER, json.dumps(header))
        self._check_header(identity)

    def _check_header(self, identity):
        found = _read_header(self.folder / _HEADER)
        names = sorted(name for name in {*found, *identity} if found.get(name) != identity.get(name))
        if names:
            raise ValueError(
                f"checkpoint={str(self.folder)!r} holds parts of a run with other {' and '.join(names)}; "
                "name another folder, or delete this one."
            )

    def read(self, name, parse=None):
        """Return the value that `write` kept under a name.

        Parameters
        ----------
        name : str
            Name of the part.
        parse : callable, optional
            Called with the part; what it returns is returned. An error that it raises is one of the file.

        Returns
        -------
        part : object or None
            None where it was never kept, or a crash of the machine left half of it.

        Raises
        ------
        ValueError
            If the file is not one of this run, or was changed since it was written.
        """
        path = self._path(name)
        content = _read(path)
        if content is None:
            return None
        if not isinstance(content, dict) or content.keys() != {"run", "name", "part", "sha256"}:
            raise ValueError(f"{path} is no part of a checkpoint; delete it, and it is computed again.")
        if content["run"] != self.key or content["name"] != name:
            raise ValueError(
                f"{path} was written by another run than the rest of its folder; delete it, or name another "
                "checkpoint."
            )
        if content["sha256"] != _checksum(content):
            raise ValueError(
                f"{path} has been changed since it was written: its checksum differs; delete it, and it is "
                "computed again."
            )
        if parse is None:
            return content["part"]
        try:
            return parse(content["part"])
        except _ERRORS as error:
            raise ValueError(
                f"{path} does not hold what such a part holds ({error!r:.200}); delete it, and it is "
                "computed again."
            ) from error

    def write(self, name, part):
        """Keep a finished part, which JSON must be able to hold."""
        content = {"run": self.key, "name": name, "part": part}
        write_atomically(self._path(name), json.dumps({**content, "sha256": _checksum(content)}))

    def _path(self, name):
        """File of a part: letters, digits and a digest, so that no name leads out of the folder."""
        readable = re.sub(r"[^A-Za-z0-9-]+", "_", name)[:60]
        return self.folder / f"{readable}.{digest(['part', name])[:8]}.json"


def _checksum(content):
    # JSON gives back every digit of a float, so that the text of what was read is the text that was written.
    text = json.dumps([content["run"], content["name"], content["part"]])
    return hashlib.sha256(text.encode()).hexdigest()


def _read_header(path):
    """Return the identity that a folder was written for."""
    header = _read(path)
    if not isinstance(header, dict):
        raise ValueError(f"{path} is no header of a checkpoint; name another folder, or delete that file.")
    if header.get("format") == FORMAT and isinstance(header.get("identity"), dict):
        return header["identity"]
    if "format" not in header and {"data", "parameters"} & header.keys():
        raise ValueError(
            f"checkpoint={str(path.parent)!r} was written by skmer 0.1, whose parts this version does not "
            "read; name another folder, or delete this one."
        )
    raise ValueError(
        f"checkpoint={str(path.parent)!r} was written in format {str(header.get('format'))[:20]}, and this "
        f"version reads format {FORMAT}; name another folder, or delete this one."
    )


def _read(path):
    """Return the content of a file, None where there is none or it is cut."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{path} is no part of a checkpoint ({error}); delete it.") from error
    return {} if content is None else content  # null is whole, and no content of ours
