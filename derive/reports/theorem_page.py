"""All that the command line prints of a theorem, as text, so that it can be kept: deriving takes seconds, reading none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from derive.derivations import key_of, theorem
from derive.errors import InputError
from derive.files.remembered import remembered
from derive.printing.plain_text import in_unicode

if TYPE_CHECKING:
    from derive.paper.derivation import Derivation

BACKENDS = ("numpy", "torch")

Page = dict[str, Any]
"""`summary`, `steps`, `latex`, `steps_latex`, `json`; `code`: backend -> source, `no_code`: why there is none;
`macros`: see export."""


def page(key: str) -> Page:
    """The page of a theorem: as kept, or derived now.

    Raises:
        InputError: no theorem has this key.
    """
    known = key_of(key)
    return remembered(f"{known}-{'unicode' if in_unicode() else 'ascii'}", lambda: _derived(known))


def code(key: str, backend: str) -> str:
    """Generated source of the theorem's first output.

    Raises:
        InputError: no theorem has this key, or it has no numeric output.
    """
    told = page(key)
    if told["no_code"]:
        raise InputError(told["no_code"])
    return told["code"][backend]


def _derived(key: str) -> Page:
    from derive.reports import as_json
    from derive.reports.theorem_macros import macros_of
    from derive.reports.theorem_summary import summary

    derivation = theorem(key)
    sources, refusal = _code(derivation)
    return {
        "summary": summary(derivation),
        "steps": str(derivation),
        "latex": derivation.latex(),
        "steps_latex": "\n".join(f"% {step.heading}\n\\[ {step.latex} \\]" for step in derivation.steps),
        "json": as_json.written(as_json.of_theorem(derivation)),
        "code": sources,
        "no_code": refusal,
        "macros": macros_of(key, derivation),
    }


def _code(derivation: Derivation) -> tuple[dict[str, str], str]:
    try:
        return {backend: derivation.function(backend).source for backend in BACKENDS}, ""
    except InputError as error:
        return {}, str(error)
