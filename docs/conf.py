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
    "numpydoc",
    "myst_parser",
    "api_pages",
    "published_page",
    "choices_page",
    "mathml",
]
exclude_patterns = ["_build", "_ext"]
templates_path = ["_templates"]
default_role = "obj"  # single backticks link to what has that name
html_math_renderer = "mathml"

autosummary_generate = True
autodoc_typehints = "none"  # types stand in the numpydoc sections
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "skmer"
html_static_path = ["_static"]
html_css_files = ["equation.css"]
html_show_sourcelink = False
