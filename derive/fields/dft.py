r"""Rules of the spatial Fourier transform on the expressions of `calculus`.

With :math:`\hat F(\omega) = \int F(x) e^{-i\omega\cdot x} dx` and real fields:

    (A * B)^ (cross-correlation) = conj(A^) B^       1^ = delta(omega) (2 pi)^2      (F W)^ = F^ ** W^ / (2 pi)^2

and A^ B^ for a convolution.
On a periodic grid of N points the same rules hold with sums: 1^ is N at omega = 0, and (F W)^ = F^ ** W^ / N.

Source: Thm 5.3, App. D.3.
"""

from __future__ import annotations

import sympy as sp
from sympy.printing.pretty.stringpict import prettyForm

from derive.fields.calculus import Convolution, Correlation, Windowed, is_field
from derive.fields.symbols import Field, I, K, W, declare, omega, power, width

Khat = declare("Khat", r"\hat{K}", "transform of the kernel", kind=Field)
Khat_next = declare("Khat_next", r"\hat{K}^{n+1}", "transform of the next kernel", kind=Field)
Ihat = declare("Ihat", r"\hat{I}", "transform of the image", kind=Field)
What = declare("What", r"\hat{W}", "transform of the window", kind=Field)
TRANSFORMS = {K: Khat, I: Ihat, W: What}


class Dirac(sp.Function):
    r"""Transform of the constant 1, divided by :math:`(2\pi)^2` (on a grid: by N)."""

    nargs = 1

    @classmethod
    def eval(cls, frequency: sp.Expr) -> sp.Expr | None:
        """delta is even: of omega and -omega the one from which SymPy draws no minus stands for both."""
        return cls(-frequency) if frequency.could_extract_minus_sign() else None

    def _latex(self, printer, exp=None) -> str:
        return rf"\delta\left({printer._print(self.args[0])}\right)"

    def _pretty(self, printer):
        return prettyForm(*prettyForm(*printer._print(self.args[0]).parens()).left("δ"))


class FrequencyConvolution(sp.Function):
    r"""Convolution over frequency, :math:`(F ** G)(\omega) = \int F(\omega - \nu) G(\nu)\,d\nu`."""

    nargs = 2

    def _latex(self, printer, exp=None) -> str:
        left, right = (printer._print(arg) for arg in self.args)
        return rf"\left({left}\right) ** {right}"

    def _pretty(self, printer):
        left, right = (prettyForm(*printer._print(arg).parens()) for arg in self.args)
        return prettyForm(*prettyForm(*left.right(" ** ")).right(right), binding=prettyForm.MUL)


def transform(expr: sp.Expr) -> sp.Expr:
    """Transform of a field; linear, one rule per operator."""
    if isinstance(expr, Field):
        return TRANSFORMS[expr]
    if isinstance(expr, Correlation):
        left, right = map(transform, expr.args)
        return _with_power(sp.conjugate(left) * right)
    if isinstance(expr, Convolution):
        return _with_power(sp.Mul(*map(transform, expr.args)))
    if isinstance(expr, Windowed):
        return FrequencyConvolution(transform(expr.args[0]), What / (2 * sp.pi) ** 2)
    if not is_field(expr):
        return expr * (2 * sp.pi) ** 2 * Dirac(omega)
    if isinstance(expr, sp.Add):
        return sp.Add(*map(transform, expr.args))
    numbers, fields = expr.as_independent(*expr.atoms(Field), as_Add=False)
    return numbers * transform(fields)


def _with_power(expr: sp.Expr) -> sp.Expr:
    return sp.expand(expr).subs(Ihat * sp.conjugate(Ihat), power)


def window_transform() -> sp.Expr:
    """Transform of the square window of side `width`, by integration; a product of two sincs."""
    return sp.Mul(*(_box_transform(frequency) for frequency in sp.symbols("omega_1 omega_2", real=True)))


def _box_transform(frequency: sp.Symbol) -> sp.Expr:
    position = sp.Symbol("x", real=True)
    wave = sp.cos(frequency * position)  # the sine part is odd and integrates to zero
    integral = sp.integrate(wave, (position, -width / 2, width / 2))
    nonzero = integral.args[0][0] if isinstance(integral, sp.Piecewise) else integral
    return width * sp.sinc(frequency * width / 2) if _is_sinc(nonzero, frequency) else nonzero


def _is_sinc(expr: sp.Expr, frequency: sp.Symbol) -> bool:
    return sp.simplify(expr - width * sp.sin(frequency * width / 2) / (frequency * width / 2)) == 0
