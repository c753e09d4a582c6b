"""Physical and parasitic roots: closed forms, roots followed by continuity, and the textbooks' phase errors."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import GridFunction, GridScheme, InputError, optimizers, parse_scheme
from derive.fields.phases import THETAS
from derive.fields.symbols import xi
from derive.gallery import gallery
from derive.gallery.operators import centred
from derive.lines.integrators import integrators
from derive.modes.dispersion import Dispersion, dispersion
from derive.modes.roots import follow, roots_of

theta = THETAS[0]
angles = np.linspace(0, np.pi, 40)
COUNTS = {  # physical, parasitic
    "upwind": (1, 0),
    "leapfrog": (1, 1),
    "wave": (2, 0),
    "heat-dufort-frankel": (1, 1),
    "heat-bdf2": (1, 1),
    "advection-ab2": (1, 1),
    "advection-ab3": (1, 2),
    "wave-staggered": (2, 0),
    "leapfrog-2d": (1, 1),
    "box": (1, 0),
}


@cache
def of(name: str) -> Dispersion:
    return dispersion(gallery[name].scheme)


@pytest.mark.parametrize("name", COUNTS)
def test_how_many_roots_are_physical(name: str) -> None:
    found = of(name)
    assert (found.order_in_time, found.polynomial.degree() - found.order_in_time) == COUNTS[name]


def test_closed_forms_of_the_leapfrog() -> None:
    found = of("leapfrog")
    (nu,) = found.parameters
    s = sp.sin(theta)
    (physical,), (parasitic,) = found.physical, found.parasitic
    assert sp.expand((physical + sp.I * nu * s) ** 2 - (1 - nu**2 * s**2)) == 0
    assert (physical.subs(theta, 0), parasitic.subs(theta, 0)) == (1, -1)


@pytest.mark.parametrize("name", ["upwind", "lax-wendroff", "leapfrog", "heat-dufort-frankel", "heat-bdf2", "box"])
def test_roots_followed_are_the_closed_forms(name: str) -> None:
    """At parameters where no two roots meet, so that the branches of the square root hold."""
    found = of(name)
    (parameter,) = found.parameters
    modes = found.sample(angles, **{parameter.name: 0.1})
    for k, form in enumerate(found.closed_forms):
        value = sp.lambdify(theta, form.subs(parameter, 0.1), "numpy")(angles.astype(complex))
        np.testing.assert_allclose(modes.roots[..., k], value, atol=1e-9)


@settings(max_examples=25)
@given(name=st.sampled_from(list(COUNTS)), value=st.floats(0.05, 0.9), angle=st.floats(0.05, 3.1))
def test_followed_roots_are_all_roots(name: str, value: float, angle: float) -> None:
    found = of(name)
    numbers = {p.name: value for p in found.parameters}
    phases = [angle] * len(found.phases)
    at = dict(zip((*found.phases, *found.parameters), [*phases, *numbers.values()], strict=True))
    expected = np.roots([complex(c.subs(at)) for c in found.polynomial.all_coeffs()])
    modes = found.sample(*phases, **numbers)
    assert modes.roots.shape == (found.polynomial.degree(),)
    distance = np.abs(modes.roots[:, None] - expected)
    assert distance.min(axis=0).max() < 1e-6
    assert distance.min(axis=1).max() < 1e-6


def test_upwind() -> None:
    """|xi|^2 = 1 - 4 nu (1 - nu) sin^2(theta/2); at nu = 1/2 the phase is exact."""
    modes = of("upwind").sample(angles, nu=0.3)
    np.testing.assert_allclose(modes.damping[..., 0] ** 2, 1 - 4 * 0.3 * 0.7 * np.sin(angles / 2) ** 2, atol=1e-12)
    exact = of("upwind").sample(angles[1:-1], nu=0.5).relative_speed
    np.testing.assert_allclose(exact, 1, atol=1e-12)


# Source: Strikwerda (2004), Sec 5.2; LeVeque (2007), Sec 10.9: relative phase speed 1 - e theta^2 + O(theta^4).
PHASE_ERRORS = {
    "lax-wendroff": lambda nu: (1 - nu**2) / 6,
    "leapfrog": lambda nu: (1 - nu**2) / 6,
    "advection-crank-nicolson": lambda nu: (2 + nu**2) / 12,
    "box": lambda nu: -(1 - nu**2) / 12,
    "upwind": lambda nu: (1 - nu) * (1 - 2 * nu) / 6,
}


@pytest.mark.parametrize("name", PHASE_ERRORS)
@pytest.mark.parametrize("nu", [0.2, 0.8])
def test_phase_errors_of_the_textbooks(name: str, nu: float) -> None:
    angle = 0.01
    speed = of(name).sample(angle, nu=nu).relative_speed[0]
    assert (1 - speed) / angle**2 == pytest.approx(PHASE_ERRORS[name](nu), abs=1e-4)


@pytest.mark.parametrize("name", ["lax-wendroff", "leapfrog", "box", "wave", "upwind"])
def test_group_speeds_are_slopes_of_the_phase(name: str) -> None:
    """By differences; and to the fourth order three times the error of the phase speed."""
    step, nu = 1e-5, 0.6
    wide = of(name)
    values = {p.name: nu for p in wide.parameters}
    low, here, high = (wide.sample(np.linspace(0.2, 2.6, 25) + shift, **values) for shift in (-step, 0, step))
    np.testing.assert_allclose(here.turn[..., 0], (high.phase - low.phase) / (2 * step), rtol=1e-6, atol=1e-8)
    exact = (high.exponent.imag - low.exponent.imag) / (2 * step)
    np.testing.assert_allclose(here.exact_turn[..., 0], exact, rtol=1e-6)
    angle = 0.01
    long = wide.sample(angle, **values)
    assert 1 - long.relative_group_speed[0, 0] == pytest.approx(3 * (1 - long.relative_speed[0]), rel=1e-3, abs=1e-9)


def test_the_parasitic_leapfrog_mode_travels_backwards() -> None:
    """xi_parasitic = -conj(xi_physical), and its group velocity is opposite."""
    found = of("leapfrog").sample(angles, nu=0.7)
    np.testing.assert_allclose(found.roots[..., 1], -found.roots[..., 0].conj(), atol=1e-12)
    speeds = np.diff(found.phase, axis=0)[0]
    assert speeds[0] * speeds[1] < 0


def test_the_two_waves_mirror_each_other() -> None:
    """sin(omega dt/2) = nu sin(theta/2), both ways; the labels hold through theta = pi."""
    modes = of("wave").sample(angles, nu=0.6)
    expected = 2 * np.arcsin(0.6 * np.sin(angles / 2))
    np.testing.assert_allclose(modes.phase, np.stack([expected, -expected], -1), atol=1e-7)
    np.testing.assert_allclose(modes.relative_speed[1:], np.stack([expected[1:] / (0.6 * angles[1:])] * 2, -1), atol=1e-7)
    np.testing.assert_allclose(modes.damping, 1, atol=1e-7)


def test_the_phase_is_not_wrapped() -> None:
    """RK4 at nu = 2.5: continuous from zero frequency, beyond a quarter turn and back."""
    u = GridFunction("u")
    scheme = integrators["RK4"](-sp.Symbol("nu") * centred(u[0, 0]), u)
    modes = dispersion(scheme).sample(np.linspace(0, np.pi, 200), nu=2.5)
    assert np.abs(np.diff(modes.phase[..., 0])).max() < 0.3
    assert modes.phase[..., 0].min() < -2.2


def test_against_the_exact_decay() -> None:
    """exact: the rate of the differential equation times dt, where the lowest derivatives do not tell."""
    scheme = gallery["advection-diffusion-ftcs"].scheme
    r, nu = (next(p for p in scheme.parameters if p.name == name) for name in ("r", "nu"))
    modes = dispersion(scheme, exact=-sp.I * nu * theta - r * theta**2).sample(0.05, r=0.2, nu=0.1)
    assert modes.relative_damping[0] == pytest.approx(1, abs=2e-5)
    assert modes.relative_speed[0] == pytest.approx(1, abs=2e-3)


def test_an_optimiser_has_its_roots_told_apart_as_the_step_vanishes() -> None:
    found = dispersion(optimizers["heavy-ball"], small=["lr"])
    modes = found.sample(lr=np.array([1e-6, 0.01]), momentum=0.5, curvature=1.0)
    assert (modes.physical, modes.roots.shape) == (1, (2, 2))
    np.testing.assert_allclose(modes.roots[0], [1, 0.5], atol=1e-5)
    np.testing.assert_allclose(modes.roots.prod(axis=-1), 0.5)


def test_roots_of_a_polynomial_whose_leading_coefficient_vanishes() -> None:
    roots = roots_of(np.array([[1, -3, 2], [0, 1, 1]], dtype=complex))
    np.testing.assert_allclose(np.sort(roots[0].real), [1, 2])
    assert np.isnan(roots[1]).all()


def test_roots_that_cross_keep_their_labels() -> None:
    """Two roots on straight ways through each other."""
    ways = lambda t: np.array([[1 + 1j * t, -1 + 2 * t + 0.4j]])  # noqa: E731
    roots, _ = follow(lambda t: np.stack([np.poly(w) for w in ways(t)]), 2, 1)
    np.testing.assert_allclose(roots, ways(1.0), atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dispersion(optimizers["gd"]), "expected a root that tends to 1 with the phases, got none; name"),
        (lambda: dispersion(optimizers["gd"], small=["rate"]), "unknown parameter 'rate': expected one of curvature, lr"),
        (lambda: of("upwind").sample(0.1), r"expected values for theta_1, nu; got 1 phase\(s\) and none"),
        (lambda: of("upwind").sample(nu=1), r"got 0 phase\(s\) and nu"),
    ],
)
def test_bad_input_is_one_clear_line(call, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


DAMPED = ["v[1,0]-v[0,0] == -nu*(p[0,1]-p[0,0]) - g*(v[1,0]+v[0,0])/2", "p[1,0]-p[0,0] == -nu*(v[1,0]-v[1,-1])"]


def test_a_damped_wave_has_two_physical_waves() -> None:
    """u_tt + g u_t = nu^2 u_xx in grid units: rates -g/2 +- sqrt(g^2/4 - nu^2 theta^2)."""
    found = dispersion(parse_scheme(*DAMPED))
    assert ([p.name for p in found.small], found.order_in_time) == (["g"], 2)
    angles, g = np.array([0.2, 0.4, 0.8]), 0.05
    modes = found.sample(angles, nu=0.5, g=g)
    expected = np.sqrt((0.5 * angles) ** 2 - g**2 / 4)
    np.testing.assert_allclose(np.abs(modes.exponent.imag), np.stack([expected] * 2, -1), rtol=1e-12)
    np.testing.assert_allclose(modes.relative_speed, 1, atol=0.03)
    np.testing.assert_allclose(modes.relative_damping, 1, atol=1e-3)
    assert dispersion(parse_scheme(*DAMPED), small=("g",)).exact == found.exact
    assert dispersion(parse_scheme(*DAMPED), small=()).order_in_time == 1


def test_a_filter_makes_no_root_physical() -> None:
    """The other root of leapfrog tends to -1, whatever the filter."""
    found = dispersion(gallery["leapfrog-filtered"].scheme)
    assert (found.small, found.order_in_time) == ((), 1)


def test_a_speed_that_is_not_known_is_refused() -> None:
    modes = dispersion(optimizers["heavy-ball"], small=["lr"], exact=None).sample(lr=0.01, momentum=0.5, curvature=1.0)
    if np.isnan(modes.exponent).all():
        with pytest.raises(InputError, match="give it as"):
            _ = modes.relative_speed
        with pytest.raises(InputError, match="give it as"):
            _ = modes.relative_damping


@pytest.mark.parametrize("name", ["exp", "cos", "numpy", "lambda", "array"])
def test_names_that_numpy_has_are_parameters_as_any(name: str) -> None:
    u, p = GridFunction("u"), sp.Symbol(name, real=True)
    scheme = GridScheme(sp.Eq(u[1, 0], u[0, 0] - p * (u[0, 0] - u[0, -1])))
    expected = dispersion(gallery["upwind"].scheme).sample([0.5], nu=0.3).roots
    np.testing.assert_allclose(dispersion(scheme).sample([0.5], **{name: 0.3}).roots, expected)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("u[1,0]-u[-1,0] == 2*r*(u[0,1]-u[1,0]-u[-1,0]+u[0,-1]) - c*(u[0,1]-u[0,-1])", {"r": 0.05, "c": 0.3}),
        ("(1 + r)*(1 - s)*(u[1,0]-u[0,0]) == -c*(u[0,0]-u[0,-1])", {"r": 0.5, "s": 0.25, "c": 0.4}),
        ("(1 + r)*u[1,1] == u[0,1]*(1 + r) - c*(u[0,1]-u[0,0])", {"r": 0.5, "c": 0.4}),
    ],
)
def test_a_new_level_with_a_factor_of_its_own_hides_no_physical_root(text: str, values: dict[str, float]) -> None:
    """The oracle: roots of the recurrence on one long wave, by NumPy, its coefficients read off the values themselves."""
    scheme = parse_scheme(text, positive=list(values))
    turn = {v: xi ** v.indices[0] * sp.exp(sp.I * sp.Float(1e-3) * v.indices[1]) for v in scheme.residuals[0].atoms(sp.Indexed)}
    row = scheme.residuals[0].subs({p: values[p.name] for p in scheme.parameters}).xreplace(turn)
    lowest = min(v.indices[0] for v in turn)
    dense = np.roots([complex(c) for c in sp.Poly(sp.expand(row * xi**-lowest), xi).all_coeffs()])
    nearest = dense[np.abs(dense - 1).argmin()]
    assert dispersion(scheme).sample(1e-3, **values).roots[0] == pytest.approx(nearest, abs=1e-12)


def test_a_picture_by_sympy(tmp_path) -> None:
    """Of the leapfrog both roots lie on the circle, and the group speed of the shortest wave is minus the exact one."""
    moduli, speeds = of("leapfrog").plot(nu=0.8).args
    assert [one.label for one in moduli] == ["physical root 1", "parasitic root 2"]
    assert all(np.allclose(one.get_data()[1], 1) for one in moduli)
    assert speeds[1].label == "group, root 1"
    assert speeds[1].get_data()[1][-1] == pytest.approx(-1, rel=1e-9)
    of("leapfrog").plot(nu=0.8).save(str(tmp_path / "modes.png"))
    assert (tmp_path / "modes.png").stat().st_size > 1000
    with pytest.raises(InputError, match="expected a scheme in one dimension, got 2"):
        of("leapfrog-2d").plot(nu_x=0.5, nu_y=0.4)
    with pytest.raises(InputError, match="expected values for theta_1, nu"):
        of("leapfrog").plot()
    with pytest.raises(InputError, match="expected one finite number for nu"):
        of("leapfrog").plot(nu=float("nan"))


def test_a_picture_holds_the_axes_and_what_is_exact(tmp_path) -> None:
    """Speeds that are all 1, to rounding, do not span the panel; what only decays has no panel of speeds."""
    exact = dispersion(parse_scheme("u[1,0] == u[0,0] - nu*(u[0,0] - u[0,-1])", positive=["nu"])).plot(nu=1)
    assert exact.args[1].ylim == pytest.approx((0, 1.1))
    exact.save(str(tmp_path / "exact.png"))
    heat = dispersion(parse_scheme("u[1,0] == u[0,0] + r*(u[0,1] - 2*u[0,0] + u[0,-1])", positive=["r"])).plot(r=0.9)
    assert [one.label for one in heat] == ["physical root 1"]
