"""Prose: mathematics is set, words and files are left alone, nothing is taken for HTML."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.page.prose import prose


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("dt <= dx^2/2", "dt ≤ dx<sup>2</sup>/2"),
        ("x^-52", "x<sup>−52</sup>"),
        ("alpha_min, K_next - K", "α<sub>min</sub>, K<sub>next</sub> − K"),
        ("at K = -3", "at K = −3"),
        ("image +-1", "image ±1"),
        ("a convolution with What.", "a convolution with Ŵ."),
    ],
)
def test_mathematics_is_set(plain: str, html: str) -> None:
    assert str(prose(plain)) == html


@pytest.mark.parametrize(
    "plain", ["What is it", "test_alpha.py", "alphabet", "seeds 0-9", "1.5e-04", "--steps", "snake_min_case"]
)
def test_the_rest_is_left_alone(plain: str) -> None:
    assert str(prose(plain)) == plain


@given(st.text(alphabet="<>&\"'^_-+ =/alphxb2n(min)", max_size=40))
def test_a_text_brings_no_tags_of_its_own(plain: str) -> None:
    assert set(re.findall(r"<[^>]*>", prose(plain))) <= {"<sup>", "</sup>", "<sub>", "</sub>"}
    assert not re.search(r"&(?!(lt|gt|amp|#34|#39);)", prose(plain))


@given(st.text(alphabet="<>&;lt gq", max_size=20))
def test_without_mathematics_it_is_plain_escaping(plain: str) -> None:
    assert unescape(str(prose(plain))) == plain
