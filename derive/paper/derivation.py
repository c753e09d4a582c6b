"""A derivation: named steps that a reader can follow, from a starting point to a result; printed and typeset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy as sp

from derive.errors import InputError, choose
from derive.printing.notebook import markdown
from derive.printing.text import indent, latex, paragraph, pretty


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what stands there now, and why it follows.

    Attributes:
        title: a few words.
        expression: computed from what the step before took, unless it is argued.
        why: in words.
        argued: stated, with the argument in `why`: no code derives it.
    """

    title: str
    expression: sp.Basic
    why: str
    argued: bool = False

    @property
    def heading(self) -> str:
        """The title, with a word where a step is argued."""
        return f"{self.title} (argued)" if self.argued else self.title

    @property
    def latex(self) -> str:
        """The expression as LaTeX, in the notation of `symbols`."""
        return latex(self.expression)

    def __str__(self) -> str:
        return "\n".join([self.heading, paragraph(self.why, "  "), "", indent(pretty(self.expression)), ""])


@dataclass(frozen=True)
class Derivation:
    """A theorem as the pipeline derives it.

    Attributes:
        id: key, such as ``"5.4"``.
        title: a few words.
        assumptions: what it holds under, in words.
        steps: the derivation, in order.
        result: what came out: an equation, or a `Stability`.
        outputs: further named results, each a mapping from a name to an expression.
        source: where the paper states it.
    """

    id: str
    title: str
    assumptions: tuple[str, ...]
    steps: tuple[Step, ...]
    result: Any
    source: str
    outputs: Mapping[str, tuple[sp.Expr, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        assumed = (paragraph(text, "  - ", "    ") for text in self.assumptions)
        return "\n".join([heading(self), *assumed, "", *map(str, self.steps)]).rstrip()

    def summary(self) -> str:
        """Heading and result, without the assumptions and the steps."""
        return "\n".join([heading(self), "", indent(self._result_text())])

    def _result_text(self) -> str:
        return pretty(self.result) if isinstance(self.result, sp.Basic) else str(self.result)

    def latex(self) -> str:
        """The result as LaTeX (a formula, without dollar signs)."""
        return latex(self.result) if isinstance(self.result, sp.Basic) else self.result.latex()

    def _repr_markdown_(self) -> str:
        from derive.paper.solved import solved

        bounds = solved(self)
        formulas = [latex(sp.Tuple(*bounds)), self.latex()] if bounds else [self.latex()]
        told = ["solved for the weight decay, and as it was derived"] if bounds else []
        return markdown(
            formulas, [*told, f"{self.id}  {self.title}  [{self.source}]", *(f"for: {a}" for a in self.assumptions)]
        )

    def __repr__(self) -> str:
        return f"Derivation({self.id}: {self.title}; {len(self.steps)} steps)"

    def function(self, backend: str = "numpy", name: str | None = None) -> Callable:
        """Generated code of a named output (default: the first one), arguments by keyword; see `.source` on it.

        Args:
            backend: ``"numpy"`` or ``"torch"``.
            name: one of `outputs`.

        Raises:
            InputError: unknown backend or output, or the theorem has no numeric output.
        """
        if not self.outputs:
            raise InputError(f"theorem {self.id} states an equation between fields; use derive.flow for its code")
        chosen = name or next(iter(self.outputs))
        return _compiled(chosen, tuple(choose("output", chosen, self.outputs)), backend, self.title)


@lru_cache(maxsize=256)  # who asks again and again, in a loop over values, does not wait for the compiler each time
def _compiled(name: str, outputs: tuple[sp.Basic, ...], backend: str, title: str) -> Callable:
    from derive.printing.codegen import compile_outputs

    return compile_outputs(name, outputs, backend, title)


def heading(derivation: Derivation) -> str:
    """One line of id, title and source of a derivation, underlined."""
    text = f"{derivation.id}  {derivation.title}  [{derivation.source}]"
    return f"{text}\n{'=' * len(text)}"
