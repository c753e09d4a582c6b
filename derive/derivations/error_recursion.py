r"""What becomes of the errors that a scheme of one step makes: their recursion on a mode, solved, and what is to be expected.

Source: Eq 2, 3 (the recursion); the expectation is what the paper's experiments with the last bit measure.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from derive.derivations import heat
from derive.fields.calculus import pointwise
from derive.fields.phases import SHIFTS, THETAS
from derive.fields.symbols import A, declare, xi
from derive.modes.amplification import mode
from derive.paper.derivation import Derivation, Step

n, i, j, m = sp.symbols("n i j m", integer=True, nonnegative=True)
points = sp.Symbol("N", integer=True, positive=True)
uhat = pointwise("uhat", r"\hat{u}")
error = pointwise("epsilon_hat", r"\hat{\varepsilon}")
"""What step n adds to the mode, which makes n + 1 of it."""

ratio = pointwise("v")
apart = pointwise("d", r"\hat{d}")
"""The mode of one run less that of another from the same start."""

between = pointwise("delta", r"\hat{\delta}")
"""The error of the one less that of the other."""

variance = declare(
    "variance", r"\sigma^2", "mean square of an error, or of the difference of two runs' errors, on a mode", nonnegative=True
)
gain = declare("gain", r"|A|^2", "square of the modulus of the amplification factor", nonnegative=True)
gain_of = pointwise("gain", r"|A|^2")
expected = pointwise("E", r"\mathrm{E}|\hat{d}|^2")
expected_mean = pointwise("E_mean", r"\mathrm{E}\,\overline{d^2}")
floor = declare("floor", r"\mathrm{E}_\infty", "mean square that is approached", nonnegative=True)
level = declare("level", r"\mathrm{E}_0", "mean square that grows by |A|^2 in every step", nonnegative=True)

_EPSILON = sp.IndexedBase("epsilon")


def scheme() -> sp.Eq:
    """The heat equation's scheme with the error of a step."""
    grid = sp.IndexedBase("u")
    (after,) = sp.solve(heat.equation(1), grid[1, 0])
    return sp.Eq(grid[1, 0], grid[0, 0] + sp.factor(sp.expand(after) - grid[0, 0]) + _EPSILON[0, 0])


def on_a_mode() -> sp.Eq:
    """The same with u[n, j] = uhat(n) e^{i j theta}; the errors are transformed alike."""
    kinds = {"u": uhat, "epsilon": error}
    values = scheme().rhs.atoms(sp.Indexed)
    change = scheme().rhs.subs({v: kinds[str(v.base)](n + v.indices[0]) * mode(v).subs(xi, 1) for v in values})
    factor = sp.expand(change).coeff(uhat(n)).subs(SHIFTS[0], sp.exp(sp.I * THETAS[0])).rewrite(sp.cos)
    rest = sp.expand(change - sp.expand(change).coeff(uhat(n)) * uhat(n))
    return sp.Eq(uhat(n + 1), (1 + sp.factor(sp.simplify(factor - 1))) * uhat(n) + rest)


def of_one_step() -> sp.Eq:
    """Any linear scheme of one step: the factor called A."""
    return sp.Eq(uhat(n + 1), on_a_mode().rhs.subs(on_a_mode().rhs.coeff(uhat(n)), A))


def constants_varied() -> sp.Eq:
    """With uhat(n) = A^n v(n)."""
    put = {uhat(k): A**k * ratio(k) for k in (n, n + 1)}
    change = sp.solve(of_one_step().subs(put), ratio(n + 1))[0] - ratio(n)
    return sp.Eq(ratio(n + 1) - ratio(n), sp.powsimp(sp.expand(change)))


def summed() -> sp.Eq:
    """Over all steps before n: the differences on the left leave the last and the first."""
    return sp.Eq(ratio(n), ratio(0) + sp.Sum(constants_varied().rhs.subs(n, j), (j, 0, n - 1)))


def solved() -> sp.Eq:
    """Back in uhat, the steps counted backwards from the last."""
    total = summed().rhs.atoms(sp.Sum).pop()
    term = sp.powsimp(A**n * total.function.subs(j, n - 1 - i))
    return sp.Eq(uhat(n), A**n * uhat(0) + sp.Sum(term, (i, 0, n - 1)))


