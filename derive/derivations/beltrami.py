r"""CFL condition of the Beltrami flow: forward Euler, with the differences whose flow is the gradient of the discrete loss.

The flow is nonlinear, so its bound depends on the local slope. Two linearisations are derived: with the coefficient
:math:`1/|\nabla u|_\varepsilon` held constant, as the paper has it, and the whole first variation, whose diffusivity along
the gradient is only :math:`\varepsilon^2/|\nabla u|_\varepsilon^3`. They agree where the gradient vanishes.

Source: Eq 4 and the CFL condition below it.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.fields.calculus import Dot, Inner, TimeDerivative, Total, expand_linear, pullback, variation
from derive.fields.differential import Div, Grad
from derive.fields.discretize import Stencil
from derive.fields.symbols import L, declare, dL, du, epsilon, f, fidelity, grad_L, lr, slope, u
from derive.paper.derivation import Derivation, Step
from derive.schemes.grid import GridFunction, GridScheme

SQUARE = Dot(Grad(u), Grad(u))
DIFFUSION = declare("diffusion", "D", "diffusion tensor of the linearised flow", "length^2/time")


def loss() -> sp.Expr:
    """Eq 4: fidelity and total variation, rounded off below slopes of epsilon."""
    return fidelity / 2 * Total((u - f) ** 2) + Total(sp.sqrt(SQUARE + epsilon**2))


def first_variation() -> sp.Expr:
    """Of the loss, in any direction du."""
    return variation(loss(), u, du)


def by_parts() -> sp.Eq:
    """Integration by parts: the adjoint of the gradient, as the calculus has it."""
    dirichlet = Total(Dot(Grad(u), Grad(du)))
    return sp.Eq(dirichlet, Inner(pullback(dirichlet, sp.S.One, du), du), evaluate=False)


def flow() -> sp.Expr:
    """Right-hand side of the Beltrami flow, minus the gradient of the loss: the adjoint of its first variation."""
    return sp.expand(expand_linear(-pullback(first_variation(), sp.S.One, du)))


def flux() -> sp.Expr:
    """The vector field whose divergence the flow takes."""
    (divergence,) = flow().atoms(Div)
    return divergence.args[0]


def frozen() -> sp.Expr:
    """The paper's linearisation: |grad u| held constant where it stands, a perturbation du of u."""
    return expand_linear(variation(with_slope(flow()), u, du))


def whole() -> sp.Expr:
    """The first variation of the flow: |grad u| varies too."""
    return -fidelity * du + Div(variation(flux(), u, du))


def with_slope(expr: sp.Expr) -> sp.Expr:
    """The local slope s by its name: |grad u|^2 = s^2 - eps^2."""
    return expr.xreplace({SQUARE: slope**2 - epsilon**2})


