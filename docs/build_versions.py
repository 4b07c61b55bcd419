"""Build the documentation of every tagged version and of this checkout: ``python docs/build_versions.py``.

Writes ``docs/_build/site/VERSION/`` for each tag such as v0.2.0, ``dev/`` for the checkout, and an
``index.html`` that leads to the newest version. Each is built from its own sources, by the packages that are
installed here.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><title>skmer</title>
<meta http-equiv="refresh" content="0; url={newest}/index.html">
<h1>skmer</h1><ul>{links}</ul></html>
"""


def versions():
    """Tags of versions, the newest first."""
    listed = subprocess.run(
        ["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tags = [tag for tag in listed.stdout.split() if re.fullmatch(r"v\d+(\.\d+)+", tag)]
    return sorted(tags, key=lambda tag: [int(part) for part in tag[1:].split(".")], reverse=True)


def build(source, target):
    environment = os.environ | {"PYTHONPATH": str(source), "SKMER_DOCS_RUN": "1"}  # notebooks are run
    command = [sys.executable, "-m", "sphinx", "-q", str(source / "docs"), str(target)]
    subprocess.run(command, cwd=source, env=environment, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "_build" / "site")
    site = parser.parse_args().output
    tags = versions()
    for tag in tags:
        if (site / tag[1:] / "index.html").exists():
            continue  # a version that is out does not change
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder, "source")
            subprocess.run(["git", "worktree", "add", "--detach", str(tree), tag], cwd=ROOT, check=True)
            try:
                build(tree, site / tag[1:])
            finally:
                subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
    build(ROOT, site / "dev")
    names = [*(tag[1:] for tag in tags), "dev"]
    links = "".join(f'<li><a href="{name}/index.html">{name}</a></li>' for name in names)
    (site / "index.html").write_text(INDEX.format(newest=names[0], links=links), encoding="utf-8")
    print(f"{', '.join(names)} in {site}")


if __name__ == "__main__":
    main()
