"""A stability bound: a condition in the parameters alone, with what it rests on, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.conditions.checked_values import checked_values, numbers_of
from derive.conditions.closed_form import domain_of
from derive.conditions.sampling import parameters
from derive.conditions.solve import solve_condition
from derive.conditions.stability_text import in_words, text_of, to_read, words_below
from derive.conditions.status import WITH_A_FORMULA
from derive.conditions.ways.eliminate import Box
from derive.errors import InputError, choose
from derive.modes.amplification import Amplification
from derive.printing.notebook import markdown
from derive.printing.one_line import in_decimals
from derive.shown import shown

if TYPE_CHECKING:
    from derive.conditions.failing import Failing
    from derive.conditions.proof.certificate import Certificate


@dataclass(frozen=True)
class Stability:
    """A stability bound.

    Attributes:
        polynomial: amplification polynomial, a `sympy.Poly` in xi; its roots are the amplification factors.
        condition: SymPy Boolean in the parameters alone; true exactly where the scheme is stable.
        status: ``"exact"``: necessary and sufficient, the frequency eliminated symbolically; ``"sufficient"``: stable
            where it holds (a system whose unit roots may meet without harm); ``"decided"``: no closed form was found, but
            at given numbers `holds` and `largest` settle the statement for all phases exactly; ``"sampled"``: not even that,
            and the condition compares the spectral radius over a grid of phases, right to about 1e-3.
        assumptions: SymPy Boolean the condition rests on, beside the signs of the symbols; `assumed` lists both. That the
            scheme determines a new value (denominators and its newest level are not zero) is part of it where it is open.
        box: the frequency variables that were eliminated, and parameters in `ranged`, with the range of each.
        grade: ``"schur"`` (perturbations decay), ``"power-bounded"`` (they stay bounded) or ``"von-neumann"`` (no root
            leaves the disc; growth is at most a power of the number of steps).
        other: the answer in another grade, where one of the two is never met and the other is; else None.
        asked: the grade that was asked for by name; empty where none was. Where `grade` is another one, it could not be told.
        ranged: parameters in `box`, for all values of which in their ranges the bound holds (`for_all`).
    """

    polynomial: sp.Poly
    condition: Boolean
    status: str
    assumptions: Boolean
    box: Box
    grade: str
    other: Stability | None = None
    asked: str = field(default="", compare=False)
    ranged: tuple[sp.Symbol, ...] = ()

    @property
    def amplification(self) -> Amplification:
        """The polynomial with its frequency box and assumptions."""
        return Amplification(self.polynomial, self.box, self.assumptions)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """The parameters of the condition, by name."""
        bounds = {s for ends in self.box.values() for end in ends for s in sp.sympify(end).free_symbols}
        used = {*self.condition.free_symbols, *self.assumptions.free_symbols, *parameters(self.amplification), *bounds}
        return tuple(sorted(used, key=str))

    @property
    def has_formula(self) -> bool:
        """Whether the condition is a formula in the parameters."""
        return self.status in WITH_A_FORMULA

    def _demand_a_formula(self, instead: str) -> None:
        if not self.has_formula:
            raise InputError(f"expected a condition in closed form, got a {self.status} one; use {instead}")

    @property
    def margins(self) -> tuple[sp.Expr, ...]:
        """Of a conjunction of inequalities: expressions whose least value is positive inside, zero on the edge."""
        return tuple(part.gts - part.lts for part in sp.And.make_args(self.condition) if hasattr(part, "gts"))

    @property
    def assumed(self) -> tuple[Boolean, ...]:
        """All assumptions one by one: those of the symbols, which a printed condition does not show, and `assumptions`."""
        signs = [_sign_assumption(p) for p in self.parameters]
        return (*(s for s in signs if s is not None), *(part for part in sp.And.make_args(self.assumptions) if part != sp.true))

    def holds(self, /, **values: Any) -> Any:
        """Whether the scheme is stable at numbers (a bool) or arrays (broadcast, an array of bool).

        False where an assumption (`assumed`) does not hold: nothing is claimed there.

        Raises:
            InputError: a parameter is missing, unknown or not a real number.
        """
        checked = checked_values(values, self.parameters)
        try:
            result = self._compiled(**checked)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(f"expected real numbers or arrays that broadcast, got {checked} ({error})") from None
        return bool(result) if result.ndim == 0 else result

    @cached_property
    def _compiled(self) -> Callable:
        from derive.conditions.decided import compile_decided

        return compile_decided(self) if self.status == "decided" else self.function("numpy")

    @cached_property
    def witnesses(self) -> tuple[Failing, ...]:
        """Where each part of the condition fails, with a place beyond its edge at which the roots do not qualify, exactly.

        Empty without a formula, and where there is nothing to fail; a part next to which no such place was found is left out.
        """
        from derive.conditions.failing import failing
        from derive.conditions.ranges.failing_within import failing_within

        return failing_within(self) if self.ranged else failing(self)

    def solve(self, name: str | sp.Symbol) -> sp.Set:
        """The stable values of one parameter, the others symbolic.

        Raises:
            InputError: unknown parameter; the condition is not of degree 1 or 2 in it, nor in one power of it; what decides
                between a lower and an upper bound is not known; or there is no closed form.
        """
        parameter = self._parameter(name)
        self._demand_a_formula("largest() or holds() at numbers, on the command line --at")
        values = solve_condition(self.condition, parameter, domain_of(self.amplification))
        for part in sp.And.make_args(self.assumptions):  # where the scheme determines a new value
            if isinstance(part, sp.Ne | sp.Or) and part.free_symbols == {parameter}:
                values = values.intersect(part.as_set())
        return values

    def largest(self, name: str | sp.Symbol, seconds: float = 60.0, /, **values: float) -> float:
        """The first edge of one parameter on the way up from zero, numbers given for all others; for every status.

        Stable values need not be an interval: what may be stable again beyond the first edge is not looked at. Right to
        rounding where the condition has a closed form or is decided; of a sampled one to about 1e-3. See `conditions.largest`
        for what the latter two may miss.

        Args:
            name: the parameter.
            seconds: limit on the sampling, by position, of processor time, and of four times as much time elapsed.
            **values: a number for every other parameter.

        Returns:
            The edge; 0.0 if values just above zero are unstable, or outside what is assumed: stable values may begin further
            up (`conditions.bands.first_band`, and `--at` on the command line, say where); infinity if there is no edge (of
            a sampled condition: none up to 10^6 times the value at which its terms are of size 1).

        Raises:
            InputError: a parameter is missing, unknown or no real number; or growth sets in too gradually to tell an edge,
                or no edge is told in time: then how far it came.
        """
        from derive.conditions.largest import largest_stable

        parameter = self._parameter(name)
        others = tuple(p for p in self.parameters if p != parameter)
        return largest_stable(self, parameter, numbers_of(values, others), seconds)

    edge = largest
    """The same by a shorter name."""

    def _parameter(self, name: str | sp.Symbol) -> sp.Symbol:
        return choose("parameter", str(name), {str(p): p for p in self.parameters})

    def in_terms_of(self, meaning: Mapping[str, sp.Expr | float]) -> Stability:
        """The same bound with parameters replaced by what they stand for, such as ``{"r": k*dt/dx**2}``.

        Symbols named dt, dx, dy or dz are positive. What was assumed of a parameter is assumed of its meaning.

        Raises:
            InputError: an unknown parameter, or a meaning that contradicts what is assumed of it.
        """
        from derive.conditions.meaning import in_terms_of

        return in_terms_of(self, meaning)

    def for_all(self, ranges: Mapping[str, tuple[sp.Expr | float, sp.Expr | float]]) -> Stability:
        """The bound for every value of some parameters in a range, such as ``{"nu": (-N, N)}``: the worst case over it.

        Exact where this bound is: no value is sampled. Ends are numbers or expressions in other names, of which the lower one
        comes first. A coefficient that varies within its range in space or time is frozen by this: see `schemes.frozen`.

        Raises:
            InputError: an unknown parameter, a range beyond what is assumed of it, or a worst case without a closed form.
        """
        from derive.conditions.ranges.for_all import for_all

        return for_all(self, ranges)

    def latex(self) -> str:
        """The condition as LaTeX, with letters for what is long; one that is always or never met, in words."""
        return to_read(self).latex()

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def _repr_markdown_(self) -> str:
        return markdown([self.latex()], words_below(self))

    def __repr__(self) -> str:
        return f"Stability({shown(in_decimals(in_words(self.condition)))}; {self.status}, {self.grade})"

    def function(self, backend: str = "numpy") -> Callable:
        """Generated code of the condition and what it assumes: keyword arguments to an array of bool; text in `.source`.

        Without a formula it compares the spectral radius on a grid of phases, right to about 1e-3, of a decided condition too.
        """
        from derive.conditions.sampled_code import compile_sampled
        from derive.printing.codegen import compile_outputs

        if not self.has_formula:
            return compile_sampled(self, backend)
        claim = sp.And(self.condition, *self.assumed)
        return compile_outputs("is_stable", (claim,), backend, "Stability condition.", self.parameters)

    def margin(self, backend: str = "numpy") -> Callable:
        """Generated code of the margin: positive inside, zero on the edge, negative outside; differentiable.

        Raises:
            InputError: the condition has no closed form.
        """
        from derive.printing.codegen import compile_outputs

        self._demand_a_formula("holds() at numbers")
        return compile_outputs("margin", (_margin(self.condition),), backend, "Stability margin.", self.parameters)

    def prove(self, seconds: float = 20.0) -> Certificate:
        """Try to prove, by z3 (extra `proof`), that the condition is sufficient and necessary; see `conditions.proof`.

        Args:
            seconds: time limit for each direction.
        """
        from derive.conditions.proof.certificate import prove

        return prove(self, seconds)

    def __str__(self) -> str:
        return text_of(self)


def _margin(condition: Boolean) -> sp.Expr:
    """And is the least, Or the greatest of the margins of its parts."""
    if condition in (sp.true, sp.false):
        return sp.oo if condition == sp.true else -sp.oo
    if isinstance(condition, sp.And | sp.Or):
        return (sp.Min if isinstance(condition, sp.And) else sp.Max)(*map(_margin, condition.args))
    if isinstance(condition, sp.Eq):
        return -sp.Abs(condition.lhs - condition.rhs)
    if isinstance(condition, sp.Ne):
        return sp.Abs(condition.lhs - condition.rhs)
    return condition.gts - condition.lts


def _sign_assumption(symbol: sp.Symbol) -> Boolean | None:
    if symbol.is_positive:
        return sp.Gt(symbol, 0, evaluate=False)
    return sp.Ge(symbol, 0, evaluate=False) if symbol.is_nonnegative else None
