import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import skmer

project = "skmer"
author = copyright = "the skmer developers"
version = release = skmer.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "api_pages",
]
exclude_patterns = ["_build", "_ext"]
templates_path = ["_templates"]
nitpicky = False  # numpydoc's type words ("array-like", "default") are no references

autosummary_generate = True
autodoc_typehints = "none"  # types stand in the numpydoc sections
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "skmer"
html_show_sourcelink = False
