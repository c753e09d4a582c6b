"""MathML: everything the theorems and claims write is converted, and what is mended keeps its meaning."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from derive import theorems
from derive.claim import claims
from experiments.mathml import mathml

FORMULAS = {f"{t.id}: {step.title}": step.latex for t in theorems.values() for step in t.steps}
FORMULAS |= {f"{t.id}: result": t.latex() for t in theorems.values()}
FORMULAS |= {f"print of {c.id}": c.latex for c in claims().values() if c.latex}


def text_of(latex: str) -> str:
    return "".join(ElementTree.fromstring(mathml(latex)).itertext())


@pytest.mark.parametrize("latex", FORMULAS.values(), ids=FORMULAS)
def test_no_raw_latex_is_left(latex: str) -> None:
    assert not set("\\&$_}") & set(text_of(latex))


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