def difference() -> sp.Eq:
    """Of two runs from one start: what is left of Eq 3."""
    return sp.Eq(apart(n), solved().rhs.subs(uhat(0), 0).replace(error, between))


@cache
def expectation() -> sp.Eq:
    """Of the square: errors of different steps are independent with mean 0, so that the squares of the factors are left."""
    factor = difference().rhs.function / between(n - 1 - i)
    return sp.Eq(expected(n), variance * sp.Sum((factor**2).subs(A, sp.sqrt(gain)), (i, 0, n - 1)))


@cache
def closed() -> sp.Expr:
    """The geometric sum of `expectation` in closed form: one where |A| = 1, another where it is not."""
    return sp.piecewise_fold(expectation().rhs.doit())


def branch(equal: bool) -> sp.Expr:
    """Where |A| is 1, or is not."""
    return next(value for value, condition in closed().args if (condition == sp.Eq(gain, 1)) == equal)


def approached() -> sp.Expr:
    """The limit below the bound, |A| < 1."""
    inside = sp.Symbol("inside", positive=True)  # |A|^2 = 1/(1 + inside)
    limit = sp.limit(branch(False).subs(gain, 1 / (1 + inside)), n, sp.oo)
    return sp.factor(limit.subs(inside, 1 / gain - 1))


def grown() -> sp.Expr:
    """What grows like |A|^(2 n) above the bound, over |A|^(2 n)."""
    outside = sp.Symbol("outside", positive=True)  # |A|^2 = 1 + outside
    scaled = sp.expand((branch(False) / gain**n).subs(gain, 1 + outside))
    return sp.factor(sp.limit(sp.simplify(scaled), n, sp.oo).subs(outside, gain - 1))


def over_the_grid() -> sp.Expr:
    """Mean square over a periodic grid of N points: the mean over its modes, by Parseval."""
    return sp.Sum(expectation().rhs.subs(gain, gain_of(m)), (m, 0, points - 1)) / points


def derive() -> Derivation:
    """Scheme, mode, recursion solved by variation of constants; expectation, its sum, its two regimes."""
    steps = (
        Step("Scheme with errors", scheme(), "Eq 2 solved for the new value; epsilon is all that a step gets wrong."),
        Step("On a mode", on_a_mode(), "u[n, j] = uhat(n) e^(i j theta), and the errors likewise."),
        Step("Any scheme of one step", of_one_step(), "Linear, constant coefficients: one factor A per mode."),
        Step("Variation of constants", constants_varied(), "uhat(n) = A^n v(n), divided by A^(n+1)."),
        Step("Summed", summed(), "Over the steps 0 to n - 1; the left side telescopes."),
        Step("Solved", solved(), "Times A^n, counted backwards by i = n - 1 - j (Eq 3)."),
        Step("Two runs from one start", difference(), "The difference of two solutions; the start drops out."),
        Step("Expected square", expectation(), "delta of different steps independent, mean 0, mean square sigma^2."),
        Step("Summed up", sp.Eq(expected(n), closed()), "A geometric sum; at |A| = 1 a random walk."),
        Step("Below the bound", sp.Eq(floor, approached()), "n -> oo where |A| < 1: bounded at the level of rounding."),
        Step("Above the bound", sp.Eq(level, grown()), "|A| > 1: E/|A|^(2 n) as n -> oo; geometric growth from there."),
        Step(
            "Over a periodic grid",
            sp.Eq(expected_mean(n), over_the_grid()),
            "Of N points; errors independent in space too. Parseval.",
        ),
    )
    return Derivation(
        id="eq-3",
        title="Recursion of the error",
        assumptions=(
            "linear scheme of one step with constant coefficients, in exact arithmetic but for epsilon",
            "expectations: errors independent from step to step, mean 0; roundings are so only where values vary by many "
            "roundings from step to step",
        ),
        steps=steps,
        result=solved(),
        source="Eq 3",
        outputs={
            "expected_square": (closed(),),
            "approached": (_or_unbounded(approached(), gain < 1),),
            "grown": (_or_unbounded(grown(), gain > 1),),
        },
    )


def _or_unbounded(limit: sp.Expr, bounded: sp.Basic) -> sp.Expr:
    """A limit as n -> oo where it is finite; elsewhere infinite, unless no step errs at all."""
    return sp.Piecewise((limit, bounded), (0, sp.Eq(variance, 0)), (sp.oo, True))
