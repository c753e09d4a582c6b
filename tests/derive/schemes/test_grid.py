"""What a scheme must be; every refusal is one line that names the term and says what to write."""

from __future__ import annotations

import pytest
import sympy as sp

from derive import GridFunction, GridScheme, InputError, amplification, stability

r, x = sp.symbols("r x")
u, v, plane = GridFunction("u", 1), GridFunction("v", 1), GridFunction("p", 2)


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        (
            [u[1, 0] - u[0, 0] - r * u[0, 0] ** 2],
            r"the term -r\*u\[0, 0\]\*\*2; linearised about a constant state U it reads -2\*U\*r",
        ),
        ([u[1, 0] - u[0, 0] * u[0, 1]], r"linearised about a constant state U it reads -U\*u\[0, 0\] - U\*u\[0, 1\]"),
        ([u[1, 0] - sp.sin(u[0, 0])], r"reads -cos\(U\)\*u\[0, 0\]"),
        ([u[1, 0] - sp.Function("c")(x) * u[0, 0]], r"constant coefficients, got c\(x\)"),
        ([u[1, 0] - u[0, 0] - r], "the constant term -r"),
        ([u[0, 1] - u[0, 0]], "expected a new time level, got u at level 0 alone"),
        ([u[1, 0] == u[0, 0]], "== compares"),
        (["u[1, 0] - u[0, 0]"], "expected an equation sympy.Eq"),
        ([u[1, 0] - v[0, 0]], "one equation per unknown, got 1 equation"),
        (
            [u[1, 0] - u[0, 0], plane[1, 0, 0] - u[0, 0]],
            r"the same number of offsets, got p\[1, 0, 0\] and u\[0, 0\]|u\[0, 0\] and p",
        ),
        ([u[1, 0] - sp.IndexedBase("u")[0, sp.Symbol("j")]], "expected integer offsets"),
        ([u[1, 0] - sp.Symbol("z", imaginary=True) * u[0, 0]], "expected real parameters, got z"),
        ([r], "a differential equation, such as .*, is for `pde`"),
    ],
)
def test_refusals(equations: list, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        GridScheme(*equations)
    assert "\n" not in str(caught.value)


def test_a_singular_system_is_refused() -> None:
    step = u[1, 0] - u[0, 0] - v[0, 0]
    with pytest.raises(InputError, match="independent equations"):
        amplification(GridScheme(step, 2 * step))


def test_decimals_are_the_fractions_they_print_as() -> None:
    scheme = GridScheme(sp.Eq(u[1, 0] - u[0, 0], 0.1 * r * (u[0, 1] - 2 * u[0, 0] + u[0, -1])))
    assert stability(scheme).condition == sp.And(r >= 0, r <= 5)


def test_a_stage_is_an_unknown_on_one_level() -> None:
    """Heun's method for u' = u_xx by a stage v is the second-order Taylor method."""
    half = r / 2
    second = lambda f: f[0, 1] - 2 * f[0, 0] + f[0, -1]  # noqa: E731
    heun = GridScheme(v[0, 0] - u[0, 0] - r * second(u), u[1, 0] - u[0, 0] - half * second(u) - half * second(v))
    assert stability(heun).condition == sp.And(r >= 0, r <= sp.Rational(1, 2))


def test_parameters_are_the_symbols_of_the_coefficients() -> None:
    assert GridScheme(u[1, 0] - r * x * u[0, 0]).parameters == (r, x)


def test_equations_in_a_list_are_several() -> None:
    u, v, r = GridFunction("u"), GridFunction("v"), sp.Symbol("r", real=True)
    equations = [sp.Eq(u[1, 0] - u[0, 0], r * (v[0, 0] - v[0, -1])), sp.Eq(v[1, 0] - v[0, 0], r * (u[1, 1] - u[1, 0]))]
    for given in (equations, tuple(equations), sp.Tuple(*equations)):
        assert GridScheme(given).residuals == GridScheme(*equations).residuals
    for wrong in ([], [[equations[0]]], [equations, equations], [True], [None]):
        with pytest.raises(InputError):
            GridScheme(wrong)


def test_numbers_beyond_floating_point_are_refused() -> None:
    u, r = GridFunction("u"), sp.Symbol("r", real=True)
    for number in (sp.Integer(2) ** 1024, sp.Rational(1, 2**1100), sp.Integer(10) ** 4000, sp.Float("1e400")):
        with pytest.raises(InputError, match=r"2\^1023 in size"):
            GridScheme(sp.Eq(u[1, 0], number * r * u[0, 0]))
    assert GridScheme(sp.Eq(u[1, 0], sp.Integer(2) ** 1000 * r * u[0, 0])).parameters == (r,)


def test_products_of_numbers_beyond_floating_point_are_refused() -> None:
    """Each is a floating-point number; what the roots and the condition are made of is not."""
    u, v, big = GridFunction("u"), GridFunction("v"), sp.Integer(2) ** 1000
    with pytest.raises(InputError, match=r"2\^1023 in size"):
        stability(GridScheme(sp.Eq(u[1, 0], big * v[0, 0]), sp.Eq(v[1, 0], big * u[0, 1] + v[0, 0])))
