"""MathML: everything the theorems and claims write is converted, and what is mended keeps its meaning."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from derive import theorems
from derive.paper.claim import claims
from experiments.page.mathml import mathml

pytestmark = pytest.mark.exact

PRINTS = {claim.id: claim.latex for claim in claims().values() if claim.latex}


def text_of(latex: str) -> str:
    return "".join(ElementTree.fromstring(mathml(latex)).itertext())


def leaks(latex: str) -> bool:
    return bool(set("\\&$_}") & set(text_of(latex)))


@pytest.mark.parametrize("key", list(theorems))  # derived in the test, not while tests are collected
def test_no_raw_latex_is_left_of_a_theorem(key: str) -> None:
    found = theorems[key]
    formulas = {step.title: step.latex for step in found.steps} | {"result": found.latex()}
    assert not [title for title, latex in formulas.items() if leaks(latex)]


@pytest.mark.parametrize("latex", PRINTS.values(), ids=PRINTS)
def test_no_raw_latex_is_left_of_a_print(latex: str) -> None:
    assert not leaks(latex)


def test_a_leak_would_be_seen() -> None:
    assert "\\" in text_of(r"\unheardof x")


def test_no_formula_is_nothing() -> None:
    assert mathml("") == ""


def test_rows_of_an_alignment_stay_rows() -> None:
    table = ElementTree.fromstring(mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}"))
    assert [len(row) for row in table.iter("mtr")] == [2, 2]


@pytest.mark.parametrize(("latex", "stretchy"), [(r"\left(x\right)", "false"), (r"\left(\frac{x}{y}\right)", "true")])
def test_brackets_stretch_only_about_what_is_tall(latex: str, stretchy: str) -> None:
    root = ElementTree.fromstring(mathml(latex))
    assert {mo.get("stretchy") for mo in root.iter("mo")} == {stretchy}


@pytest.mark.parametrize(
    ("latex", "form"), [("a = -b", "prefix"), ("a - b", None), ("(-b)", "prefix"), (r"\left(a\right) - b", None)]
)
def test_a_minus_is_a_sign_or_an_operator(latex: str, form: str | None) -> None:
    root = ElementTree.fromstring(mathml(latex))
    (minus,) = (mo for mo in root.iter("mo") if mo.text == "−")
    assert minus.get("form") == form


def test_text_is_escaped() -> None:
    assert "<script>" not in mathml(r"\text{<script>} a < b")
