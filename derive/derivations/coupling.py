r"""Two layers near zero kernels: each is stable by itself, both together need not be.

At :math:`K_1 = K_2 = 0` no layer bends the other's loss: g_1 = 0, and the second layer's input is r(0) = 0. The whole data
term of the Hessian couples the layers: the gradient for K_1 changes with K_2, and the other way round. Bounds layer by layer
do not see it. From three layers on it vanishes too.

Source: refutes "optimization will be stable when stability conditions are met for each layer" (after Thm 5.7).
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.stability import stability
from derive.conditions.time_limit import PATIENT
from derive.derivations import multilayer, strong_decay
from derive.derivations.layer_regimes import slope
from derive.fields.calculus import Correlation, TimeDerivative, Total, expand_linear, pointwise, variation
from derive.fields.layers import kernel_variation, kernels
from derive.fields.networks import r
from derive.fields.symbols import I, Ibar, alpha, alpha_max, alpha_min, declare, lr, xi
from derive.modes.amplification import Amplification
from derive.paper.derivation import Derivation, Step

slope_function = pointwise("r", None, 1)
sums = tuple(declare(f"Kbar_{n}", rf"\bar{{K}}_{n}", f"integral (sum) of the kernel of layer {n}", real=True) for n in (1, 2))
areas = tuple(declare(f"area_{n}", f"|W_{n}|", f"number of cells of the kernel of layer {n}", positive=True) for n in (1, 2))
dgrad = {
    (n, m): declare(
        f"dgrad_{n}{m}", rf"\delta_{{K_{m}}} \nabla_{{K_{n}}} L", f"variation of layer {n}'s gradient along K_{m}", real=True
    )
    for n in (1, 2)
    for m in (1, 2)
}
_SIDES = (alpha_min, alpha_max)
coupling = declare("coupling", "c", "strength with which two layers drive each other", "1/time", nonnegative=True)


def linear_part(depth: int, layer: int, along: int) -> sp.Expr:
    """Change of the data gradient for one layer's kernel with another's, at zero kernels; r(0) = 0, a held."""
    data = multilayer.direct(depth, layer).subs(alpha, 0)
    varied = variation(data, kernels(depth)[along - 1], kernel_variation(along))
    at_zero = varied.xreplace(dict.fromkeys(kernels(depth), sp.S.Zero)).subs(r(0), 0)
    return _of_sums(expand_linear(at_zero)).subs({slope_function(0): slope, Total(I): Ibar})


def _of_sums(expr: sp.Expr) -> sp.Expr:
    """The integral of a correlation is the product of the integrals."""
    product = lambda both: Total(both.args[0]) * Total(both.args[1])  # noqa: E731
    return expr.replace(lambda e: isinstance(e, Total) and isinstance(e.args[0], Correlation), lambda e: product(e.args[0]))


def rates() -> tuple[sp.Expr, sp.Expr]:
    """Time derivatives of the two kernels' sums near zero: each is driven, all over its window, by the other's sum."""
    pairs = ((1, 2), (2, 1))
    driven = (linear_part(2, own, other).subs(Total(kernel_variation(other)), sums[other - 1]) for own, other in pairs)
    return tuple(-area * drive - alpha * own for area, drive, own in zip(areas, driven, sums, strict=True))


def strength() -> sp.Expr:
    """The coupling c: its square is the product of the two rates at which the layers drive each other."""
    first, second = rates()
    return sp.sqrt(sp.Mul(first.coeff(sums[1]), second.coeff(sums[0])))


@cache
def bound() -> Stability:
    """Both roots of one step of both layers inside the unit circle."""
    jacobian = sp.Matrix([[sp.expand(rate).coeff(own) for own in sums] for rate in rates()])
    polynomial = ((xi - 1) * sp.eye(2) - lr * jacobian).det()
    return stability(Amplification(sp.Poly(_with_coupling(polynomial), xi), {}), "schur", PATIENT)


def _with_coupling(polynomial: sp.Expr) -> sp.Expr:
    """The layers drive each other through the product of the two rates alone, which is the coupling's square."""
    return sp.expand(polynomial).subs(strength() ** 2, coupling**2)


def edges() -> tuple[sp.Expr, sp.Expr]:
    """(alpha_min, alpha_max), in 1/time: ends of the interval of weight decays that the bound allows."""
    interval = bound().solve("alpha")
    return interval.start, interval.end


def derive() -> Derivation:
    """Linearise the two flows at zero; sum over the windows; amplification polynomial of the pair; its roots."""
    rows = [(layer, along) for layer in (1, 2) for along in (1, 2)]
    parts = (sp.Eq(dgrad[layer, along], linear_part(2, layer, along)) for layer, along in rows)
    flows = (sp.Eq(TimeDerivative(one), rate) for one, rate in zip(sums, rates(), strict=True))
    none = {strong_decay.F_min: 0, strong_decay.F_max: 0}
    lone = sp.Tuple(*(sp.Eq(name, edge.subs(none)) for name, edge in zip(_SIDES, strong_decay.edges(), strict=True)))
    steps = (
        Step(
            "Near zero kernels", sp.Tuple(*parts), "Layer 1 along K_1, along K_2; layer 2 along K_1, along K_2; without decay."
        ),
        Step(
            "Each layer by itself",
            lone,
            "The data do not act on it (supp. Eq 51 with F = 0): all that the layer-wise theory asks.",
        ),
        Step("Both layers, summed over their windows", sp.Tuple(*flows), "Each drives the other. Kernels of sum 0 only decay."),
        Step("Coupling", sp.Eq(coupling, strength()), "The square root of the product of the two driving rates."),
        Step("Amplification polynomial", sp.Eq(bound().polynomial.as_expr(), 0), "One step of both, determinant."),
        Step("Condition", bound().condition, "Both roots inside the unit circle."),
        Step(
            "Weight decay",
            sp.Tuple(*map(sp.Eq, _SIDES, edges())),
            "A decay below c lets zero go.",
        ),
        Step(
            "Three layers",
            sp.Eq(dgrad[1, 2], linear_part(3, 1, 2)),
            "Likewise for every pair: at zero the data do nothing.",
        ),
    )
    return Derivation(
        id="coupling",
        title="Two layers near zero kernels",
        assumptions=(
            "two layers, r(0) = 0, kernels near zero, a held",
            "the image is 0 within both kernels' reach of its border, so that every cell of a window sees all of it",
        ),
        steps=steps,
        result=bound(),
        source="for Eq 25",
        outputs={"alpha_bounds": edges(), "strength": (strength(),)},
    )
