"""A finite-difference scheme as its user writes it.

    u = GridFunction("u", dims=1)
    GridScheme(sp.Eq(u[1, 0] - u[0, 0], r * (u[0, 1] - 2 * u[0, 0] + u[0, -1])))

`u[n, j]` is the value n time levels and j grid points away: integers, time first, then one offset per dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.errors import InputError


@dataclass(frozen=True)
class GridFunction:
    """An unknown on a uniform grid; `dims=0` is a plain sequence, such as an optimiser's state.

    Args:
        name: how it is printed.
        dims: number of space dimensions, 0 to 3.
    """

    name: str
    dims: int = 1

    def __post_init__(self) -> None:
        if self.dims not in range(4):
            raise InputError(f"expected 0 to 3 space dimensions, got {self.dims!r}")

    def __getitem__(self, offsets: int | tuple[int, ...]) -> sp.Indexed:
        index = offsets if isinstance(offsets, tuple) else (offsets,)
        if len(index) != self.dims + 1 or not all(sp.sympify(i).is_Integer for i in index):
            raise InputError(f"{self.name} takes {self.dims + 1} integer offsets (time, then space), got {offsets!r}")
        return sp.IndexedBase(self.name)[index]


class GridScheme:
    """A linear scheme with constant coefficients on a uniform grid, or a system of them.

    Args:
        *equations: one `sympy.Eq` (or an expression that is zero) per unknown.
        assumptions: what is assumed of the parameters, a SymPy Boolean.

    Raises:
        InputError: nothing unknown, as many equations as unknowns are wanted, or an equation is not linear.
    """

    def __init__(self, *equations: sp.Eq | sp.Expr, assumptions: sp.logic.boolalg.Boolean = sp.true) -> None:
        """Bring every equation to the form `residual = 0`."""
        self.residuals = tuple(sp.expand(e.lhs - e.rhs if isinstance(e, sp.Eq) else e) for e in equations)
        self.assumptions = assumptions
        self.unknowns = _unknowns(self.residuals)
        _check(self)

    @property
    def dims(self) -> int:
        """Number of space dimensions."""
        return len(self.values(self.unknowns[0])[0].indices) - 1

    def values(self, unknown: sp.IndexedBase) -> list[sp.Indexed]:
        """The values of one unknown that the scheme uses."""
        found = {v for residual in self.residuals for v in residual.atoms(sp.Indexed) if v.base == unknown}
        return sorted(found, key=lambda v: v.indices)

    def __repr__(self) -> str:
        return f"GridScheme({', '.join(str(sp.Eq(residual, 0)) for residual in self.residuals)})"


def _unknowns(residuals: tuple[sp.Expr, ...]) -> tuple[sp.IndexedBase, ...]:
    return tuple(sorted({v.base for e in residuals for v in e.atoms(sp.Indexed)}, key=str))


def _check(scheme: GridScheme) -> None:
    if not scheme.unknowns or len(scheme.unknowns) != len(scheme.residuals):
        raise InputError(
            f"expected one equation per unknown, got {len(scheme.residuals)} equation(s) for "
            f"{len(scheme.unknowns)} unknown(s): {', '.join(map(str, scheme.unknowns)) or 'none'}"
        )
    values = {v for unknown in scheme.unknowns for v in scheme.values(unknown)}
    if len({len(v.indices) for v in values}) > 1:
        raise InputError("expected every unknown to have the same number of offsets")
    for residual in scheme.residuals:
        _check_linear(residual, values)


def _check_linear(residual: sp.Expr, values: set[sp.Indexed]) -> None:
    slopes = [sp.diff(residual, v) for v in values]
    if any(slope.has(*values) for slope in slopes):
        raise InputError(f"expected an equation that is linear in the unknowns, got {residual} = 0")
    rest = residual.xreplace(dict.fromkeys(values, sp.S.Zero))
    if sp.expand(rest) != 0:
        raise InputError(f"expected a homogeneous equation, got the constant term {rest}; it has no bearing on stability")
