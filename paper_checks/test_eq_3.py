"""Eq 3: the recursion is right, its solution is printed one step off; in float32 it tells what becomes of a last bit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
import xarray as xr

from derive import theorem
from derive.derivations import error_recursion
from derive.fields.symbols import A
from derive.paper.claim import Verdict
from experiments.pdes import last_bit_heat
from experiments.running.progress import silent
from paper_checks.claims import PRINTED
from paper_checks.typeset import plain

CLAIM = "eq-3"
FACTOR, STEPS = sp.Rational(-3, 5), 4


def direct(errors: list[int], start: int = 3) -> sp.Rational:
    """A mode stepped with these errors, exactly."""
    state = sp.Integer(start)
    for step_error in errors:
        state = FACTOR * state + step_error
    return state


def by(formula: sp.Expr, errors: list[int], start: int = 3) -> sp.Expr:
    """A solution of the recursion after the first STEPS of these errors."""
    numbers = dict(enumerate(errors))
    whole = formula.subs(error_recursion.n, STEPS).doit().subs(A, FACTOR).subs(error_recursion.uhat(0), start)
    return whole.replace(error_recursion.error, lambda at: sp.Integer(numbers[int(at)]))


def refuted() -> bool:
    """The print takes an error that is made only later, and leaves out the first; the derivation steps the recursion."""
    errors = [5, -7, 2, 11, -4]
    true = direct(errors[:STEPS])
    printed, derived = PRINTED[CLAIM].values["solved"], error_recursion.solved().rhs
    return by(derived, errors) == true != by(printed, errors) and by(printed, [0, *errors[:STEPS]]) == true


@cache
def runs() -> xr.Dataset:
    """The experiment."""
    return last_bit_heat.compute(last_bit_heat.PRESETS["default"], "cpu", silent)


def over_expected(ratio: int, name: str = "rms") -> np.ndarray:
    """Measured over expected, step by step."""
    part = runs().isel(ratio=ratio)
    return part[name].values[1:] / part[f"expected_{name}"].values[1:]


def verdict() -> Verdict:
    """The index; the superposition of the errors that were made; the expectation."""
    low, high = over_expected(0), over_expected(1)
    growth = runs().isel(ratio=1).rms.values
    return Verdict(
        CLAIM, "erratum" if refuted() else "agrees", PRINTED[CLAIM].latex, theorem(CLAIM).latex(),
        f"With Eq 2's own numbering the last error in u_n is epsilon_(n-1): of one step the print gives A u_0 + epsilon_1, which is made by the "
        f"second, and epsilon_0 never enters. With the index right Eq 3 is exact: in float32, 200 starts a last bit apart, the errors that steps did "
        f"make give the differences of the runs to {float(runs().deviation.max()):.0e}. Taking roundings as independent, nothing fitted: at dt/dx^2 = "
        f"0.8 the RMS difference grows to {growth[-1]:.1e} in 100 steps, {high.min():.2f} to {high.max():.2f} of what is expected; at 0.4 it "
        f"stays at the level of rounding, {low.min():.2f} to {low.max():.2f} of it, since roundings of runs a bit apart are not independent. "
        "Attenuated is what one step adds: the sum stays at sigma^2/(1 - |A|^2), and at |A| = 1 grows like the root of n.",
        "python -m derive show eq-3 --steps; python -m experiments run last-bit-heat; pytest paper_checks/test_eq_3.py",
        f"{plain(error_recursion.solved())}, i from 0 to n - 1: the last error in u_n is that of step n - 1; the print has all of them one step late.",
        "None for stability: all that follows rests on the recursion, which is right.",
    )  # fmt: skip


def test_printed_solution_is_one_step_off() -> None:
    assert refuted()


def test_recursion_is_the_derived_one() -> None:
    assert error_recursion.of_one_step().rhs == PRINTED[CLAIM].values["step"]


def test_errors_that_were_made_are_superposed_exactly() -> None:
    """No assumption on roundings: float64 resolves a difference of some last bits of float32 to about 1e-8."""
    assert float(runs().deviation.max()) < 1e-5


def test_above_the_bound_a_last_bit_grows_as_predicted() -> None:
    """200 starts scatter the RMS of one mode by 5 %; the plain run's own roundings, common to all, by less than 10 %."""
    assert np.abs(over_expected(1) - 1).max() < 0.2
    assert float(runs().isel(ratio=1).rel_l1[-1]) > 0.5


def test_below_the_bound_it_stays_at_the_level_of_rounding() -> None:
    part = runs().isel(ratio=0)
    assert over_expected(0).max() < 1.1
    assert float(part.rms.max()) < 2 * float(part.rms[0])
    assert float(part.rel_l1.max()) < 1e-6


def test_expected_rel_l1_while_it_is_small_and_when_the_runs_have_parted() -> None:
    found = over_expected(1, "rel_l1")
    assert np.abs(found[:15] - 1).max() < 0.25
    assert 0.5 < found[-1] < 1.5  # the plain run's error is one draw


@pytest.mark.parametrize("factor", [0.3, -0.9, 1.4, -2.0])
def test_expected_square_against_many_random_errors(factor: float) -> None:
    """Monte Carlo, 20000 runs: the mean square scatters by 1 %."""
    rng, states, steps = np.random.default_rng(3), np.zeros(20000), 12
    for _ in range(steps):
        states = factor * states + rng.standard_normal(len(states))
    values = {error_recursion.gain: factor**2, error_recursion.variance: 1, error_recursion.n: steps}
    assert (states**2).mean() == pytest.approx(float(error_recursion.branch(False).subs(values)), rel=0.06)
