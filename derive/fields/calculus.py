r"""Calculus of cross-correlation: variations, adjoints, gradients.

An expression here stands for a field (a function of x) or for a number. Four operators build them:

    Correlation(A, B)(x) = \int A(z) B(x + z) dz        Convolution(A, B)(x) = \int A(z) B(x - z) dz
    Total(F) = \int F dx                                Inner(F, G) = \int F G dx

`variation` is the forward mode (Gateaux derivative), `gradient` the reverse mode: the adjoint of every operator,
applied from the loss back to the field. Nothing else about a network is known here.

Source: Thm 5.1 and App. D.1.
"""

from __future__ import annotations

from functools import cache

import sympy as sp
from sympy.printing.pretty.stringpict import prettyForm

from derive.fields.symbols import Field


class Operator(sp.Function):
    """A multilinear operator on fields: zero as soon as one argument is. One defined elsewhere brings `adjoint_in`."""

    @classmethod
    def eval(cls, *args: sp.Expr) -> sp.Expr | None:
        """Zero, or as it is."""
        return sp.S.Zero if any(arg.is_zero for arg in args) else None


class Correlation(Operator):
    r"""Cross-correlation, :math:`(A \star B)(x) = \int A(z) B(x + z)\,dz`; deep learning's "convolution"."""

    is_infix = True

    def _latex(self, printer, exp=None) -> str:
        return _power(rf"{_factor(self.args[0], printer)} \star {_factor(self.args[1], printer)}", exp)

    def _pretty(self, printer):
        return _infix(" ⋆ ", self.args, printer)


class Convolution(Operator):
    r"""Convolution, :math:`(A * B)(x) = \int A(z) B(x - z)\,dz`: what the adjoint in the image argument needs."""

    is_infix = True

    def _latex(self, printer, exp=None) -> str:
        return _power(rf"{_factor(self.args[0], printer)} * {_factor(self.args[1], printer)}", exp)

    def _pretty(self, printer):
        return _infix(" * ", self.args, printer)


class Total(Operator):
    r"""Integral of a field over space, :math:`\int F\,dx`."""

    is_infix = True  # its end is not marked

    def _latex(self, printer, exp=None) -> str:
        return _power(rf"\int {_factor(self.args[0], printer)}\,dx", exp)

    def _pretty(self, printer):
        return prettyForm(*prettyForm(*_operand(self.args[0], printer).left("∫ ")).right(" dx"), binding=prettyForm.ADD)


class Symmetric(Operator):
    """A product of two fields whose arguments have one order."""

    @classmethod
    def eval(cls, first: sp.Expr, second: sp.Expr) -> sp.Expr | None:
        """Zero, or the canonical order."""
        if first.is_zero or second.is_zero:
            return sp.S.Zero
        return cls(second, first) if sp.default_sort_key(second) < sp.default_sort_key(first) else None


class Inner(Symmetric):
    r"""Inner product of two fields, :math:`\langle F, G\rangle`."""

    def _latex(self, printer, exp=None) -> str:
        left, right = (printer._print(arg) for arg in self.args)
        return _power(rf"\left\langle {left}, {right}\right\rangle", exp)

    def _pretty(self, printer):
        left, right = (printer._print(arg) for arg in self.args)
        pair = prettyForm(*prettyForm(*left.right(", ")).right(right))
        return prettyForm(*prettyForm(*pair.left("⟨")).right("⟩"), binding=prettyForm.ATOM)


class Dot(Symmetric):
    r"""Product of two vector fields, point by point, :math:`p \cdot q`: a scalar field."""

    def _latex(self, printer, exp=None) -> str:
        left, right = (printer._print(arg) for arg in self.args)
        return _power(rf"\left|{left}\right|^{{2}}" if left == right else rf"\left({left} \cdot {right}\right)", exp)

    def _pretty(self, printer):
        left, right = (printer._print(arg) for arg in self.args)
        if self.args[0] == self.args[1]:
            return prettyForm(*left.parens("|", "|")) ** prettyForm("2")
        return prettyForm(*prettyForm(*prettyForm(*left.right("⋅")).right(right)).parens(), binding=prettyForm.ATOM)


class Windowed(Operator):
    r"""A field times the window, :math:`F\cdot W`: the field restricted to the kernel's support."""

    def _latex(self, printer, exp=None) -> str:
        return _power(rf"\left[{printer._print(self.args[0])}\right] W", exp)

    def _pretty(self, printer):
        bracketed = prettyForm(*printer._print(self.args[0]).parens("[", "]"))
        return prettyForm(*bracketed.right("⋅W"), binding=prettyForm.MUL)


class TimeDerivative(sp.Function):
    r"""Left-hand side of a flow, :math:`\partial_t K`."""

    def _latex(self, printer, exp=None) -> str:
        return _power(rf"\partial_t {printer._print(self.args[0])}", exp)

    def _pretty(self, printer):
        return prettyForm(*printer._print(self.args[0]).left("∂ₜ "), binding=prettyForm.MUL)


def _infix(sign: str, args: tuple[sp.Expr, ...], printer):
    left, right = (_operand(arg, printer) for arg in args)
    return prettyForm(*prettyForm(*left.right(sign)).right(right), binding=prettyForm.ADD)


def _operand(arg: sp.Expr, printer):
    form = printer._print(arg)
    return form if _is_atomic(arg) else prettyForm(*form.parens())


def _is_atomic(expr: sp.Expr) -> bool:
    pointwise = isinstance(expr, sp.Function) and not isinstance(expr, Correlation | Convolution)
    return isinstance(expr, sp.Symbol | sp.Number) or pointwise


