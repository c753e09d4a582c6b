"""Accuracy and roots of a scheme that was typed: modified equation, order, which amplification factors are physical.

What has no answer, such as a modified equation whose limit is no differential equation, is told with its reason, and the rest
is shown all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from derive.errors import InputError
from derive.modes.accuracy import in_grid_units, modified_equation
from derive.modes.dispersion import Dispersion, dispersion
from derive.modes.step_names import STEPS, in_steps, renamed
from derive.printing.text import indent, pretty
from derive.schemes.grid import GridScheme


@dataclass(frozen=True)
class Analysis:
    """What was found.

    Attributes:
        blocks: of text.
        missing: why something was not.
    """

    blocks: tuple[str, ...]
    missing: tuple[InputError, ...]

    def __str__(self) -> str:
        return "\n\n".join(self.blocks)


def analysis(scheme: GridScheme, meaning: Mapping[str, sp.Expr], names: Sequence[str] = ()) -> Analysis:
    """Modified equation, order of accuracy, physical and parasitic roots.

    Args:
        scheme: the scheme.
        meaning: parameter -> what it stands for.
        names: of the time step and the spacings, where these are not dt and dx.
    """
    meant = in_steps(meaning, [p.name for p in scheme.parameters], names) if names else dict(meaning)
    blocks: list[str] = []
    missing: list[InputError] = []
    roots: Dispersion | None = None
    try:
        roots = _roots(scheme, meant)
    except InputError as error:
        missing.append(error)
    try:
        blocks.append(_modified(scheme, meant, names, roots))
    except InputError as error:
        missing.insert(0, error)
        blocks.append(f"no modified equation: {error}")
    blocks += _of_roots(roots, meant) if roots else [f"no physical amplification factor: {missing[-1]}"]
    return Analysis(tuple(blocks), tuple(missing))


def _modified(scheme: GridScheme, meaning: Mapping[str, sp.Expr], names: Sequence[str], roots: Dispersion | None) -> str:
    equation = modified_equation(scheme, meaning)
    if not equation.in_grid_units:
        return _titled(f"modified equation ({in_words_of(names, str(equation.order))})", renamed(equation.equation, names))
    small = roots.small if roots else ()
    shrinks = f", {', '.join(p.name for p in small)} as small as a derivative" if small else ""
    why = "; the meanings do not tell which name is the time step and which the spacing: say --step-names tau,h"
    return _titled(
        f"modified equation (in grid units, dt = dx = 1{shrinks}{why if meaning else ''})",
        in_grid_units(scheme, small).equation,
    )


def in_words_of(names: Sequence[str], text: str) -> str:
    """A text about dt and dx, by the names that they have."""
    own = dict(zip(STEPS, names, strict=False))
    return re.sub(rf"\b({'|'.join(STEPS)})\b", lambda found: own.get(found[0], found[0]), text)


def _of_roots(roots: Dispersion, meaning: Mapping[str, sp.Expr]) -> list[str]:
    tacit = [p.name for p in roots.small if p.name not in meaning and p.name != "dt"]
    given = f", if {', '.join(tacit)} vanishes with the step" if tacit else ""
    if not roots.closed_forms:
        count = f"{roots.order_in_time} of {roots.polynomial.degree()}"
        return [f"{count} amplification factors physical{given}, the others parasitic"]
    blocks = [_titled(f"physical amplification factor{given}", form) for form in roots.physical]
    return blocks + [_titled("parasitic amplification factor", form) for form in roots.parasitic]


def _roots(scheme: GridScheme, meaning: Mapping[str, sp.Expr]) -> Dispersion:
    """Labelled where the phases and what the meaning says to vanish with the step do; else what has to vanish is found."""
    known = {p.name for p in scheme.parameters}
    with_step = [name for name, value in meaning.items() if name in known and sp.cancel(value.subs(_step(value))) == 0]
    with_step += [name for name in known if name == "dt"]
    at_zero = [name for name in with_step if not _is_ratio(meaning.get(name))]
    return dispersion(scheme, small=at_zero) if at_zero else dispersion(scheme)


def _is_ratio(value: sp.Expr | None) -> bool:
    """Whether a spacing keeps a parameter from vanishing with the step."""
    return value is not None and any(s.name in STEPS[1:] for s in value.free_symbols)


def _step(value: sp.Expr) -> dict[sp.Symbol, int]:
    return {s: 0 for s in value.free_symbols if s.name == "dt"}


def _titled(title: str, expr: sp.Basic) -> str:
    return f"{title}\n\n{indent(pretty(expr))}"
