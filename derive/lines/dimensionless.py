"""Names for the dimensionless numbers of a method of lines: a Courant number nu, a diffusion number r, and so on."""

from __future__ import annotations

import sympy as sp

NAMES = {0: "s", 1: "nu", 2: "r", 3: "mu", 4: "q"}
SPACINGS = ("dx", "dy", "dz")


class Numbers:
    """One number for every product of a constant, dt and spacings that occurs.

    Args:
        taken: names that are used otherwise.
    """

    def __init__(self, taken: set[str]) -> None:
        self.meaning: dict[sp.Symbol, sp.Expr] = {}
        self._taken = set(taken)

    def of(self, factor: sp.Expr, orders: tuple[int, ...]) -> sp.Expr:
        """dt times the factor over the spacings to the orders: rational numbers times numbers of ours."""
        real, imaginary = sp.expand(factor).as_real_imag()
        parts = [unit * self._of_real(part, orders) for unit, part in ((1, real), (sp.I, imaginary)) if part != 0]
        return sp.Add(*parts)

    def _of_real(self, factor: sp.Expr, orders: tuple[int, ...]) -> sp.Expr:
        number, constant = sp.factor_terms(factor).as_coeff_Mul()
        steps = {name: sp.Symbol(name, positive=True) for name in ("dt", *SPACINGS)}
        value = constant * steps["dt"] / sp.Mul(*(steps[h] ** n for h, n in zip(SPACINGS, orders, strict=False)))
        known = {meant: p for p, meant in self.meaning.items()}
        if value not in known:
            known[value] = self._new(orders, bool(constant.is_positive))
            self.meaning[known[value]] = value
        return number * known[value]

    def _new(self, orders: tuple[int, ...], positive: bool) -> sp.Symbol:
        axes = "".join("xyz"[i] for i, n in enumerate(orders) if n)
        base = NAMES[min(sum(orders), 4)]
        stem = f"{base}_{axes}" if axes and len(orders) > 1 else base
        name, count = stem, 2
        while name in self._taken:
            name, count = f"{stem}_{count}" if "_" not in stem else f"{stem}{count}", count + 1
        self._taken.add(name)
        return sp.Symbol(name, positive=True) if positive else sp.Symbol(name, real=True)
