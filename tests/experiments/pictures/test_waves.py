"""Dispersion pictures against relations that the textbooks solve, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derive.gallery import gallery
from experiments.__main__ import main
from experiments.pictures.setting import Setting
from experiments.pictures.waves import draw_waves, waves
from experiments.running.store import load
from experiments.style import styled

pytestmark = pytest.mark.exact

HEAT = "u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])"


def test_speeds_of_the_leapfrog() -> None:
    """sin(omega) = nu sin(theta) (Trefethen 1982): short waves run backwards."""
    found = waves(Setting("leapfrog", gallery["leapfrog"].scheme, {"nu": (0.3, 0.6, 1.2)}, {}))
    theta, nu = found.theta.values, 0.6
    group = np.cos(theta) / np.sqrt(1 - nu**2 * np.sin(theta) ** 2)
    np.testing.assert_allclose(found.phase_speed[1, :, 0], np.arcsin(nu * np.sin(theta)) / (nu * theta), atol=1e-10)
    np.testing.assert_allclose(found.group_speed[1, :, 0], group, atol=1e-8)
    assert found.stable.values.tolist() == [True, True, False]


def test_waves_in_the_plane_are_slow_along_the_axes() -> None:
    """sin^2(omega/2) = q (sin^2(theta_x/2) + sin^2(theta_y/2)) (Strikwerda 2004, Sec 8.2)."""
    scheme = gallery["wave-2d"].scheme
    found = waves(Setting("wave-2d", scheme, {}, {p.name: 0.5 for p in scheme.parameters}), (1.0, 2.0))
    across, up = found.wave * np.cos(found.direction), found.wave * np.sin(found.direction)
    half = np.sqrt(0.25 * (np.sin(across / 2) ** 2 + np.sin(up / 2) ** 2))
    np.testing.assert_allclose(found.phase_speed[..., 0], 2 * np.arcsin(half) / (0.5 * found.wave), atol=1e-9)


@pytest.mark.parametrize(
    "arguments", [["leapfrog", "--vary", "nu=0.2:1.2"], ["leapfrog-2d", "--set", "nu_x=0.4", "--set", "nu_y=0.3"]]
)
def test_command(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    words = ["picture", "dispersion", *arguments, "--title", r"Leapfrog, $\nu$", "--out", str(tmp_path)]
    assert main(words) == 0
    data, record = load(tmp_path / "picture-dispersion")
    assert record["title"] == "Dispersion"
    assert "Phase speeds between" in capsys.readouterr().out
    with styled():
        assert draw_waves(data).get_suptitle() == r"Leapfrog, $\nu$"
    assert main(["draw", str(tmp_path / "picture-dispersion"), "--format", "svg", "--out", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([HEAT, "--vary", "r=0:1"], "expected a scheme whose waves move, such as advection or the wave equation"),
        (["heat-ftcs-3d", *[w for x in "xyz" for w in ("--set", f"r_{x}=0.1")]], "one or two dimensions"),
        (["nesterov", "--vary", "lr=0:1", "--set", "momentum=0.9", "--set", "curvature=1"], "one or two dimensions"),
        (["leapfrog", "--set", "nu=0.5"], "expected 1 varied parameter(s)"),
        (["leapfrog", "--vary", "nu=0:1", "--phase", "1"], "expected --phase with a scheme in two dimensions"),
        (["leapfrog-2d", "--vary", "nu_x=0:1", "--set", "nu_y=0.3"], "expected 0 varied parameter(s), such as --set r=0.5"),
        (
            ["leapfrog-2d", "--set", "nu_x=0.4", "--set", "nu_y=0.3", "--phase", "4"],
            "expected wave numbers above 0 and up to pi",
        ),
        (["leapfrog", "--vary", "nu=0:1", "--title", r"$\frac{"], "expected a title that Matplotlib can typeset"),
        (["leapfrog", "--vary", "nu=0:1", "--title", "a\nb"], "expected a title in one line"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["picture", "dispersion", *arguments, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
