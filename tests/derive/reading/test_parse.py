"""Schemes as text: read back as they were printed; mistakes named, with what to do."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, InputError, stability
from derive.fields.symbols import xi
from derive.gallery import gallery
from derive.reading.parse import parse_scheme

HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"
u, plane = GridFunction("u", 1), GridFunction("u", 2)


def real(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def test_heat() -> None:
    found = stability(parse_scheme(HEAT))
    assert found.condition == sp.And(real("r") >= 0, real("r") <= sp.Rational(1, 2))


@pytest.mark.parametrize("name", list(gallery))
def test_every_scheme_of_the_textbooks_is_read_back_as_printed(name: str) -> None:
    """But for the signs of the parameters, which a printed equation does not show."""
    scheme = gallery[name].scheme
    read = parse_scheme(*(f"{residual} == 0" for residual in scheme.residuals))
    plain = {p: real(p.name) for p in scheme.parameters}
    for one, other in zip(read.residuals, scheme.residuals, strict=True):
        assert sp.cancel(sp.together(one - other.xreplace(plain))) == 0


coefficients = st.builds(
    lambda p, q, i, name, power: (sp.Rational(p, q) + i * sp.I) * real(name) ** power,
    st.integers(-999, 999),
    st.integers(1, 99),
    st.integers(-2, 2),
    st.sampled_from("abrst"),
    st.integers(-3, 3),
)
offsets = st.tuples(st.integers(-3, 0), st.integers(-64, 64), st.integers(-2, 2))


@given(terms=st.dictionaries(offsets, coefficients, min_size=1, max_size=8), lead=coefficients)
def test_a_random_linear_scheme_is_read_back_as_printed(terms: dict, lead: sp.Expr) -> None:
    new, old = lead * plane[1, 0, 0], sp.Add(*(c * plane[j] for j, c in terms.items()))
    if lead == 0 or old == 0:
        return
    assert parse_scheme(f"{new} == {old}").residuals == GridScheme(sp.Eq(new, old)).residuals


@given(number=st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**9, places=12))
def test_a_decimal_is_taken_digit_by_digit(number) -> None:
    scheme = parse_scheme(f"u[1] == u[0] + {number:f}*u[-1]")
    assert scheme.residuals[0].coeff(sp.IndexedBase("u")[-1]) == -sp.Rational(str(number))


@pytest.mark.parametrize(
    ("text", "coefficient"),
    [
        ("0.1", sp.Rational(1, 10)),
        ("3.14159265358979323846", sp.Rational(314159265358979323846, 10**20)),
        ("1e-3", sp.Rational(1, 1000)),
        ("2/3", sp.Rational(2, 3)),
        ("2**-3", sp.Rational(1, 8)),
        ("(1 + 2j)*I", sp.I - 2),
        ("0.5j", sp.I / 2),
        ("sqrt(8)", 2 * sp.sqrt(2)),
        ("sqrt(2/pi)", sp.sqrt(2 / sp.pi)),
        ("pi*r", sp.pi * real("r")),
        ("-(-r)**3", real("r") ** 3),
        ("ν/dx**2", real("ν") / real("dx") ** 2),
    ],
)
def test_numbers_and_names(text: str, coefficient: sp.Expr) -> None:
    assert sp.expand(parse_scheme(f"u[1, 0] == {text}*u[0, 0]").residuals[0].coeff(u[0, 0]) + coefficient) == 0


def test_assumptions() -> None:
    scheme = parse_scheme(
        "u[1,0] == (q + r - th + s)*u[0,0]", assumptions=["0 <= th <= 1", "r > 0", "q < 2*r and q >= -1"], positive=["s"]
    )
    named = {p.name: p for p in scheme.parameters}
    assert [named[n].is_positive for n in "rs"] == [True, True]
    assert named["th"].is_nonnegative
    q, r, th = (named[n] for n in ("q", "r", "th"))
    assert scheme.assumptions == sp.And(th <= 1, q < 2 * r, q >= -1)


@pytest.mark.parametrize("name", ["x", "t", "A", "E", "beta"])
def test_a_condition_does_not_depend_on_the_name_of_the_parameter(name: str) -> None:
    """The engine's own symbols stay out of the way."""
    for equation in (HEAT, "u[1,0] - u[0,0] == -r/2*(u[0,1]-u[0,-1]) + r**2/2*(u[0,1] - 2*u[0,0] + u[0,-1])"):
        expected = stability(parse_scheme(equation))
        found = stability(parse_scheme(equation.replace("r", name)))
        assert found.condition.xreplace({real(name): real("r")}) == expected.condition


def test_a_system_of_two_unknowns() -> None:
    staggered = parse_scheme("u[1,0] == u[0,0] + r*(v[0,0] - v[0,-1])", "v[1,0] == v[0,0] + r*(u[1,1] - u[1,0])")
    assert stability(staggered, "von-neumann").condition == sp.And(real("r") >= -1, real("r") <= 1)
    assert stability(staggered).polynomial.degree(xi) == 2


