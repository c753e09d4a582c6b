"""Staggered grids as they are written, against the same schemes relabelled by hand."""

from __future__ import annotations

import pytest
import sympy as sp

from derive import GridFunction, GridScheme, InputError, amplification, parse_scheme, stability
from derive.gallery import gallery
from derive.schemes.grid import GridScheme as Scheme

h = sp.Rational(1, 2)
WAVE = ["u[1,0] == u[0,0] + nu*(v[1/2,1/2] - v[1/2,-1/2])", "v[1/2,1/2] == v[-1/2,1/2] + nu*(u[0,1] - u[0,0])"]
ABOUT_ITSELF = ["u[1,0] == u[0,0] + nu*(v[0.5,0.5] - v[0.5,-0.5])", "v[1/2,0] == v[-1/2,0] + nu*(u[0,1/2] - u[0,-1/2])"]


def _same(one: Scheme, other: Scheme) -> bool:
    """The same amplification polynomial, up to a number; symbols by name."""
    plain = lambda e: e.xreplace({s: sp.Symbol(s.name) for s in e.free_symbols})  # noqa: E731
    return sp.cancel(sp.Mul(*(plain(amplification(s).polynomial.as_expr()) ** n for s, n in ((one, 1), (other, -1))))).is_number


@pytest.mark.parametrize("texts", [WAVE, ABOUT_ITSELF])
def test_waves_leapfrogging(texts: list[str]) -> None:
    scheme = parse_scheme(*texts)
    assert scheme.places == {"v": (h, h)}
    assert _same(scheme, gallery["wave-staggered"].scheme)
    assert stability(scheme).solve("nu") == sp.Interval(-1, 1)


def test_yee_in_the_plane() -> None:
    a, b = sp.symbols("nu_x nu_y", real=True)
    e, f, g = (GridFunction(name, 2) for name in "efg")
    written = GridScheme(
        sp.Eq(e[h, 0, 0] - e[-h, 0, 0], a * (g[0, h, 0] - g[0, -h, 0]) - b * (f[0, 0, h] - f[0, 0, -h])),
        sp.Eq(f[1, 0, h] - f[0, 0, h], -b * (e[h, 0, 1] - e[h, 0, 0])),
        sp.Eq(g[1, h, 0] - g[0, h, 0], a * (e[h, 1, 0] - e[h, 0, 0])),
    )
    assert _same(written, gallery["yee-2d"].scheme)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["u[1,0] == u[0,0] + r*u[0,1/2]"], "expected each unknown on one grid"),
        (["u[1,0] == u[0,1/3]"], "expected integer offsets, or halves"),
        (["u[1,0] == u[0,j+1/2]"], "expected integer offsets, or halves"),
        (["u[1,0] == u[0,0.25]"], "expected integer offsets, or halves"),
    ],
)
def test_other_fractions_are_refused(texts: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_scheme(*texts)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="integers or halves"):
        GridFunction("u")[0, sp.Rational(1, 3)]
