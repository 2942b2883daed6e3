"""Sphinx: Markdown by MyST, docstrings by autodoc."""

import minigrad

project = "minigrad"
author = "The minigrad authors"
project_copyright = "2026, The minigrad authors"
version = release = minigrad.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Tensors, autograd and pictures of both, on NumPy"}
autodoc_member_order = "bysource"
myst_enable_extensions = ["dollarmath"]
