"""LaTeX of this package as MathML: spelled before as latex2mathml knows it, mended after where browsers set it badly."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from markupsafe import Markup, escape

_NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
_SPELLED = {
    r"\star": "⋆",
    r"\tfrac": r"\frac",
    r"\varkappa": "ϰ",
    r"\wedge": "∧",
    r"\begin{aligned}": r"\begin{array}{rl}",
    r"\end{aligned}": r"\end{array}",
    "**": "⁑",
    r"\|": "‖",
}
_BARE_BAR = r"(?<!\\left)(?<!\\right)\|"
_TALL = {"mfrac", "mtable", "msqrt", "munder", "munderover"}  # not mover: hats and bars
_LARGE_OPERATORS = ("∫", "∑")


def mathml(latex: str, display: str = "block") -> Markup:
    """A formula; empty for no LaTeX.

    Args:
        latex: formula without dollar signs.
        display: "block", or "inline" for one in a line of text.

    Returns:
        One `<math>` element, safe to insert into a page: its text is escaped.
    """
    if not latex:
        return Markup("")
    from latex2mathml.converter import convert  # here, so that whoever looks first whether it is there can say so

    root = ElementTree.fromstring(convert(_spelled(latex), display=display).replace(_NAMESPACE, ""))
    for element in root.iter():
        _mend_symbol(element)
        _mend_signs(element)
        _mend_fence(element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _spelled(latex: str) -> str:
    """The same formula in commands that latex2mathml knows."""
    for command, known in _SPELLED.items():
        latex = latex.replace(command, known)
    latex = re.sub(rf"{_BARE_BAR}([^|]*?){_BARE_BAR}", r"\\left|{\1}\\right|", latex)  # |x| has an inside and an outside
    latex = re.sub(r"\\text\{([^}]*)\}", lambda match: rf"\text{{{escape(match[1])}}}", latex)  # else it is taken for markup
    return re.sub(r"\\operatorname\{(\w+)\}", r"\\mathrm{\1}", latex)


def _mend_symbol(element: ElementTree.Element) -> None:
    """A star between two fields is an operator, and the Delta of a step is upright: neither is a variable."""
    if element.text in ("⋆", "⁑"):
        element.tag = "mo"
        element.text = "∗∗" if element.text == "⁑" else "⋆"
        element.attrib |= {"lspace": "0.2em", "rspace": "0.2em"}
    elif element.tag == "mi" and element.text == "Δ":
        element.set("mathvariant", "normal")


def _mend_signs(element: ElementTree.Element) -> None:
    """A minus after another operator or an opening bracket is a sign, set without gaps."""
    for before, child in pairwise(element):
        if child.text == "−" and before.tag == "mo" and before.get("form") != "postfix" and before.text not in (")", "|"):
            child.set("form", "prefix")


def _mend_fence(element: ElementTree.Element) -> None:
    """Brackets about something no taller than a letter must not stretch: browsers set stretched ones with wide gaps."""
    fences = [child for child in element if child.tag == "mo" and child.get("fence")]
    if fences and not any(map(_is_tall, element.iter())):
        for fence in fences:
            fence.set("stretchy", "false")


def _is_tall(element: ElementTree.Element) -> bool:
    return element.tag in _TALL or element.text in _LARGE_OPERATORS
