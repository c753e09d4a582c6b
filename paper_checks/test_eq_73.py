"""Eq 73: sufficient, not necessary; the bound depends on the damping, and the print is its limit for none."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import theorem
from derive.derivations import nesterov_limit, nesterov_step
from derive.fields.symbols import lr, momentum, z
from derive.paper.claim import Verdict
from derive.printing.text import latex
from paper_checks.brute import nesterov_matrix, spectral_radius
from paper_checks.claims import PRINTED
from paper_checks.typeset import plain

CLAIM = "eq-73"
largest = cache(lambda: theorem(CLAIM).function("numpy", "largest_amplifier"))
damping_for = cache(lambda: sp.lambdify((lr, momentum), nesterov_limit.damping_for_momentum()))


def printed_step(amplifier: float) -> float:
    """The largest step as printed."""
    return float(PRINTED[CLAIM].values["largest_step"].subs(z, amplifier))


def radius(amplifier: float, dt: float, by: float) -> float:
    """Spectral radius of one step on one mode, momentum coefficient `by`."""
    return spectral_radius(nesterov_matrix(np.array([[amplifier]]), dt, damping_for()(dt, by)))


def counterexample() -> dict[str, float]:
    """z = 1 and the momentum coefficient of Tab 9: a step that the print rules out, halfway to the derived bound."""
    by, amplifier = 0.9, 1.0
    derived = float(nesterov_step.largest_step().subs({z: amplifier, momentum: by}))
    dt = (printed_step(amplifier) + derived) / 2
    return {
        "by": by, "printed": printed_step(amplifier), "derived": derived, "dt": dt, "radius": radius(amplifier, dt, by),
        "beyond": radius(amplifier, 1.001 * derived, by), "undamped": radius(amplifier, 1.9, 0.0),
    }  # fmt: skip


def widest() -> sp.Expr:
    """The derived step without momentum over the printed one."""
    size = sp.Symbol("z", positive=True)
    ratio = nesterov_step.largest_step().subs(momentum, 0) / PRINTED[CLAIM].values["largest_step"]
    return sp.simplify(ratio.subs(z, size))


def refuted() -> bool:
    """Stable where the print says it cannot be, up to the derived bound and not beyond."""
    c = counterexample()
    return c["printed"] < c["dt"] < c["derived"] and c["radius"] < 1 < c["beyond"] and c["undamped"] < 1


def verdict() -> Verdict:
    """The counterexample."""
    c = counterexample()
    return Verdict(
        CLAIM, "erratum" if refuted() else "agrees", PRINTED[CLAIM].latex, rf"\Delta t < {latex(nesterov_step.largest_step())}",
        f"Not necessary: at z = 1 and momentum coefficient {c['by']} the print allows dt < {c['printed']:.4f}, the derivation dt < "
        f"{c['derived']:.4f}; at dt = {c['dt']:.4f} the spectral radius of the scheme is {c['radius']:.4f}, at 1.001 times the derived "
        f"bound {c['beyond']:.4f}. At momentum coefficient 0 even dt = 1.9 is stable ({c['undamped']:.3f}). The print is the limit of "
        "no damping, where the momentum coefficient tends to 1; it is sufficient for every damping.",
        "python -m derive show eq-73 --steps; pytest paper_checks/test_eq_73.py",
        f"The bound is {plain(nesterov_step.largest_step())} with mu the momentum coefficient {plain(nesterov_limit.coefficients()[1])} in [0, 1).",
        f"Damping widens the range of stable steps, by up to {widest()} at mu = 0; a step the print allows is stable.",
    )  # fmt: skip


def test_print_is_not_necessary() -> None:
    assert refuted()


def test_print_is_the_limit_of_no_damping() -> None:
    size = sp.Symbol("z", positive=True)
    difference = nesterov_step.largest_step().subs(momentum, 1) - PRINTED[CLAIM].values["largest_step"]
    assert sp.simplify(difference.subs(z, size)) == 0


@settings(deadline=None, max_examples=40)
@given(st.floats(-0.99, 0.999), st.floats(0.01, 100), st.floats(0.05, 0.9999))
def test_print_is_sufficient(by: float, amplifier: float, part: float) -> None:
    """For every damping > 0, overdamped included."""
    assert radius(amplifier, part * printed_step(amplifier), by) < 1


@settings(deadline=None, max_examples=40)
@given(st.floats(-0.98, 0.99), st.floats(0.1, 10))
def test_derived_bound_against_spectral_radii(by: float, dt: float) -> None:
    edge = float(largest()(lr=dt, damping=damping_for()(dt, by)))
    assert radius(0.999 * edge, dt, by) < 1 < radius(1.001 * edge, dt, by)
    assert radius(-1e-3 * edge, dt, by) > 1
