"""Every displayed step of every theorem is true in worlds that brute force finds, and a changed one is not; all changes: `make mutate`."""

from __future__ import annotations

from itertools import islice

import pytest
import sympy as sp

from derive.derivations import theorems
from paper_checks.mutate import EQUIVALENT, changes, same
from paper_checks.steps import judged, worlds_of

pytestmark = pytest.mark.exact  # to 1e-9 and coarser, of numbers that round at 1e-16

SAMPLE = 6
"""Changes of each step that are tried here."""


@pytest.mark.parametrize("key", list(theorems))
def test_every_step_is_judged_and_true(key: str) -> None:
    worlds = worlds_of(key)
    lacking = [step.title for step in theorems[key].steps if step.title not in worlds]
    assert not lacking, f"{key}: expected worlds in paper_checks/worlds that judge its steps; got none for {', '.join(lacking)}"
    assert worlds.keys() == {step.title for step in theorems[key].steps}
    assert [step.title for step in theorems[key].steps if not judged(step.expression, worlds[step.title])] == []


@pytest.mark.parametrize("key", list(theorems))
def test_a_changed_step_would_be_seen(key: str) -> None:
    unseen = []
    for step in theorems[key].steps:
        for words, changed in islice(changes(step.expression), SAMPLE):
            known = (key, step.title, words) in EQUIVALENT
            if not known and judged(changed, worlds_of(key).get(step.title, [])) and not same(step.expression, changed):
                unseen.append(f"{step.title}: {words}")
    assert unseen == []


@pytest.mark.parametrize(
    ("key", "title", "term"),
    [
        ("5.3", "Large window", "Dirac"), ("E.1", "Large window", "Dirac"), ("5.3", "Windowed form", "FrequencyConvolution"),
        ("5.1", "Adjoint of the correlation", "Inner"), ("eq-1-3", "Scheme", "u[0, 0]"),
        ("conjecture", "Circular and full: ordered and monotone", "mu_min"), ("conjecture", "Full: converges", "moment"),
    ],
)  # fmt: skip
def test_formulas_that_errata_show_cannot_change_unseen(key: str, title: str, term: str) -> None:
    """Forcings, windows, the adjoint, the scheme, the order of windows: each part that names the term, doubled or turned."""
    (step,) = (step for step in theorems[key].steps if step.title == title)
    tried = [changed for words, changed in changes(step.expression) if term in words and not same(step.expression, changed)]
    assert len(tried) > 1
    assert not any(judged(changed, worlds_of(key)[title]) for changed in tried)


def test_result_is_a_step() -> None:
    """What is shown as the result, and named derived, is one of the judged formulas."""
    for key, derivation in theorems.items():
        result = derivation.result
        shown = [step.expression for step in derivation.steps]
        if isinstance(result, sp.Basic) and not isinstance(result, sp.Tuple):
            assert result in shown, key
