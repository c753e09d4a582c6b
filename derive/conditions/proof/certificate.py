"""Certificates: z3 is asked for a counterexample to a stability condition, and finds none.

By roots, which owes nothing to the way in which the condition was found: no admissible parameters that satisfy the
condition, no phase and no complex xi with phi(xi) = 0 outside of the unit disc; for the grade power-bounded also none with
phi = phi' = 0 on the circle. Where z3 cannot settle that in time, by margins: the same with the inequalities of the
Schur-Cohn theorem instead of the roots. Necessary: no admissible parameters that violate the condition while all is well
at every phase, a formula with a quantifier.

All is decided over the reals, exactly. A question that z3 does not settle in time is "unknown", not proved. Parameters at
which the leading coefficient vanishes at some phase are left out: the scheme determines no new value there.
"""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.polys.polyerrors import BasePolynomialError

from derive.conditions.proof.questions import (
    Question,
    necessary_by_margins,
    necessary_by_roots,
    sufficient_by_margins,
    sufficient_by_roots,
)
from derive.conditions.ways.margins import NeverStable, NoClosedForm
from derive.errors import InputError
from derive.printing.notebook import markdown

DIRECTIONS = {  # the ways to settle each, with their shares of the time: what z3 finds by roots it finds at once
    "sufficient": {"by roots": (sufficient_by_roots, 0.1), "by margins": (sufficient_by_margins, 0.9)},
    "necessary": {"by margins": (necessary_by_margins, 0.8), "by roots": (necessary_by_roots, 0.2)},
}


@dataclass(frozen=True)
class Certificate:
    """What came out of an attempt at a proof.

    Attributes:
        verdict: ``"proved"``: both directions; ``"refuted"``: a counterexample was found; ``"unknown"``.
        answers: direction -> ``"proved: how"``, ``"refuted: how"`` or ``"unknown: why"``.
        counterexample: parameter values, empty unless refuted.
        seconds: time taken.
    """

    verdict: str
    answers: dict[str, str]
    counterexample: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def _repr_markdown_(self) -> str:
        return markdown([], str(self).splitlines())

    def __str__(self) -> str:
        lines = [f"{question}: {answer}" for question, answer in self.answers.items()]
        example = [f"counterexample: {self.counterexample}"] if self.counterexample else []
        return "\n".join([f"{self.verdict} ({self.seconds:.1f} s)", *lines, *example])


def prove(stability, seconds: float = 20.0) -> Certificate:
    """Try to prove that the condition of a `Stability` is necessary and sufficient.

    Args:
        stability: a `Stability`.
        seconds: time limit for each direction, greater than 0.

    Raises:
        InputError: a time limit that is not positive.
    """
    if not seconds > 0:
        raise InputError(f"expected a time limit in seconds greater than 0, got {seconds!r}")
    start = time.perf_counter()
    if stability.status != "exact":
        return Certificate("unknown", {"condition": f"unknown: it is {stability.status}, there is nothing to prove"})
    answers, counterexample = {}, {}
    for direction, ways in DIRECTIONS.items():
        answers[direction], example = _settle(ways, stability, seconds)
        counterexample = counterexample or example
    return Certificate(_verdict(answers), answers, counterexample, time.perf_counter() - start)


def _verdict(answers: dict[str, str]) -> str:
    kinds = [answer.split(":")[0] for answer in answers.values()]
    return "refuted" if "refuted" in kinds else "proved" if all(k == "proved" for k in kinds) else "unknown"


def _settle(ways: dict[str, Any], stability, seconds: float) -> tuple[str, dict[str, Any]]:
    """The first way that gives an answer."""
    if importlib.util.find_spec("z3") is None:
        return "unknown: z3 is not installed (pip install gradcfl[proof])", {}
    reasons = []
    for way, (question, share) in ways.items():
        answer, example = _ask(question, stability, seconds * share)
        if answer in ("proved", "refuted"):
            return f"{answer}: {way}", example
        reasons.append(f"{way} {answer}")
    return f"unknown: {'; '.join(reasons)}", {}


def _ask(question, stability, seconds: float) -> tuple[str, dict[str, Any]]:
    try:
        questions: list[Question] = question(stability)
    except (NoClosedForm, NeverStable, BasePolynomialError) as error:
        return f"cannot be put to z3 ({error or type(error).__name__})", {}
    for asked in questions:
        answer, example = _check(asked, seconds / len(questions), stability.parameters)
        if answer != "proved":
            return answer, example
    return "proved", {}


def _check(asked: Question, seconds: float, parameters: tuple[sp.Symbol, ...]) -> tuple[str, dict[str, Any]]:
    import z3

    solver = z3.Tactic("nlqsat").solver() if asked.quantified else z3.SolverFor("QF_NRA")
    solver.set("timeout", max(1, int(1000 * seconds)))
    solver.add(*asked.facts)
    answer = solver.check()
    if answer == z3.unsat:
        return "proved", {}
    if answer == z3.unknown:
        return f"no answer in {seconds:.1f} s", {}
    if not asked.refutes:
        return "not settled: a margin may vanish", {}
    model = solver.model()
    return "refuted", {str(p): str(model.eval(z3.Real(str(p)), model_completion=True)) for p in parameters}
