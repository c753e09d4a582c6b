"""The directive `derived`: a formula of a theorem, as the pipeline derives it, in the text of a page.

    ```{derived} 5.4
    :step: Amplification factor
    ```

The result without a step; a step that there is not is a mistake, and ends the build.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from derive.reports.theorem_page import page


class Derived(SphinxDirective):
    """A formula, and where it is derived."""

    required_arguments = 1
    option_spec: ClassVar = {"step": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The formula and the line below it."""
        key = self.arguments[0]
        latex = chosen(key, self.options["step"]) if "step" in self.options else json.loads(page(key)["json"])["latex"]
        link = pending_xref("", refdomain="std", reftype="doc", reftarget=f"/generated/theorems/{key}", refexplicit=True)
        link["refdoc"], link["refwarn"] = self.env.docname, True
        link += nodes.inline("", f"derived in {key}", classes=["doc"])
        return [nodes.math_block(latex, latex, nowrap=True), nodes.paragraph("", "", link, classes=["derived"])]


def chosen(key: str, step: str) -> str:
    """LaTeX of the first step whose heading begins so."""
    headings = re.findall(r"^% (.+)$", page(key)["steps_latex"], re.MULTILINE)
    steps = zip(headings, json.loads(page(key)["json"])["steps"], strict=True)
    found = next((told["latex"] for heading, told in steps if heading.startswith(step)), None)
    if found is None:
        raise ValueError(f"expected the beginning of one of {', '.join(headings)}, got {step!r}")
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("derived", Derived)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
