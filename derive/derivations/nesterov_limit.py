r"""Nesterov's scheme and its flow, both ways: the scheme from the flow by differences, the flow from the scheme by Taylor.

The explicit scheme takes the gradient at K; Nesterov's takes it at the look-ahead point V, which costs one order of dt.

Source: Thm 5.5 (Eq 15-17), App. E.1 (Eq 67, 68).
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations.forward_euler import K_next
from derive.fields.calculus import pointwise
from derive.fields.symbols import Field, K, damping, declare, lr, momentum, step
from derive.paper.derivation import Derivation, Step

K_prev = declare("K_prev", r"K^{n-1}", "the kernel one iteration before", kind=Field, real=True)
V = declare("V", r"V^{n}", "look-ahead point of Nesterov's scheme", kind=Field, real=True)
grad = pointwise("∇L", r"\nabla L")
time = sp.Symbol("t", real=True)
path = sp.Function("K")(time)
ORDER = 4  # of the Taylor polynomials in dt; the scheme divides by dt^2


def flow(second: sp.Expr, first: sp.Expr, gradient: sp.Expr) -> sp.Eq:
    """The damped second-order flow, in whatever stands for its two derivatives and for the gradient."""
    return sp.Eq(second + damping * first, -gradient)


def central_differences() -> sp.Eq:
    """The flow with central differences for both derivatives, the gradient still at K."""
    return flow((K_next - 2 * K + K_prev) / lr**2, (K_next - K_prev) / (2 * lr), grad(K))


@cache
def coefficients() -> tuple[sp.Expr, sp.Expr]:
    """(step of the gradient, momentum coefficient) that the differences give: K_next = look_ahead - step * gradient."""
    (solved,) = sp.solve(central_differences(), K_next)
    parts = sp.expand(solved)
    return _fraction(sp.Mul(-1, parts.coeff(grad(K)))), _fraction(sp.Mul(-1, parts.coeff(K_prev)))


def look_ahead(now: sp.Expr = K, before: sp.Expr = K_prev, by: sp.Expr | None = None) -> sp.Expr:
    """V: the next kernel if there were no gradient; `by` is the momentum coefficient."""
    return now + (coefficients()[1] if by is None else by) * (now - before)


def taylor(sign: int) -> sp.Expr:
    """Taylor polynomial of K(t + sign dt) in dt."""
    return sp.Add(*((sign * lr) ** k / sp.factorial(k) * path.diff(time, k) for k in range(ORDER + 1)))


@cache
def residual(ahead: bool, order: int) -> sp.Expr:
    """Coefficient of dt^order when a solution of the flow is put into (K_next - V)/step + gradient.

    Args:
        ahead: the gradient at the look-ahead point V (Nesterov), or at K (explicit).
        order: at most ORDER - 2.
    """
    size, _ = coefficients()
    point = look_ahead(path, taylor(-1))
    differences = sp.cancel((taylor(1) - point) / size)
    whole = differences + grad(point if ahead else path)
    return sp.expand((whole.diff(lr, order) / sp.factorial(order)).subs(lr, 0).doit())


def limit() -> sp.Eq:
    """What is left of Nesterov's scheme as dt -> 0."""
    equation = residual(True, 0)
    return sp.Eq(equation - grad(path), -grad(path))


def from_torch() -> tuple[sp.Expr, sp.Expr]:
    """(dt, damping) of the flow that torch's (lr, momentum) = (step, momentum) follow; the momentum is below 1."""
    numbers = sp.symbols("dt rate", positive=True)  # rate = damping * dt
    size, by = (sp.cancel(c.subs(damping, numbers[1] / lr).subs(lr, numbers[0])) for c in coefficients())
    (rate,) = sp.solve(sp.Eq(by, momentum), numbers[1], check=False)
    roots = sp.solve(sp.Eq(size.subs(numbers[1], rate), step), numbers[0], check=False)
    (dt,) = (r for r in roots if r.subs({step: 1, momentum: 0}) > 0)
    return dt, _fraction(rate / dt)


def damping_for_momentum() -> sp.Expr:
    """The damping at which the scheme has a given momentum coefficient."""
    (value,) = sp.solve(sp.Eq(coefficients()[1], momentum), damping, check=False)
    return _fraction(value)


def _fraction(expr: sp.Expr) -> sp.Expr:
    """One fraction, no minus sign before it."""
    numerator, denominator = sp.fraction(sp.factor(expr))
    return sp.expand(numerator) / denominator


def modified() -> sp.Eq:
    """The flow that Nesterov's scheme follows one order further: the look-ahead adds damping where the loss is curved."""
    second, first = path.diff(time, 2), path.diff(time)
    return sp.Eq(flow(second, first, grad(path)).lhs + lr * residual(True, 1), -grad(path))


def derive() -> Derivation:
    """Differences, look-ahead, scheme; Taylor expansion back to the flow; the mapping to torch's parameters."""
    size, by = coefficients()
    continuous = flow(path.diff(time, 2), path.diff(time), grad(path))
    scheme = sp.Tuple(sp.Eq(V, look_ahead()), sp.Eq(K_next, V - size * grad(V)))
    explicit = sp.Eq(K_next, look_ahead() - size * grad(K))
    steps = (
        Step("Flow", continuous, "Eq 15."),
        Step("Central differences", central_differences(), "For both derivatives, the gradient at K (Eq 67)."),
        Step("Explicit scheme", explicit, "Solved for K_next (Eq 68)."),
        Step("Semi-implicit scheme", scheme, "The gradient at V, the next kernel if there were no gradient (Eq 16, 17)."),
        Step(
            "Back to the flow",
            limit(),
            "K_next = K(t + dt), K_prev = K(t - dt) in powers of dt, divided by the step; order 0 of dt.",
        ),
        Step(
            "One order further",
            modified(),
            f"With the order 1 of dt: the look-ahead damps along curved directions. The explicit scheme has "
            f"{residual(False, 1)} there, it is of second order.",
        ),
        Step("As torch has it", _torch_equations(), "s is torch's lr, mu its momentum (nesterov=True)."),
    )
    return Derivation(
        id="5.5",
        title="Nesterov's scheme and its flow",
        assumptions=("dt > 0, damping > 0, constant", "smooth loss; K stands for one coordinate in the Taylor expansion"),
        steps=steps,
        result=scheme,
        source="Thm 5.5",
        outputs={"coefficients": (size, by), "damping": (damping_for_momentum(),), "from_torch": from_torch()},
    )


def _torch_equations() -> sp.Tuple:
    size, by = coefficients()
    return sp.Tuple(sp.Eq(step, size), sp.Eq(momentum, by), sp.Eq(damping, damping_for_momentum()))
