r"""A kernel that is a weighted sum of indicator functions of cells: what gradient descent of the weights is.

Source: the remark after Eq 9.
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from derive.derivations import gradient_flow
from derive.fields.calculus import Inner
from derive.fields.symbols import Field, K, declare, dK
from derive.paper.derivation import Derivation, Step

weight = declare("k_p", "k_p", "weight of cell p", real=True)
cell = declare("chi_p", r"\chi_p", "indicator of cell p", kind=Field, real=True)
others = declare("K_rest", r"K_{\neq p}", "what the other cells add", kind=Field, real=True)
slope = declare("dL_dk", r"\partial L/\partial k_p", "derivative of the loss in the weight of cell p", real=True)
rate = declare("rate_p", r"\dot k_p", "rate of the weight of cell p under gradient descent", real=True)
mean = declare("cell_mean", r"\overline{F}_p", "mean over cell p of a field F", real=True)
value = declare("at_centre", "F(x_p)", "a field at the centre of cell p", real=True)
bend = declare("laplacian_at_centre", r"\Delta F(x_p)", "its Laplacian there", real=True)
side = declare("h", "h", "side of a cell", "length", positive=True)
ORDER = 3


def kernel() -> sp.Expr:
    """The kernel as a function of one weight."""
    return weight * cell + others


def along_a_cell() -> sp.Expr:
    """The first variation of the loss in the direction in which that weight moves the kernel."""
    return gradient_flow.first_variation().xreplace({dK: kernel().diff(weight)})


def by_gradient() -> sp.Expr:
    """The same through the gradient of Thm 5.1."""
    return Inner(gradient_flow.loss_gradient(), kernel().diff(weight))


def over_a_cell() -> sp.Expr:
    """Mean of a Taylor polynomial over the square around its centre; odd powers cancel."""
    at = sp.symbols("p q", real=True)
    powers = [(j, k) for j, k in product(range(ORDER + 1), repeat=2) if j + k <= ORDER]
    terms = {power: sp.Symbol(f"F_{power[0]}{power[1]}") for power in powers}
    field = sp.Add(*(f * at[0] ** j * at[1] ** k / sp.factorial(j) / sp.factorial(k) for (j, k), f in terms.items()))
    average = sp.integrate(field, *((p, -side / 2, side / 2) for p in at)) / side**2
    return sp.expand(average).subs({terms[0, 0]: value, terms[0, 2]: bend - terms[2, 0]}).expand()


def descent() -> sp.Expr:
    """Minus the derivative: the cell's area times the mean of the flow over it, called F."""
    return mean * side**2


def derive() -> Derivation:
    """Kernel, variation along a cell, gradient; a cell's mean against the value at its centre."""
    steps = (
        Step("Kernel", sp.Eq(K, kernel()), "One weight singled out."),
        Step("In one weight", sp.Eq(slope, along_a_cell()), "The first variation of Thm 5.1 along dK/dk_p."),
        Step("By the gradient", sp.Eq(slope, by_gradient()), "dL = <grad L, dK>: the gradient summed over the cell."),
        Step("Cell", sp.Eq(mean, over_a_cell()), "Taylor polynomial of order 3, integrated; the rest is O(h^4)."),
        Step("Descent of a weight", sp.Eq(rate, descent()), "F = -grad L, the right side of Eq 8: area times mean."),
        Step("At the centre", sp.Eq(rate, descent().subs(mean, over_a_cell())), "Eq 8 at the centre times h^2, to O(h^2)."),
    )
    return Derivation(
        id="indicators",
        title="Kernel as a sum of indicator functions",
        assumptions=("disjoint square cells of side h", "the flow is smooth within a cell"),
        steps=steps,
        result=steps[-1].expression,
        source="after Eq 9",
    )
