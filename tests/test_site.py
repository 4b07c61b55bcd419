"""The site has a folder for each tagged version, built from its own sources, and one for the checkout."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "build_versions.py"


@pytest.fixture
def checkout(tmp_path):
    """A repository with two versions, another tag, and something newer."""
    (tmp_path / "docs").mkdir()

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for text, tag in [("nine", "v0.9.0"), ("ten", "v0.10.0"), ("other", "vendor"), ("newer", None)]:
        (tmp_path / "docs" / "index.md").write_text(text)
        git("add", "docs")
        git("commit", "-m", text)
        if tag:
            git("tag", tag)
    return tmp_path


@pytest.fixture
def site(checkout, monkeypatch):
    """Function that builds the site, Sphinx left out, and returns the versions that it built."""
    spec = importlib.util.spec_from_file_location("build_versions", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    built = []

    def build(source, target):
        target.mkdir(parents=True, exist_ok=True)
        (target / "index.html").write_text((source / "docs" / "index.md").read_text())
        built.append(target.name)

    def run():
        built.clear()
        script.main()
        return list(built)

    monkeypatch.setattr(script, "ROOT", checkout)
    monkeypatch.setattr(script, "build", build)
    monkeypatch.setattr(sys, "argv", ["build_versions.py", "--output", str(checkout / "site")])
    return run


def test_each_version_is_built_once_from_its_own_sources(site, checkout):
    assert site() == ["0.10.0", "0.9.0", "dev"]
    shown = {page.parent.name: page.read_text() for page in (checkout / "site").glob("*/index.html")}
    assert shown == {"0.9.0": "nine", "0.10.0": "ten", "dev": "newer"}
    first = (checkout / "site" / "index.html").read_text()
    assert "url=0.10.0/index.html" in first and first.count("<a href") == 3
    trees = subprocess.run(["git", "worktree", "list"], cwd=checkout, capture_output=True, text=True)
    assert len(trees.stdout.splitlines()) == 1
    assert site() == ["dev"]
