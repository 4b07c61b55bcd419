"""Damage files of every kind that is read: ``python tests/bad_inputs/files.py --n 500 --seed 0``.

A damaged file must be read, or refused by a ValueError or OSError that names the file, in bounded time. An
entry of a cache must come back as it was written, or not at all; so must a model or a part of a checkpoint.
Prints what does not hold; ends with 1 if anything does not.
"""

# ruff: noqa: E402 (threads are counted and the backend is chosen on import)

import argparse
import io
import os
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
from run import TooLong, limited
from valid_files import SAME, VALID

ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-be", "latin-1", "gbk", "cp500", "utf-32")
FAR = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
MERGE = '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'


def truncated(content, rng):
    return content[: rng.integers(len(content))]


def flipped(content, rng):
    data = bytearray(content)
    for place in rng.integers(len(data), size=rng.integers(1, 9)):
        data[place] ^= 1 << rng.integers(8)
    return bytes(data)


def blanked(content, rng):
    start = rng.integers(len(content))
    return content[:start] + bytes(len(content[start : start + 64])) + content[start + 64 :]


def grown(content, rng):
    place = rng.integers(len(content))
    return content[:place] + rng.bytes(rng.integers(1, 200)) + content[place:]


def repeated(content, rng):
    start, stop = sorted(rng.integers(len(content) + 1, size=2))
    return content[:stop] + content[start:]


def emptied(content, rng):
    return b"" if rng.random() < 0.5 else rng.bytes(300)


def encoded(content, rng):
    code = ENCODINGS[rng.integers(len(ENCODINGS))]
    return content.decode().replace("1", "1é", 1).encode(code, errors="replace")


def separated(content, rng):
    return content.replace(b",", (b";", b"\t", b"|", b" ", b"\0", b'"')[rng.integers(6)])


def widened(content, rng):
    first, _, rest = content.partition(b"\n")
    return first + b",x" * 10**6 + b"\n" + rest


def lengthened(content, rng):
    return content + b"9" * 10**6 + b"\n" * int(rng.integers(1, 10**5))


def nested(content, rng):
    return b'{"predictions": ' + b"[" * 10**5 + content


def retyped(content, rng):
    """Put another value in the place of a word or number of a text."""
    words = content.decode(errors="replace").split('"')
    words[rng.integers(len(words))] = ("", "-1e999", "null", "\\ud800", "NaN", "../x", "10" * 40)[
        rng.integers(7)
    ]
    return '"'.join(words).encode(errors="replace")


def inside_workbook(content, rng):
    """Damage one part of a workbook, below the archive's own checksums; or put a cell or a merge far away."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    parts = {name: archive.read(name) for name in archive.namelist()}
    name = sorted(parts)[rng.integers(len(parts))]
    if rng.random() < 0.4:
        name = next(part for part in parts if "worksheets/sheet" in part)
        text = parts[name].decode()
        parts[name] = text.replace("</sheetData>", (FAR, MERGE)[rng.integers(2)]).encode()
    else:
        parts[name] = (truncated, flipped, blanked, grown, repeated)[rng.integers(5)](parts[name], rng)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as changed:
        for part, data in parts.items():
            changed.writestr(part, data)
    return written.getvalue()


BYTES = [truncated, flipped, blanked, grown, repeated, emptied]
DAMAGE = {
    "bytes": BYTES,
    "text": [*BYTES, encoded, separated, widened, lengthened, retyped],
    "json": [*BYTES, encoded, nested, retyped, lengthened],
    "workbook": [*BYTES, inside_workbook, inside_workbook, inside_workbook],
}


def verdict(kind, path, right):
    """Return what reading a damaged file did."""
    read = VALID[kind].read
    try:
        with limited():
            value = read(path)
    except TooLong:
        return "no end"
    except (ValueError, OSError) as error:
        if isinstance(error, UnicodeError):
            return f"wrong kind: {error!r:.150}"
        return "refused" if path.name in str(error) else f"no name: {error!r:.150}"
    except Exception as error:
        return f"wrong kind: {error!r:.150}"
    is_right = not VALID[kind].signed or value is None or SAME(value, right)
    return "read" if is_right else "altered, unseen"


def main():
    """Damage and read, print what fails, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rng, counts, started = np.random.default_rng(options.seed), Counter(), time.perf_counter()
    files, right = {}, {}
    for kind, valid in VALID.items():
        path = valid.write(Path("valid", kind))
        files[kind], right[kind] = path, valid.read(path)
    for number in range(options.n):
        kind = list(VALID)[number % len(VALID)]
        content = files[kind].read_bytes()
        damages = DAMAGE[VALID[kind].damage]
        damage = damages[rng.integers(len(damages))]
        files[kind].write_bytes(damage(content, rng))
        found = verdict(kind, files[kind], right[kind])
        files[kind].parent.mkdir(parents=True, exist_ok=True)
        files[kind].write_bytes(content)
        counts[found.partition(":")[0]] += 1
        if found not in ("refused", "read"):
            print(f"{kind}, {damage.__name__}: {found}".replace("\n", " "), flush=True)
    wrong = sum(n for found, n in counts.items() if found not in ("refused", "read"))
    print(f"{options.n} tried, {wrong} wrong, {time.perf_counter() - started:.0f} s: {dict(counts)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        status = main()
        os.chdir("/")
    sys.exit(status)
