"""Sphinx: Markdown by MyST, docstrings (Google style) by autodoc and napoleon."""

import re

import minigrad

project = "minigrad"
author = "The minigrad authors"
project_copyright = "2026, The minigrad authors"
version = release = minigrad.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
default_role = "literal"  # docstrings write `code` as Markdown does
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Tensors, autograd and pictures of both, on NumPy", "page_width": "1100px"}
suppress_warnings = ["ref.python"]  # a word such as `shape` in a docstring is no cross-reference
napoleon_use_ivar = True
autodoc_member_order = "bysource"
myst_enable_extensions = ["dollarmath"]


def setup(app):
    """Chinese has no spaces between words: a line that ends there, or at its punctuation, goes on without one."""
    app.connect("source-read", lambda app, name, source: source.append(join_chinese(source.pop())))


def join_chinese(text):
    """The text without such ends of lines.

    >>> join_chinese("注意力\\n机制。\\nQ and\\nK")
    '注意力机制。Q and\\nK'
    """
    chinese = "[\u3000-\u9fff\uff00-\uffef]"
    return re.sub(rf"(?<={chinese})\n(?={chinese})|(?<=[，。、；：）])\n(?=\S)", "", text)