def _factor(expr: sp.Expr, printer) -> str:
    text = printer._print(expr)
    return text if _is_atomic(expr) else rf"\left({text}\right)"


def _power(text: str, exp: str | None) -> str:
    return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


@cache
def pointwise(name: str, latex: str | None = None, primes: int = 0) -> type[sp.Function]:
    """An unspecified smooth function of one number, such as the activation r; `.diff` yields r', r'', ..."""
    shown = (latex or name) + "'" * primes

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return pointwise(name, latex, primes + 1)(self.args[0])

    def as_latex(self, printer, exp=None) -> str:
        return _power(rf"{shown}\left({printer._print(self.args[0])}\right)", exp)

    members = {"fdiff": fdiff, "_latex": as_latex, "nargs": 1, "base": name, "order": primes}
    return type(name + "'" * primes, (sp.Function,), members)


def is_field(expr: sp.Expr) -> bool:
    """Whether an expression is a function of space rather than a number."""
    if isinstance(expr, Field):
        return True
    return not isinstance(expr, Total | Inner) and any(is_field(arg) for arg in expr.args)


def is_vector(expr: sp.Expr) -> bool:
    """Whether an expression is a vector field; an operator makes one if it has `makes_vectors`."""
    if isinstance(expr, Operator):
        return getattr(expr, "makes_vectors", False)
    return any(is_vector(arg) for arg in expr.args)


def variation(expr: sp.Expr, field: sp.Symbol, direction: sp.Expr) -> sp.Expr:
    """First variation (Gateaux derivative) of `expr` at `field` in `direction`: forward mode."""
    if expr == field:
        return direction
    if not expr.has(field):
        return sp.S.Zero
    parts = (variation(arg, field, direction) for arg in expr.args)
    return sp.Add(*(_along(expr, i, part) for i, part in enumerate(parts) if part != 0))


def _along(expr: sp.Expr, i: int, part: sp.Expr) -> sp.Expr:
    """The derivative of `expr` in its i-th argument, applied to `part`."""
    if isinstance(expr, Operator):
        return expr.func(*expr.args[:i], part, *expr.args[i + 1 :])
    return partial(expr, i) * part


def partial(expr: sp.Expr, i: int) -> sp.Expr:
    """Partial derivative of a pointwise operation in its i-th argument."""
    slot = sp.Dummy(real=True)
    derivative = expr.func(*expr.args[:i], slot, *expr.args[i + 1 :]).diff(slot)
    return derivative.subs(slot, expr.args[i])


def gradient(functional: sp.Expr, field: sp.Symbol) -> sp.Expr:
    """L2 gradient of a functional: `Inner(gradient, d) = variation(functional, field, d)` for every direction d."""
    return pullback(functional, sp.S.One, field)


def pullback(expr: sp.Expr, cotangent: sp.Expr, field: sp.Symbol) -> sp.Expr:
    """Reverse mode: carry a cotangent of `expr` back to `field` through the adjoint of every operation."""
    if expr == field:
        return cotangent
    if not expr.has(field):
        return sp.S.Zero
    return sp.Add(*(pullback(arg, _adjoint(expr, i, cotangent), field) for i, arg in enumerate(expr.args)))


def _adjoint(expr: sp.Expr, i: int, cotangent: sp.Expr) -> sp.Expr:
    """The adjoint of `expr` in its i-th argument, applied to `cotangent`."""
    if hasattr(expr, "adjoint_in"):
        return expr.adjoint_in(i, cotangent)
    match expr, i:
        case Total(), _:
            return cotangent
        case Inner() | Dot(), _:
            return cotangent * expr.args[1 - i]
        case Correlation(), 0:
            return Correlation(cotangent, expr.args[1])
        case Correlation(), _:
            return Convolution(expr.args[0], cotangent)
        case Convolution(), _:
            return Correlation(expr.args[1 - i], cotangent)
    slope = partial(expr, i)
    # A number that multiplies a vector field feels it along the vectors that come back.
    weighted = Dot(cotangent, slope) if is_vector(cotangent) and is_vector(slope) else cotangent * slope
    # A number that multiplies a field feels the field everywhere.
    return Total(weighted) if is_field(weighted) and not is_field(expr.args[i]) else weighted


def expand_linear(expr: sp.Expr, integrals: dict[sp.Symbol, sp.Symbol] | None = None) -> sp.Expr:
    """Draw numbers and sums out of every operator; a constant correlated with B is that constant times Total(B)."""
    if not expr.args:
        return expr
    args = [expand_linear(arg, integrals) for arg in expr.args]
    if not isinstance(expr, Operator):
        return expr.func(*args)
    for i, arg in enumerate(args):
        terms = sp.Add.make_args(sp.expand(arg))
        if len(terms) > 1:
            return sp.Add(*(expand_linear(expr.func(*args[:i], t, *args[i + 1 :]), integrals) for t in terms))
    return _pull_numbers(expr.func, args, integrals or {})


def split_numbers(product: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """A product as (number, field): its factors that do not vary in space, and those that do."""
    factors = sp.Mul.make_args(product)
    return sp.Mul(*(f for f in factors if not is_field(f))), sp.Mul(*(f for f in factors if is_field(f)))


def _pull_numbers(operator: type, args: list[sp.Expr], integrals: dict) -> sp.Expr:
    coefficient, fields = sp.S.One, []
    for arg in args:
        numbers, rest = split_numbers(arg)
        coefficient, fields = coefficient * numbers, [*fields, rest]
    if operator in (Correlation, Convolution) and sp.S.One in fields:
        other = fields[1 - fields.index(sp.S.One)]
        return coefficient * integrals.get(other, Total(other))
    return coefficient * operator(*fields)