def constant_gradient(direction: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """Components of grad u of the local slope in a given direction, a unit vector."""
    return tuple(part * sp.sqrt(slope**2 - epsilon**2) for part in direction)


def first_axis(dims: int) -> tuple[sp.Expr, ...]:
    """The direction in which the diffusion tensor is diagonal in the grid's frame."""
    return (sp.S.One, *[sp.S.Zero] * (dims - 1))


def tensor(dims: int) -> sp.Matrix:
    """Diffusion tensor of the first variation at a constant gradient along the first axis."""
    probe = sp.symbols(f"q:{dims}")
    stencil = Stencil(dims, {}, {Grad(u): constant_gradient(first_axis(dims)), Grad(du): probe})
    part = variation(flux(), u, du)
    return sp.Matrix([stencil(part, axis=i) for i in range(dims)]).jacobian(probe).applyfunc(sp.simplify)


def equation(linear: sp.Expr, direction: tuple[sp.Expr, ...]) -> sp.Eq:
    """Forward Euler of a linear flow of du, at a constant gradient of u."""
    grid = GridFunction("u", len(direction))
    here = (0,) * grid.dims
    stencil = Stencil(grid.dims, {du: lambda j: grid[0, *j]}, {Grad(u): constant_gradient(direction)})
    right = sp.expand(sp.simplify(stencil(linear)))
    decay = fidelity * right.coeff(fidelity)
    return sp.Eq((grid[1, *here] - grid[0, *here]) / lr, sp.factor(right - decay) + decay)


def scheme(linear: sp.Expr, direction: tuple[sp.Expr, ...]) -> GridScheme:
    """The same, to be analysed."""
    euler = equation(linear, direction)
    both = {epsilon, slope} <= euler.rhs.free_symbols
    return GridScheme(euler, assumptions=sp.Le(epsilon, slope) if both else sp.true)


@cache
def local(linear: sp.Expr, direction: tuple[sp.Expr, ...]) -> Stability:
    """Perturbations decay at a given local slope; exact along an axis, sampled where cross derivatives come in."""
    return stability(scheme(linear, direction), "schur")


@cache
def worst(dims: int) -> Stability:
    """The condition at grad u = 0, where both linearisations are one."""
    return stability(scheme(frozen().subs(slope, epsilon), first_axis(dims)), "schur")


def largest_step(stable: Stability) -> sp.Expr:
    """The end of the stable interval."""
    return sp.factor(stable.solve("lr").end)


def local_step(linear: sp.Expr, dims: int) -> sp.Expr:
    """Largest stable step at a given local slope, the gradient along an axis."""
    return largest_step(local(linear, first_axis(dims)))


def derive() -> Derivation:
    """First variation, integration by parts, both linearisations, their bounds, the worst case."""
    return Derivation(
        id="eq-4",
        title="CFL condition of the Beltrami flow",
        assumptions=(
            "uniform grid, periodic or without flux through the boundary; lambda, epsilon, dx > 0",
            "local bounds: |grad u| constant around the point; in 2 dimensions along a grid axis. Along any other 1/slope, "
            "the greatest eigenvalue of the tensor, bounds its part in every mode: the bound with the coefficient held "
            "constant is sufficient, and attained for a gradient along (1, -1)",
            "worst case: at any u the Hessian lies between lambda and its value at grad u = 0, so below the worst-case step "
            "the loss falls at every step, from any start",
        ),
        steps=(*_to_the_flow(), *_to_the_bounds()),
        result=worst(1),
        source="Eq 4",
        outputs={
            "largest_step": (largest_step(worst(1)),),
            "largest_step_2d": (largest_step(worst(2)),),
            "frozen_step": (local_step(frozen(), 1),),
            "frozen_step_2d": (local_step(frozen(), 2),),
            "local_step": (local_step(whole(), 1),),
            "local_step_2d": (local_step(whole(), 2),),
        },
    )


def _to_the_flow() -> tuple[Step, ...]:
    return (
        Step("Loss", sp.Eq(L, loss()), "Eq 4: a given image f, and the total variation, rounded off below slopes of epsilon."),
        Step("First variation", sp.Eq(dL, first_variation()), "du is any direction."),
        Step(
            "Integration by parts", by_parts(), "Minus the divergence is the adjoint of the gradient; on the grid by summation."
        ),
        Step("Gradient", sp.Eq(grad_L, -flow()), "Read off dL = <grad L, du>."),
        Step("Beltrami flow", sp.Eq(TimeDerivative(u), flow()), "du/dt = -grad L (Eq 4)."),
    )


def _to_the_bounds() -> tuple[Step, ...]:
    rate = TimeDerivative(du)
    return (
        Step(
            "Linearised, coefficient held",
            sp.Eq(rate, frozen()),
            "The paper's: slope = sqrt(|grad u|^2 + eps^2) held constant.",
        ),
        Step("Linearised", sp.Eq(rate, with_slope(whole())), "The first variation of the flow; the slope varies too."),
        Step(
            "Diffusion tensor",
            sp.Eq(DIFFUSION, sp.ImmutableMatrix(tensor(2)), evaluate=False),
            "In the frame of grad u: eps^2/slope^3 along it, 1/slope across; the paper has 1/slope for both.",
        ),
        Step(
            "Scheme, 1 dimension",
            equation(frozen(), first_axis(1)),
            "Forward Euler; the coefficient held.",
        ),
        *_bounds("coefficient held", frozen()),
        *_bounds("linearised", whole()),
        Step("Stable step, grad u = 0, 1 dimension", _steps(worst(1)), "slope = eps: the least of all bounds, by either way."),
        Step("Stable step, grad u = 0, 2 dimensions", _steps(worst(2)), "The chequered mode doubles the diffusion."),
    )


def _bounds(name: str, linear: sp.Expr) -> tuple[Step, ...]:
    return tuple(
        Step(f"Stable step, {name}, {text}", _steps(local(linear, first_axis(dims))), "|xi| < 1 for every mode.")
        for dims, text in ((1, "1 dimension"), (2, "2 dimensions"))
    )


def _steps(stable: Stability) -> sp.Basic:
    return sp.Contains(lr, stable.solve("lr"), evaluate=False)
