"""Common parts of displays and pages: colours that the colour-blind tell apart, axes, crops, page policy."""

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

import numpy as np

BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#767676"
CYCLE = (BLUE, ORANGE, GREEN, PINK, "#56B4E9", "#E69F00", "text", "#F0E442")
SEQUENTIAL = "Blues"
CAPTION = {"loc": "left", "fontsize": "medium"}


def cycled(k):
    """Colour number k of the cycle, which starts again; the seventh is that of text, light on dark pages."""
    from matplotlib import rcParams

    colour = CYCLE[k % len(CYCLE)]
    return rcParams["text.color"] if colour == "text" else colour


def axes_or_new(ax, width, height):
    """The given axes, or those of a new figure of that size in inches."""
    if ax is not None:
        if not hasattr(ax, "add_patch"):
            raise TypeError(f"ax must be matplotlib axes or None, got {type(ax).__name__}.")
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def name_rows(ax, names, *, columns=None):
    """Write names beside the rows of a table, and others, aslant, below its columns; no ticks, no frame."""
    # Names are a user's: a dollar sign in one is no formula.
    ax.set_yticks(range(len(names)), names, parse_math=False)
    if columns is not None:
        slant = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
        ax.set_xticks(range(len(columns)), columns, parse_math=False, **slant)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)


def write_cells(ax, texts, dark):
    """Write a text into each cell of a table, white where the cell is dark; nothing where it is empty."""
    for i, j in np.argwhere(texts != ""):
        ax.text(j, i, texts[i, j], ha="center", va="center", color="white" if dark[i, j] else "black")


def add_legend(ax, place="upper right", **options):
    """Add a legend without a frame."""
    ax.legend(frameon=False, loc=place, **options)


def divided(ax, n_rows, n_columns):
    """Grid of axes (n_rows, n_columns) in the place of `ax`, which is switched off."""
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(n_rows, n_columns)
    return np.array([[ax.figure.add_subplot(grid[i, j]) for j in range(n_columns)] for i in range(n_rows)])


def open_frame(ax):
    """Leave only the left and the lower spine."""
    ax.spines[["top", "right"]].set_visible(False)


def show_face(ax, image, points, *, margin=0.15, faded=False):
    """Draw the face, or nothing but its place, cropped around its landmarks; y runs down."""
    low, high = points.min(axis=0), points.max(axis=0)
    pad = margin * (high - low).max()
    if image is not None:
        pixels = np.asarray(image).mean(axis=2) if faded and np.ndim(image) == 3 else image
        ax.imshow(pixels, cmap="gray", interpolation="bilinear", vmin=0, vmax=255, alpha=0.6 if faded else 1)
    ax.set_xlim(low[0] - pad, high[0] + pad)
    ax.set_ylim(high[1] + pad, low[1] - 1.5 * pad)
    ax.set_aspect("equal")
    ax.set_axis_off()


def page_resource(folder, name):
    """Return the text of a file beside the modules: a template, a style sheet, a script."""
    return files("skmer.inspection").joinpath(folder, name).read_text(encoding="utf-8")


def content_policy(style, script=None):
    """Return a page's content security policy: it loads nothing, and runs this script and no other.

    Names of clips and classes come from a user's files: whatever they hold, the browser runs nothing of it.
    """
    hashes = {"style-src": style} if script is None else {"style-src": style, "script-src": script}
    allowed = [
        f"{kind} 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for kind, text in hashes.items()
    ]
    return "; ".join(["default-src 'none'; img-src data:", *allowed])
