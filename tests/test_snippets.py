"""Every Python block of the documentation runs as printed, those of a page in one session; commands parse.

What a reader owns and nobody can ship stands in the working directory under the name that the page gives it.
"""

import re
import shlex
from pathlib import Path

import cv2
import distributed
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skmer._cli._parser import make_parser
from skmer.datasets import make_face_clips, make_long_videos

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    path.stem: path.read_text(encoding="utf-8") for path in [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
}
FENCE = re.compile(r"^(`{3,}|:{3,})([^\n`]*)\n(.*?)^\1$", re.M | re.S)
RUN = sorted(page for page, text in PAGES.items() if "```python" in text and page != "README")
FEATURES = """
from sklearn.base import BaseEstimator, TransformerMixin


class Differences(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self
"""


def blocks(page, language):
    return [code for _, kind, code in FENCE.findall(PAGES[page]) if kind == language]


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    """A folder with a corpus and videos, made once."""
    folder = tmp_path_factory.mktemp("owned")
    make_face_clips(3, 15, sequence=True, fps=80, face_size=120, random_state=0).save(folder / "CASME2")
    (frames,) = make_long_videos(1, 1, duration=2, face_size=160, images=True, random_state=0).frames
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(folder / "video.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 30, (width, height))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]) if frame.ndim == 3 else cv2.cvtColor(frame, 8))
    writer.release()
    return folder


def corpus(owned):
    Path("CASME2").symlink_to(owned / "CASME2")


def video(owned):
    for name in ("video.mp4", "interview.mp4", "new.mp4"):
        Path(name).symlink_to(owned / "video.mp4")


def spreadsheet(owned, target="target", subject="subject"):
    clips = make_face_clips(2, 6, face_size=120, random_state=0)
    rows = []
    for k, frames in enumerate(clips.frames):
        names = [f"clip{k}-{name}.png" for name in ("onset", "apex", "offset")]
        for name, image in zip(names, frames, strict=True):
            cv2.imwrite(name, image)
        rows.append([*names, clips.target[k], clips.groups[k].rpartition("/")[2]])
    pd.DataFrame(rows, columns=["onset", "apex", "offset", target, subject]).to_csv("clips.csv", index=False)


def maps(owned):
    """A few maps in the layout of the repository that the page names."""
    rng, rows = np.random.default_rng(0), []
    folder = Path("HTNet", "datasets", "STSNet_whole_norm_u_v_os")
    folder.mkdir(parents=True)
    for k in range(18):
        subject, clip, label = f"sub0{k % 3 + 1}", f"EP{k:02d}", k % 3
        pixels = rng.integers(0, 120, (28, 28, 3)) + 60 * label
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{subject}_{clip} .png")
        rows.append(["casme2", subject, clip, label])
    table = pd.DataFrame(rows, columns=["dataset", "sub", "filename_o", "label"])
    table.to_csv("HTNet/combined_3_class2_for_optical_flow.csv", index=False)


def package(owned):
    Path("my_package").mkdir()
    Path("my_package", "features.py").write_text(FEATURES)


MADE = {
    "datasets": [corpus, lambda owned: spreadsheet(owned, "emotion", "person")],
    "descriptors": [corpus],
    "flow-maps": [corpus, maps],
    "flow-methods": [corpus],
    "how-it-works": [package],
    "howto-corpus": [corpus],
    "howto-spreadsheet": [spreadsheet],
    "howto-video": [video],
    "kernel-methods": [corpus],
    "landmarks": [corpus, video],
    "published-methods": [corpus],
    "spotting": [video],
}


@pytest.fixture
def cluster(monkeypatch):
    """Whatever address a client is given, a cluster of this process answers."""
    monkeypatch.setattr(distributed, "Client", lambda address: client)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as one,
        distributed.client.Client(one) as client,
    ):
        yield


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", RUN)
def test_runs_as_printed(page, owned, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SKMER_CACHE", str(owned / "cache"))
    for make in MADE.get(page, []):
        make(owned)
    if page == "distributed":
        request.getfixturevalue("cluster")
    names = {}
    for code in blocks(page, "python"):
        exec(compile(code, f"{page}.md", "exec"), names)
    plt.close("all")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page):
    kinds = [kind for _, kind, _ in FENCE.findall(PAGES[page])]
    assert not [kind for kind in kinds if not (kind in ("python", "console", "text") or kind.startswith("{"))]


@pytest.mark.parametrize("page", [page for page in PAGES if "python -m skmer" in PAGES[page]])
def test_every_command_parses(page):
    lines = [line for code in blocks(page, "console") for line in code.splitlines()]
    for line in [line.removeprefix("$ ") for line in lines if line.startswith("$ python -m skmer")]:
        make_parser().parse_args(shlex.split(line, comments=True)[3:])
    for name in re.findall(r"python -m skmer ([a-z]+)", PAGES[page]):
        with pytest.raises(SystemExit) as caught:
            make_parser().parse_args([name, "--help"])
        assert caught.value.code == 0


def test_the_readme_leads_to_each_start():
    assert all(f"docs/{page}.md" in PAGES["README"] for page in PAGES if page.startswith("howto-"))
