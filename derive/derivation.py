"""A derivation: named steps that a reader can follow, from a starting point to a result; printed and typeset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from derive.errors import InputError
from derive.symbols import latex_names

COLUMNS = 80


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what stands there now, and why it follows."""

    title: str
    expression: sp.Basic
    why: str

    @property
    def latex(self) -> str:
        """The expression as LaTeX, in the notation of `symbols`."""
        return latex(self.expression)

    def __str__(self) -> str:
        return "\n".join([self.title, *_wrapped(self.why, "  "), "", indent(pretty(self.expression)), ""])


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
        lines = [heading(self), *(line for text in self.assumptions for line in _wrapped(text, "  - ", "    "))]
        return "\n".join([*lines, "", *map(str, self.steps)]).rstrip()

    def summary(self) -> str:
        """Heading and result alone."""
        return "\n".join([heading(self), "", indent(self._result_text())])

    def _result_text(self) -> str:
        return pretty(self.result) if isinstance(self.result, sp.Basic) else str(self.result)

    def latex(self) -> str:
        """The result as LaTeX (a formula, without dollar signs)."""
        return latex(self.result) if isinstance(self.result, sp.Basic) else self.result.latex()

    @cached_property
    def _default(self) -> str | None:
        return next(iter(self.outputs), None)

    def function(self, backend: str = "numpy", name: str | None = None) -> Callable:
        """Generated code of a named output (default: the first one), arguments by keyword; see `.source` on it.

        Args:
            backend: ``"numpy"`` or ``"torch"``.
            name: one of `outputs`.

        Raises:
            InputError: unknown backend or output, or the theorem has no numeric output.
        """
        from derive.codegen import compile_outputs
        from derive.errors import choose

        if self._default is None:
            raise InputError(f"theorem {self.id} states an equation between fields; use derive.flow for its code")
        chosen = name or self._default
        return compile_outputs(chosen, choose("output", chosen, self.outputs), backend, self.title)


def heading(derivation: Derivation) -> str:
    """Title line, underlined."""
    text = f"{derivation.id}  {derivation.title}  [{derivation.source}]"
    return f"{text}\n{'=' * len(text)}"


def latex(expr: sp.Basic) -> str:
    """LaTeX in the notation of `symbols`."""
    return sp.latex(expr, symbol_names=latex_names())


def pretty(expr: sp.Basic) -> str:
    """Unicode text no wider than `COLUMNS`; a formula that does not fit in two dimensions is set in one and wrapped."""
    text = sp.pretty(expr, use_unicode=True, wrap_line=False)
    if _width(text) <= COLUMNS - 4:
        return text
    return "\n".join(_wrapped(str(expr), "", "  "))


def _width(text: str) -> int:
    return max(len(line) for line in text.splitlines())


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    from textwrap import wrap

    following = first if rest is None else rest
    return wrap(text, COLUMNS - 4, initial_indent=first, subsequent_indent=following, break_long_words=True)


def indent(text: str, by: str = "    ") -> str:
    """Indent every line."""
    return "\n".join(by + line if line else line for line in text.splitlines())
