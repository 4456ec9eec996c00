"""What Sphinx is told, and formulas as MathML, which need no script."""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from leakyedu import __version__

project = author = "leakyedu"
release = version = __version__
copyright = "the leakyedu authors, MIT licence"  # noqa: A001  # the name that Sphinx wants
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.githubpages", "sphinx.ext.napoleon"]
root_doc = "index"
language = "en"

html_theme = "furo"
html_title = "leakyedu"
html_favicon = "icon.svg"  # or a browser asks the host for one, and complains where there is none
html_math_renderer = "mathml"
html_show_sphinx = html_show_sourcelink = html_copy_source = False
html_show_search_summary = False  # it would fetch pages, which a page from disk may not
html_domain_indices = html_use_index = False

nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show, nb_code_prompt_hide = "Show what is set up", "Hide what is set up"
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "leakyedu.app.site.conf.slug"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # they stand in the signature of the source, and in words below it
napoleon_use_ivar = True  # or an attribute is described twice


def slug(heading: str) -> str:
    """Return the address of a heading on its page, as Jupyter makes it."""
    return heading.replace(" ", "-")


def to_mathml(latex: str, *, display: bool) -> str:
    r"""Return a formula as MathML.

    Args:
        latex: the formula; one that is aligned at ``&`` may stand without an environment.
        display: whether it stands in a line of its own.

    Raises:
        ExtensionError: if something of it is left as LaTeX.
    """
    # Of LaTeX's ways to align, `split` is one that the converter knows.
    latex = re.sub(r"\\(begin|end){aligned}", r"\\\1{split}", latex)
    if re.search(r"(?<!\\)&|\\\\", latex) and r"\begin" not in latex:
        latex = rf"\begin{{split}}{latex}\end{{split}}"
    mathml = convert(latex, display="block" if display else "inline")
    if re.search(r">(?:&(?!#?\w+;)|&amp;|&#x00026;|\\)", mathml):
        raise ExtensionError(f"This formula is not read to its end: {latex}")
    return mathml


def _inline(self, node: nodes.Element) -> None:
    self.body.append(to_mathml(node.astext(), display=False))
    raise nodes.SkipNode


def _block(self, node: nodes.Element) -> None:
    # A wide formula is scrolled by itself, with keys too, and not with its page.
    formula = to_mathml(node.astext(), display=True)
    self.body.append(f'<div class="math" tabindex="0" role="group" aria-label="formula">{formula}</div>')
    raise nodes.SkipNode


def is_a_field(thing: object) -> bool:
    """Tell whether something is a field of a named tuple, which the docstring of its class explains."""
    return type(thing).__name__ == "_tuplegetter"


def setup(app: Sphinx) -> None:
    """Give Sphinx our formulas, and leave out what is explained already."""
    app.connect(
        "autodoc-skip-member", lambda app, what, name, thing, skip, options: is_a_field(thing) or None
    )
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
