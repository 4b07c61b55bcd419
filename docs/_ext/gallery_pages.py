"""The notebooks as pages of the site, and a gallery that leads to them.

They lie beside ``docs`` in a checkout and in an sdist. Whether they are run at the build is said by the
environment variable SKMER_DOCS_RUN; ``make docs`` sets it, the tests, which run them anyway, do not. A card
shows the first picture that its notebook drew, or one of the page of figures where it was not run.
"""

import json
import shutil
from pathlib import Path

from docutils import nodes

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
# Picture of the page of figures that a card shows where its notebook was not run.
PICTURES = {
    "01_quickstart": "class-scores",
    "02_grid_search": "losses",
    "03_landmarks": "motion",
    "04_loso": "confusion",
    "05_your_own_data": "subject-scores",
    "06_batched_search": "action-weights",
    "07_your_own_video": "action-maps",
}
GALLERY = "api/generated/gallery"
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
    return (
        f":::{{grid-item-card}} {title_of(path)}\n:link: notebooks/{path.stem}\n:link-type: doc\n"
        f":img-top: pictures/{path.stem}.png\n:class-img-top: thumbnail\n:::\n"
    )


def read_last(app, env, docnames):
    """Have the gallery read after its notebooks, whose pictures it shows."""
    if any(name.startswith("api/generated/notebooks/") for name in docnames) or GALLERY in docnames:
        docnames[:] = [*(name for name in docnames if name != GALLERY), GALLERY]


def show_outputs(app, docname, source):
    """Put the first picture that each notebook drew in the place of its card's."""
    if docname != GALLERY:
        return
    for page in sorted(name for name in app.env.all_docs if name.startswith("api/generated/notebooks/")):
        drawn = next(iter(app.env.get_doctree(page).findall(nodes.image)), None)
        if drawn is not None:
            shutil.copy(Path(app.srcdir, drawn["uri"]), card_picture(app, Path(page).stem))


def card_picture(app, notebook):
    return Path(app.srcdir, "api", "generated", "pictures", f"{notebook}.png")


def setup(app):
    app.connect("env-before-read-docs", read_last)
    app.connect("source-read", show_outputs)
    folder = Path(app.srcdir) / "api" / "generated"
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        shutil.copy(path, folder / "notebooks" / path.name)
        figure = PICTURES.get(path.stem, "confusion")
        shutil.copy(folder / "pictures" / f"{figure}-light.png", card_picture(app, path.stem))
    tree = "\n".join(f"notebooks/{path.stem}" for path in paths)
    text = [INTRODUCTION, *map(card, paths), "::::\n", f"```{{toctree}}\n:hidden:\n\n{tree}\n```\n"]
    (folder / "gallery.md").write_text("\n".join(text), encoding="utf-8")
    return {"parallel_read_safe": False}  # the gallery is read after the notebooks
