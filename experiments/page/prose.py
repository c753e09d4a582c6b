"""Plain text with mathematics in it, as a page shows it: x^2 raised, alpha_min as a Greek letter with its index."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_GREEK = {"alpha": "α", "beta": "β", "theta": "θ", "omega": "ω", "kappa": "κ", "xi": "ξ", "pi": "π"}
_ACCENTED = {"Ihat": "Î", "Khat": "K̂", "Ibar": "Ī", "yhat": "ŷ"}
_RULES = (
    (r"&lt;=", "≤"),
    (r"&gt;=", "≥"),
    (r"\+-", "±"),
    (r"\^(-?\d+|n)(?!\w)", r"<sup>\1</sup>"),
    (r"(?<=[A-Za-zα-ω])_(min|max|next|n|\d)(?!\w)", r"<sub>\1</sub>"),
    (r"(?<![\w=])-(?=[\d(]| )", "−"),
    (r"\bWhat(?=[/.]| =)", "Ŵ"),  # not the pronoun
)


def prose(text: str) -> Markup:
    """Escape a text and set the mathematics in it.

    Args:
        text: plain text; nothing in it is taken for HTML.

    Returns:
        HTML, safe to insert into a page.

    Example:
        >>> print(prose("|Ihat|^2 <= 2/alpha_min"))
        |Î|<sup>2</sup> ≤ 2/α<sub>min</sub>
    """
    html = str(escape(text))
    names = _GREEK | _ACCENTED
    html = re.sub(rf"(?<![\w.&])({'|'.join(names)})(?![A-Za-z])", lambda match: names[match[1]], html)
    for pattern, spelled in _RULES:
        html = re.sub(pattern, spelled, html)
    return Markup(html)
