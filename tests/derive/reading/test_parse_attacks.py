"""Texts that are no schemes: refused in one line, whatever they are, and nothing of them executed."""

from __future__ import annotations

import ast
import builtins
import os

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from sympy.parsing import sympy_parser

from derive import InputError, parse_scheme

SMUGGLED = [
    "__import__('os').system('touch smuggled')",
    '__import__("os").system("touch smuggled")',
    "().__class__.__bases__[0].__subclasses__()",
    "u.__class__",
    "u[1,0].func",
    "(lambda: 1)()",
    "lambda u: u",
    "[x for x in (1, 2)]",
    "{x for x in u}",
    "(y := 1)",
    "f'{smuggled()}'",
    "'a'",
    "b'a'",
    "eval(smuggled)",
    "exec(smuggled)",
    "open(smuggled)",
    "smuggled()",
    "print(1)",
    "sqrt(smuggled())",
    "sqrt(2, evaluate=smuggled())",
    "sqrt(*smuggled)",
    "sympify(smuggled)",
    "u[smuggled()]",
    "u[1, smuggled.x]",
    "u[:]",
    "u[1:2, 0]",
    "u[1, *v]",
    "u[1, 0](0)",
    "u[1, 0][0]",
    "await u",
    "yield u",
    "u if v else w",
    "not u",
    "u and v",
    "u | v",
    "u @ v",
    "u % 2",
    "u // 2",
    "u << 2",
    "~u",
    "u in v",
    "u is v",
    "u; v",
    "u # v",
    "u\\\nv",
    "import os",
    "del u",
    "True",
    "None",
    "...",
    "__debug__",
    "_u",
    "__builtins__",
    "u\x00",
    "u‮",
    "",
    "   ",
    "(((",
    ")",
    "u[",
    "1if 2else 3",
    "0777",
    "0xfor",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_code_is_refused_and_not_executed(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """No form of execution is even reached: each of the doors to it would fail the test."""
    monkeypatch.chdir(tmp_path)
    for equation in (text, f"{text} == u[0, 0]", f"u[1, 0] == ({text})*u[0, 0]"):
        with monkeypatch.context() as closed:
            _close_doors(closed)
            _refused(equation)
            _refused("u[1, 0] == r*u[0, 0]", assumptions=[text])
            _refused("u[1, 0] == r*u[0, 0]", positive=[text])
    assert not list(tmp_path.iterdir())


def test_the_doors_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: what must not happen would be noticed."""
    with monkeypatch.context() as closed:
        _close_doors(closed)
        for door in (lambda: eval("1"), lambda: compile("1", "", "eval"), lambda: sp.sympify("1"), lambda: os.system("true")):
            with pytest.raises(AssertionError, match="executed"):
                door()


def _close_doors(patch: pytest.MonkeyPatch) -> None:
    def door(*_: object, **__: object) -> None:
        raise AssertionError("executed")

    original = builtins.compile
    only_syntax = lambda source, file, mode, flags=0, *rest, **more: (  # noqa: E731
        original(source, file, mode, flags, *rest, **more) if flags & ast.PyCF_ONLY_AST else door()
    )
    patch.setattr(builtins, "eval", door)
    patch.setattr(builtins, "exec", door)
    patch.setattr(builtins, "compile", only_syntax)
    patch.setattr(os, "system", door)
    patch.setattr(sympy_parser, "parse_expr", door)  # what sympify does with a string


def _refused(*texts: str, **options: list[str]) -> str:
    with pytest.raises(InputError) as caught:
        parse_scheme(*texts, **options)
    assert "\n" not in str(caught.value)
    assert "\x00" not in str(caught.value)
    return str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_scheme_or_one_clear_line(text: str) -> None:
    for equation in (text, f"u[1, 0] == {text}"):
        assert len(_message(equation).splitlines()) <= 1


def _message(equation: str) -> str:
    try:
        parse_scheme(equation)
    except InputError as error:
        return str(error)
    return ""


pieces = st.sampled_from([*"ur01269+-*/()[],. <>=Ij", "**", "==", "sqrt(", "u[1,0]", "u[0,-1]", "u[0,0]", "1e9", " and ", "0x"])


@given(st.lists(pieces, max_size=25).map("".join))
def test_any_sequence_of_pieces_is_a_scheme_or_one_clear_line(text: str) -> None:
    test_any_text_is_a_scheme_or_one_clear_line.hypothesis.inner_test(text)


ODD_NAMES = ["\u3164", "r\uffa0", "г", "你", "Α", "ο", "r\u0301x", "lambda", "class", "xi", "c_1"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_that_cannot_be_read_or_told_apart_are_refused(name: str) -> None:
    assert _refused(f"u[1, 0] == {name}*u[0, 0]").isprintable()


def test_words_that_code_has_a_use_for_are_names_as_any() -> None:
    for name in ("like", "numpy", "exp", "t0", "p1", "others", "λ", "Δ"):
        assert parse_scheme(f"u[1, 0] == {name}*u[0, 0]").parameters[0].name == name


LONG = [
    "9**9**9",
    "(((9**64)**64)**64)**64",
    "((((2*r)**64)**64)**64)**64",
    "(a+b+c+d+f+g+h)**64",
    "(a+b)**60*(c+d)**60*(f+g)**60",
    "*".join(["(a+b)"] * 300),
    "1e999999999",
    "1e-999999999",
    "1e" + "9" * 50,
    "1e-" + "9" * 50,
    "1e" + "9" * 20 + "j",
    "(2**64)**64",
    "(2**-64)**64",
    "(1e50)**7*r",
    "(2**64)**8*(2**64)**9",
    "(1+r+s)**64",
    "9" * 4000,
    "9" * 60,
    "0x" + "f" * 5000,
    "-" * 5000 + "1",
    "(1+" * 70 + "r" + ")" * 70,
    "(" * 250 + "1" + ")" * 250,
    "2**" * 2000 + "2",
    "sqrt(" * 61 + "4" + ")" * 61,
    "r+" * 6000 + "r",
    "u[0, 0] + " * 2000 + "1",
    "u[0, 65]",
    "u[0, -65]",
    "u[0, 9999999999999999999999999]",
    "u[0, 0, 0, 0, 0]",
    "a" * 100,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
def test_short_texts_do_not_make_long_calculations(text: str) -> None:
    message = _refused(f"u[1, 0] == {text}*u[0, 0]")
    assert len(message) < 300
