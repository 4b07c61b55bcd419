"""The pages that say how to start run as they are printed, one block after the other."""

import re
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from skmer.datasets import make_face_clips, make_long_videos

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(path.stem for path in DOCS.glob("howto-*.md"))


def corpus():
    clips = make_face_clips(4, 24, sequence=True, fps=30, face_size=120, random_state=0)
    clips.save("CASME2")


def video():
    (frames,) = make_long_videos(1, 1, duration=2, face_size=160, images=True, random_state=0).frames
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter("video.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 30, (width, height))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]) if frame.ndim == 3 else cv2.cvtColor(frame, 8))
    writer.release()


def spreadsheet():
    clips = make_face_clips(2, 6, face_size=120, random_state=0)
    rows = []
    for k, frames in enumerate(clips.frames):
        names = [f"clip{k}-{name}.png" for name in ("onset", "apex", "offset")]
        for name, image in zip(names, frames, strict=True):
            cv2.imwrite(name, image)
        rows.append([*names, clips.target[k], clips.groups[k].rpartition("/")[2]])
    columns = ["onset", "apex", "offset", "target", "subject"]
    pd.DataFrame(rows, columns=columns).to_csv("clips.csv", index=False)


MADE = {
    "howto-corpus": corpus,
    "howto-video": video,
    "howto-spreadsheet": spreadsheet,
    "howto-model": lambda: None,
}


def test_every_page_is_known():
    assert set(PAGES) == set(MADE)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", PAGES)
def test_runs_as_printed(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKMER_CACHE", str(tmp_path / "cache"))
    MADE[page]()
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.S)
    assert blocks
    names = {}
    for block in blocks:
        exec(compile(block, f"{page}.md", "exec"), names)
    plt.close("all")


def test_the_readme_leads_to_each():
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"docs/{page}.md" in readme for page in PAGES)
