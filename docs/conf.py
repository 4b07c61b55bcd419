import os
import sys
import tomllib
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
    "myst_nb",
    "sphinx_design",
    "figures_page",
    "gallery_pages",
    "command_line_page",
    "api_pages",
    "published_page",
    "choices_page",
    "mathml",
    "unbroken_intervals",
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

# `make docs` runs the notebooks and keeps what they gave; the tests, which run them anyway, only show them.
nb_execution_mode = "cache" if os.environ.get("SKMER_DOCS_RUN") else "off"
nb_execution_timeout = 600
nb_execution_raise_on_error = True

# The one place of addresses is pyproject.toml; RELEASING.md says how they are filled in.
PROJECT = Path(__file__).parents[1] / "pyproject.toml"
urls = tomllib.loads(PROJECT.read_text("utf-8"))["project"].get("urls", {}) if PROJECT.exists() else {}
html_baseurl = urls.get("Documentation", "")

html_theme = "furo"
html_theme_options = (
    {"source_repository": urls["Source"], "source_directory": "docs/"} if "Source" in urls else {}
)
pygments_dark_style = "github-dark"
html_title = f"skmer {release}"
html_static_path = ["_static"]
html_css_files = ["equation.css", "site.css"]
html_show_sourcelink = False
