"""The notebooks as pages of the site, and a gallery that leads to them.

They lie beside ``docs`` in a checkout and in an sdist. Whether they are run at the build is said by the
environment variable SKMER_DOCS_RUN; ``make docs`` sets it, the tests, which run them anyway, do not.
"""

import json
import shutil
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# Picture of the page of figures that a card shows.
PICTURES = {
    "01_quickstart": "class-scores",
    "02_grid_search": "losses",
    "03_landmarks": "motion",
    "04_loso": "confusion",
    "05_your_own_data": "subject-scores",
    "06_batched_search": "action-weights",
    "07_your_own_video": "action-maps",
}
INTRODUCTION = """# Gallery

Notebooks, each named by the claim that it shows; they run in minutes, on synthetic clips.

::::{grid} 1 2 2 3
:gutter: 3
"""


def title_of(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for line in "".join(cell["source"]).splitlines():
            if cell["cell_type"] == "markdown" and line.startswith("# "):
                return line[2:]
    raise ValueError(f"{path.name} has no title.")


def card(path):
    picture = PICTURES.get(path.stem, "confusion")
    return (
        f":::{{grid-item-card}} {title_of(path)}\n:link: notebooks/{path.stem}\n:link-type: doc\n"
        f":img-top: pictures/{picture}-light.png\n:class-img-top: thumbnail\n:::\n"
    )


def setup(app):
    folder = Path(app.srcdir) / "api" / "generated"
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        shutil.copy(path, folder / "notebooks" / path.name)
    tree = "\n".join(f"notebooks/{path.stem}" for path in paths)
    text = [INTRODUCTION, *map(card, paths), "::::\n", f"```{{toctree}}\n:hidden:\n\n{tree}\n```\n"]
    (folder / "gallery.md").write_text("\n".join(text), encoding="utf-8")
    return {"parallel_read_safe": True}
