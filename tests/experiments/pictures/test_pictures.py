"""Pictures of schemes: their data against known edges, the command, and its mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from matplotlib.figure import Figure

from derive import GridFunction, GridScheme, InputError, amplification, optimizers, parse_scheme
from derive.gallery import gallery
from experiments.__main__ import main
from experiments.pictures import drawing as drawing
from experiments.pictures import pictures
from experiments.pictures.runner import KINDS
from experiments.pictures.setting import Setting, assignments, scheme_of
from experiments.running.store import load
from experiments.style import styled

pytestmark = pytest.mark.exact

HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"


def setting(name: str, varied: dict, **fixed: float) -> Setting:
    scheme = optimizers[name] if name in optimizers else gallery[name].scheme
    return Setting(name, scheme, varied, fixed)


def test_curves_of_the_heat_equation() -> None:
    """xi = 1 - 2 r (1 - cos theta)."""
    found = pictures.curves(Setting("heat", parse_scheme(HEAT), {"r": (0.1, 0.5, 0.6)}, {}))
    expected = np.abs(1 - 2 * found["value"] * (1 - np.cos(found.theta)))
    np.testing.assert_allclose(found.modulus[..., 0], expected, atol=1e-12)
    assert found.stable.values.tolist() == [True, True, False]


def test_curves_tell_parasitic_roots() -> None:
    found = pictures.curves(setting("heat-dufort-frankel", {"r": (0.2, 1.0, 5.0)}))
    assert (found.attrs["physical"], found.sizes["root"]) == (1, 2)
    assert found.modulus[:, 0, 0].values == pytest.approx(1)


def test_curves_in_two_dimensions_are_envelopes() -> None:
    found = pictures.curves(setting("heat-ftcs-2d", {"r_x": (0.1, 0.2, 0.3)}, r_y=0.25))
    at_pi = found.modulus[:, -1, 0].values  # 1 - 4 r_x - 2 r_y (1 - cos theta_y), largest at theta_y = 0 or pi
    np.testing.assert_allclose(at_pi, [max(abs(1 - 4 * r), abs(-4 * r)) for r in (0.1, 0.2, 0.3)])


def test_a_complex_scheme_is_shown_for_both_directions() -> None:
    found = pictures.curves(setting("schroedinger-rk4", {"r": (0.5, 0.8, 0.9)}))
    assert float(found.theta[0]) == pytest.approx(-np.pi)


def test_region_of_advection_and_diffusion() -> None:
    """nu^2 <= 2 r <= 1, and nothing is claimed for r <= 0."""
    found = pictures.region(setting("advection-diffusion-ftcs", {"r": (-0.1, 0.7), "nu": (-1.2, 1.2)}))
    r, nu = found.x, found.y
    expected = xr.where(
        r <= 0, pictures.NOT_COVERED, xr.where((nu**2 <= 2 * r) & (r <= 0.5), pictures.STABLE, pictures.UNSTABLE)
    )
    assert bool((found.code == expected.transpose("y", "x")).all())
    assert not len(pictures.contradicted(found))
    assert not len(pictures.unconfirmed(found))
    inside = found.margin.where(found.code == pictures.STABLE)
    assert float(inside.min()) >= 0


def test_a_wrong_condition_would_show() -> None:
    """Control: the region of another scheme, checked with the roots of this one."""
    right = pictures.region(setting("advection-diffusion-ftcs", {"r": (0.0, 0.7), "nu": (-1.2, 1.2)}))
    too_wide = right.assign(checked_code=right.checked_code * 0 + pictures.STABLE)
    too_narrow = right.assign(checked_code=right.checked_code * 0 + pictures.UNSTABLE)
    assert len(pictures.contradicted(too_wide)) > 50
    assert len(pictures.unconfirmed(too_narrow)) > 50
    with styled():
        labels = [text.get_text() for text in drawing.draw_region(too_wide).axes[0].get_legend().get_texts()]
    assert "a root grows" in labels


def test_region_of_an_optimiser() -> None:
    found = pictures.region(setting("heavy-ball", {"lr": (0.0, 1.0), "momentum": (0.0, 0.99)}, curvature=5.0))
    stable = 5 * found.x < 2 + 2 * found.y
    assert bool(((found.code == pictures.STABLE) == stable.transpose("y", "x"))[:, 1:].all())
    assert not len(pictures.contradicted(found))


def test_locus_finds_the_edges() -> None:
    found = pictures.locus(setting("nesterov", {"lr": (0.01, 2.0)}, momentum=0.9, curvature=1.0))
    assert found.crossing.values.tolist() == [[pytest.approx(2 * 1.9 / 2.8, abs=1e-5)]]
    leapfrog = pictures.locus(setting("leapfrog", {"nu": (0.0, 1.4)}), phases=(np.pi / 4, np.pi / 2))
    assert np.isnan(leapfrog.crossing.values[0]).all()
    assert float(leapfrog.crossing[1, 0]) == pytest.approx(1, abs=1e-6)


def test_roots_of_a_scheme_without_parameters() -> None:
    u = GridFunction("u")
    scheme = GridScheme(sp.Eq(u[1, 0], (u[0, 1] + u[0, -1]) / 2))
    angles = np.linspace(0, np.pi, 5)
    np.testing.assert_allclose(pictures.roots(amplification(scheme), [angles], {})[:, 0], np.cos(angles), atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "name", "varied", "fixed"),
    [
        ("curves", "leapfrog", {"nu": (0.5, 1.1)}, {}),
        ("region", "theta", {"r": (0.0, 2.0), "theta": (0.0, 1.0)}, {}),
        ("locus", "leapfrog", {"nu": (0.0, 1.4)}, {}),
    ],
)
def test_data_are_labelled_and_drawn(kind: str, name: str, varied: dict, fixed: dict) -> None:
    compute, draw, describe = KINDS[kind]
    found = compute(setting(f"heat-{name}" if name == "theta" else name, varied, **fixed))
    assert all("units" in v.attrs for v in found.data_vars.values() if v.dtype.kind == "f")
    assert "seeds" in found.attrs
    with styled():
        assert isinstance(draw(found), Figure)
    assert "stable if and only if" in describe(found)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    typed = "-u[0,0] + u[1,0] == r*((1-q)*(u[0,1] - 2*u[0,0] + u[0,-1]) + q*(u[1,1] - 2*u[1,0] + u[1,-1]))"
    arguments = ["picture", "region", typed, "--vary", "r=0:2", "--vary", "q=0:1", "--assume", "0 <= q <= 1", "--positive", "r"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    data, record = load(tmp_path / "picture-region")
    assert record["title"] == "Region of stability"
    assert "a root grows at 0 of" in capsys.readouterr().out
    assert data.attrs["across"] == "r"


def test_command_with_phases(tmp_path: Path) -> None:
    arguments = ["picture", "locus", "leapfrog", "--vary", "nu=0:1.4", "--phase", "0.7,1.5", "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert load(tmp_path / "picture-locus")[0].sizes["phase"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["film", HEAT, "--vary", "r=0:1"],
            "unknown kind of picture 'film': expected one of curves, region, locus, dispersion",
        ),
        (["curves", "--vary", "r=0:1"], "expected a scheme"),
        (["curves", "leap-frog", "--vary", "nu=0:1"], "did you mean 'leapfrog'?"),
        (["curves", HEAT], "expected 1 varied parameter(s), such as --vary r=0:1; got none|expected a value for r"),
        (["curves", HEAT, "--vary", "s=0:1"], "unknown parameter 's': expected one of r"),
        (["curves", HEAT, "--vary", "r=0:1:2"], "expected name=value, name=1,2,3 or name=0:1"),
        (["curves", HEAT, "--vary", "r=a"], "expected finite numbers, got 'a' in 'r=a'"),
        (["curves", HEAT, "--vary", "r=nan,1"], "expected finite numbers, got 'nan'"),
        (["curves", HEAT, "--vary", "r=1"], "expected at least two values of r, got 1"),
        (
            ["curves", "nesterov", "--vary", "lr=0:1", "--set", "momentum=0.9", "--set", "curvature=1"],
            "an optimiser has one mode",
        ),
        (["region", HEAT, "--vary", "r=0:1"], "expected 2 varied parameter(s)"),
        (["region", "advection-diffusion-ftcs", "--vary", "r=0:1"], "expected a value for nu; give --set nu=0.5"),
        (["curves", HEAT, "--vary", "r=0:1", "--phase", "1"], "expected --phase with a locus or dispersion alone"),
        (["curves", "leapfrog", "--vary", "nu=0:1", "--positive", "nu"], "expected one name, without assumptions of its own"),
        (["curves", "u[1,0] = u[0,0]", "--vary", "nu=0:1"], "write == between the two sides"),
        (["curves", HEAT, "--vary", "r=0:1", "--set", "r=1"], "expected r to be varied or set, got both"),
        (["curves", HEAT, "--vary", "r=1e300,1e308"], "got r up to 1e+308 in size; give a smaller r"),
        (["locus", HEAT, "--vary", "r=-1e308:1e308"], "got r up to 1e+308 in size; give a smaller r"),
        (["region", "advection-diffusion-ftcs", "--vary", "r=-1e308:1e308", "--vary", "nu=-1:1"], "got r up to 1e+308 in size"),
        (["region", "advection-diffusion-ftcs", "--vary", "r=0:1", "--vary", "nu=0:1e250"], "got nu up to 1e+250 in size"),
        (["curves", "u[1,0] == 你*u[0,0]", "--vary", "你=0:1"], "expected a name of Latin or Greek letters"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: list, message: str, capsys, tmp_path: Path) -> None:
    assert main(["picture", *arguments, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert any(part in error for part in message.split("|"))
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_settings() -> None:
    assert assignments(["r=0:1", "nu = 0.5,0.6"], True) == {"r": (0.0, 1.0), "nu": (0.5, 0.6)}
    with pytest.raises(InputError, match="each name once"):
        assignments(["r=1", "r=2"], True)
    with pytest.raises(InputError, match="expected finite numbers, got '1,2'"):
        assignments(["r=1,2"], False)
    assert scheme_of(["lax-wendroff"], [], [])[0] == "lax-wendroff"


def test_both_waves_of_a_damped_wave_are_drawn_as_physical() -> None:
    damped = "u[1,0]-2*u[0,0]+u[-1,0] == nu**2*(u[0,1]-2*u[0,0]+u[0,-1]) - gamma*(u[1,0]-u[-1,0])/2"
    found = pictures.curves(Setting("wave", parse_scheme(damped), {"nu": (0.2, 0.5, 0.9)}, {"gamma": 0.1}))
    assert (found.attrs["physical"], found.sizes["root"]) == (2, 2)
    with styled():
        labels = [text.get_text() for text in drawing.draw_curves(found).axes[0].get_legend().get_texts()]
    assert "parasitic root" not in labels


def test_what_is_never_or_always_stable_is_said_in_words() -> None:
    never = Setting("central", parse_scheme("u[1,0]-u[0,0] == -r*(u[0,1]-u[0,-1])", positive=["r"]), {"r": (1.0, 2.0)}, {})
    implicit = parse_scheme("u[1,0] - u[0,0] == r*(u[1,1] - 2*u[1,0] + u[1,-1])", positive=["r"])
    always = Setting("implicit", implicit, {"r": (1.0, 2.0)}, {})
    assert "always stable" in drawing.caption_curves(pictures.curves(always))
    assert "never stable" in drawing.caption_curves(pictures.curves(never))


@pytest.mark.parametrize("kind", ["curves", "locus"])
def test_parameters_may_have_names_that_numpy_has(kind: str) -> None:
    found = Setting("x", parse_scheme("u[1,0] == cos*u[0,0] + exp*u[0,1]"), {"cos": (0.0, 0.5)}, {"exp": 0.1})
    plain = Setting("x", parse_scheme("u[1,0] == r*u[0,0] + q*u[0,1]"), {"r": (0.0, 0.5)}, {"q": 0.1})
    compute = KINDS[kind][0]
    variable = "modulus" if kind == "curves" else "xi_real"
    np.testing.assert_array_equal(compute(found)[variable], compute(plain)[variable])