def test_a_long_sum_is_read() -> None:
    terms = " + ".join(f"r*u[0, {j}]" for j in range(-64, 65))
    assert len(parse_scheme(f"u[1, 0] == {terms}").values(sp.IndexedBase("u"))) == 130


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["u[1,0] == u[0,0]**2"], r"the term -u\[0, 0\]\*\*2; linearised about a constant state U it reads -2\*U\*u\[0, 0\]"),
        (["u[1,0] == u[0,0]*u[0,1]"], "linear in the unknowns"),
        (["u[1,0] == 1/u[0,0]"], "linear in the unknowns"),
        (["u[1,0] == sin(u[0,0])"], r"the call 'sin\(u\[0, 0\]\)'; write \* between factors.*linearise"),
        (["u[n+1,j] == u[n,j]"], r"expected integer offsets.*got 'u\[n \+ 1, j\]'; write u\[1, 0\]"),
        (["u[1,0] == c[j]*u[0,0]"], r"got 'c\[j\]'; .*if c is a coefficient that varies, a parameter"),
        (["u[1,0] == c[0]*u[0,0]"], r"same number of offsets at every unknown, got u\[1, 0\] and c\[0\]; a coefficient"),
        (["u[1,0] == u[0]"], r"expected 2 offset\(s\) at every u, as in u\[1, 0\], got 'u\[0\]'"),
        (["u[1,0] == u"], "expected offsets at every u"),
        (["u*u[1,0] == 0"], "expected offsets at every u"),
        (["u[0,1] == u[0,0]"], "expected a new time level"),
        (["u[1,0] == u[0,0] + 3"], "the constant term -3"),
        (["u[1,0] == u[1,0]"], "its sides are the same"),
        (["u[1,0] - u[0,0]"], r"expected one equation, left == right, got 'u\[1, 0\] - u\[0, 0\]'"),
        (["u[1,0] == u[0,0] == 0"], "expected one equation"),
        (["u[1,0] <= u[0,0]"], "expected one equation"),
        (["u[1,0] == u[0,0], v[1,0] == v[0,0]"], "a text of its own"),
        (["u[1,0] = u[0,0]"], "write == between the two sides"),
        (["u[1,0] == 2r*u[0,0]"], r"write \* between factors"),
        (["u[1,0] == r^2*u[0,0]"], r"write \*\* for a power"),
        (["u(1,0) == u(0,0)"], r"write u\[...\] for a value on the grid"),
        (["u[1,0] == lambda*u[0,0]"], "lambda is a word of Python; write lam"),
        (["u[1,0] == (r*u[0,0]"], r"'\(' was never closed"),
        (["u[1,0] == r**q*u[0,0]"], "a whole number of at most 64 as a power"),
        (["u[1,0] == 2**(1/2)*u[0,0]"], r"write sqrt\(2\)"),
        (["u[1,0] == sqrt(r)*u[0,0]"], "expected sqrt of a number that is not negative"),
        (["u[1,0] == sqrt(-2)*u[0,0]"], "expected sqrt of a number that is not negative"),
        (["u[1,0] == u[0,0]/(r - r)"], "no division by zero"),
        (["u[1,0] == xi*u[0,0]"], "'xi', which has a meaning in the analysis"),
        (["u[1,0] == nan*u[0,0]"], "'nan', which is no finite number"),
        (["u[1,0] == oo*u[0,0]"], "'oo', which is no finite number"),
        (["u[1,0] == c_1*u[0,0]"], "'c_1', which has a meaning in the analysis"),
        (["I[1,0] == u[0,0]"], "the imaginary unit"),
        ([HEAT, HEAT], "got 2 equation"),
        ([HEAT] * 9, "expected 1 to 8 equations, got 9"),
        ([], "expected 1 to 8 equations, got 0"),
        ([3], "expected a text such as .*got int"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(texts: list, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_scheme(*texts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positive": ["s"]}, "unknown parameter 's': expected one of r"),
        ({"positive": ["r > 0"]}, "expected the name of a parameter, got 'r > 0'"),
        ({"assumptions": ["s > 0"]}, "unknown parameter 's'"),
        ({"assumptions": ["r"]}, "expected a comparison such as r > 0"),
        ({"assumptions": ["r == 1"]}, "expected <, <=, > or >="),
        ({"assumptions": ["r > 0", "r < 0"]}, "can hold together"),
        ({"assumptions": ["1 > 2"]}, "can hold together"),
        ({"assumptions": ["u[0,0] > 0"]}, "expected an assumption on parameters"),
        ({"assumptions": ["r > I"]}, "expected real numbers to compare"),
        ({"assumptions": ["r > 0 or r < 0"]}, "expected a comparison"),
    ],
)
def test_bad_assumptions(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_scheme(HEAT, **options)
