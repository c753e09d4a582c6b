r"""Consistency and stability imply convergence: the heat equation's scheme on a mode, its error summed by Eq 3.

Source: the end of Section 3.1 (Lax's theorem); Richtmyer and Morton (1967), Sec 3.5.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations import error_recursion, heat
from derive.derivations.error_recursion import i, n
from derive.fields.calculus import pointwise
from derive.fields.phases import THETAS
from derive.fields.symbols import A, declare, diffusivity, dx, lr, omega, x
from derive.modes.amplification import in_phases
from derive.paper.derivation import Derivation, Step

exact = declare("exact_factor", "G", "factor by which the solution changes in one step", real=True)
local = declare("local_error", r"\tau", "error of one step on a mode of size 1, A - G", real=True)
whole = declare("whole_error", "e_n", "error of the scheme after n steps, on a mode that starts at 1", real=True)
growth = declare("growth", r"|A|^{T/\Delta t}", "growth of the shortest wave until T", positive=True)
until = declare("T", "T", "time at which the error is looked at", "time", positive=True)
ratio = declare("mesh_ratio", "r", "kappa dt/dx^2", positive=True)
_error = pointwise("e")


def exact_factor() -> sp.Expr:
    """Of e^{i omega x} under the heat equation."""
    wave = sp.exp(sp.I * omega * x)
    return sp.exp(lr * diffusivity * sp.simplify(wave.diff(x, 2) / wave))


def scheme_factor() -> sp.Expr:
    """Of the same under the scheme."""
    return in_phases(heat.amplifier(1)).subs(THETAS[0], omega * dx)


def summed() -> sp.Expr:
    """Eq 3 without an error at the start; the solution, put into the scheme, lacks (A - G) G^k in step k."""
    return error_recursion.solved().rhs.subs(error_recursion.uhat(0), 0).replace(error_recursion.error, _left_out)


def _left_out(step: sp.Expr) -> sp.Expr:
    return local * exact**step


def largest() -> sp.Expr:
    """Where |A| <= 1 and |G| <= 1 no power of them is above 1."""
    term = summed().function.subs({A: 1, exact: 1})
    return sp.Sum(sp.Abs(term), (i, 0, n - 1)).doit()


@cache
def leading() -> sp.Expr:
    """Of A - G, in powers of dt and dx^2."""
    difference = sp.series(scheme_factor(), dx, 0, 4).removeO() - sp.series(exact_factor(), lr, 0, 3).removeO()
    return sp.factor(difference)


def at_time() -> sp.Expr:
    """The bound after the n = T/dt steps until T."""
    return sp.factor(largest().subs(n, until / lr) / sp.Abs(local) * leading())


def beyond() -> sp.Expr:
    """Growth of the shortest wave, kappa dt/dx^2 held at r."""
    step = ratio * dx**2 / diffusivity
    return sp.Abs(sp.simplify(scheme_factor().subs(omega, sp.pi / dx).subs(lr, step))) ** (until / step)


def derive() -> Derivation:
    """Factor of the solution and of the scheme; their difference summed by Eq 3, bounded by stability, small by consistency."""
    steps = (
        Step("Solution", sp.Eq(exact, exact_factor()), "A mode e^(i omega x) of u_t = kappa u_xx, over one dt."),
        Step("Scheme", sp.Eq(A, scheme_factor()), "The amplification factor of 'eq-1-3' at theta = omega dx."),
        Step("Error", sp.Eq(whole, summed()), "Eq 3 with A G^k - G^(k+1) = tau G^k left out in step k: e_n = A^n - G^n."),
        Step("Stable", sp.Le(sp.Abs(whole), largest()), "|A| <= 1 and |G| <= 1: no term is larger than |tau|."),
        Step("Consistent", sp.Eq(local / lr, leading() / lr), "tau = A - G by Taylor, per unit of time: O(dt + dx^2)."),
        Step("Converges", sp.Le(sp.Abs(whole), sp.Abs(at_time())), "n = T/dt: to leading order; it vanishes with dt and dx."),
        Step("Beyond the bound", sp.Eq(growth, beyond()), "The shortest wave, omega = pi/dx; unbounded as dx -> 0 if r > 1/2."),
    )
    return Derivation(
        id="convergence",
        title="Consistency and stability imply convergence",
        assumptions=("one mode of the heat equation, forward Euler with central differences", "omega fixed as dt, dx -> 0"),
        steps=steps,
        result=steps[5].expression,
        source="Section 3.1",
        outputs={"local_error": (leading(),), "growth": (beyond(),)},
    )
