"""Functions whose obvious formula overflows or cancels in floating point, kept whole until code is printed."""

from __future__ import annotations

import sympy as sp


class Sigmoid(sp.Function):
    """Logistic function 1/(1 + exp(-u)); its derivative is written s(u) s(-u), which does not cancel for large u."""

    nargs = 1

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        return sp.Rational(1, 2) if u.is_zero else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        (u,) = self.args
        return Sigmoid(u) * Sigmoid(-u)

    def _eval_rewrite_as_exp(self, u: sp.Expr, **_: object) -> sp.Expr:
        return 1 / (1 + sp.exp(-u))

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self.rewrite(sp.exp)._eval_evalf(prec)

    def _latex(self, printer, exp=None) -> str:
        return rf"\sigma\left({printer._print(self.args[0])}\right)" + (f"^{{{exp}}}" if exp else "")


class Softplus(sp.Function):
    """log(1 + exp(u)), the integral of the sigmoid."""

    nargs = 1

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        return sp.log(2) if u.is_zero else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return Sigmoid(self.args[0])

    def _eval_rewrite_as_exp(self, u: sp.Expr, **_: object) -> sp.Expr:
        return sp.log(1 + sp.exp(u))

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self.rewrite(sp.exp)._eval_evalf(prec)


class Negative(sp.Function):
    """min(u, 0): guards the untaken branch of a piecewise function against overflow."""

    nargs = 1

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        if u.is_nonpositive:
            return u
        return sp.S.Zero if u.is_nonnegative else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return sp.Piecewise((1, self.args[0] <= 0), (0, True))

    def _eval_rewrite_as_exp(self, u: sp.Expr, **_: object) -> sp.Expr:
        return u  # only ever evaluated where u <= 0

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return sp.Min(self.args[0], 0)._eval_evalf(prec)
