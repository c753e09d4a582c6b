r"""Differential operators on fields: gradient and divergence.

    Grad(u) = \nabla u        Div(p) = \operatorname{div} p

With periodic fields, or no flux through the boundary, integration by parts has no boundary term:
:math:`\int p\cdot\nabla u\,dx = -\int u \operatorname{div} p\,dx`. So each is minus the adjoint of the other, on a grid too
where `discretize` takes forward differences for the one and backward differences for the other.

Source: Eq 4.
"""

from __future__ import annotations

import sympy as sp
from sympy.printing.pretty.stringpict import prettyForm

from derive.fields.calculus import Operator


class Grad(Operator):
    r"""Gradient of a scalar field, :math:`\nabla u`: a vector field."""

    makes_vectors = True

    def adjoint_in(self, i: int, cotangent: sp.Expr) -> sp.Expr:
        """-div of the cotangent: <grad u, p> = -<u, div p>, integrated by parts without a term at the boundary."""
        return -Div(cotangent)

    def _latex(self, printer, exp=None) -> str:
        text = rf"\nabla {printer.parenthesize(self.args[0], 50)}"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _pretty(self, printer):
        return prettyForm(*printer._print(self.args[0]).left("∇"), binding=prettyForm.ATOM)


class Div(Operator):
    r"""Divergence of a vector field, :math:`\operatorname{div} p`: a scalar field."""

    def adjoint_in(self, i: int, cotangent: sp.Expr) -> sp.Expr:
        """-grad of the cotangent: <div p, u> = -<p, grad u>, integrated by parts without a term at the boundary."""
        return -Grad(cotangent)

    def _latex(self, printer, exp=None) -> str:
        text = rf"\operatorname{{div}}\left({printer._print(self.args[0])}\right)"
        return text if exp is None else rf"\left[{text}\right]^{{{exp}}}"

    def _pretty(self, printer):
        return prettyForm(*prettyForm(*printer._print(self.args[0]).parens()).left("div"), binding=prettyForm.ATOM)
