"""Formulas as MathML, made when the site is built: a page needs no script to show them."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from experiments.page.mathml import mathml


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(f'<span class="formula">{mathml(node.astext(), "inline")}</span>')
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    # A formula wider than the page is scrolled, by keys too.
    label = "formula; scrolls sideways where it is wide"
    writer.body.append(f'<div class="formula" tabindex="0" role="group" aria-label="{label}">{mathml(node.astext())}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer `mathml`."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
