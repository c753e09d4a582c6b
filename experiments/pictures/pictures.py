"""Pictures of a scheme: |xi| of every mode, the stable region of two parameters, the roots as one parameter varies.

The region is the derived condition; roots on a grid of phases, computed from the amplification polynomial alone, stand
beside it as a check.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp
import xarray as xr

from derive import Stability, dispersion, stability
from derive.conditions.closed_form import domain_of
from derive.conditions.tidy import tidy
from derive.errors import InputError
from derive.fields.phases import COSINES, SHIFTS, THETAS
from derive.modes.amplification import Amplification, amplification
from derive.modes.roots import function_of, roots_of
from experiments.pictures.setting import Setting

PHASES = {0: 1, 1: 181, 2: 41, 3: 17}
"""Phases per axis, by number of axes."""
ANGLES = 361
REGION, SAMPLED_REGION, CHECKED = 240, 48, 16
LOCUS = 600
NEAR, ROUNDING = 1e-6, 1e-12
"""Errors of computed roots: of double ones, of single ones."""
BISECTIONS = 40
LONGEST_NUMBER = 20  # in a caption
CODES = ("stable", "unstable", "not covered by the assumptions")
STABLE, UNSTABLE, NOT_COVERED = range(3)
_RADIAN = {"units": "rad"}
_ONE = {"units": "1"}


def roots(phi: Amplification, phases: list[np.ndarray], values: dict[str, np.ndarray]) -> np.ndarray:
    """All amplification factors at phases and parameters that broadcast: (..., degree), NaN where one is infinite."""
    turns = {w: sp.exp(sp.I * t) for w, t in zip(SHIFTS, THETAS, strict=True)}
    waves = {c: sp.cos(t) for c, t in zip(COSINES, THETAS, strict=True)}
    coefficients = [c.subs(turns | waves) for c in phi.polynomial.all_coeffs()]
    names = sorted({s for c in coefficients for s in c.free_symbols} - set(THETAS), key=str)
    arrays = np.broadcast_arrays(*phases, *(np.asarray(values[s.name]) for s in names))
    functions = [function_of((*THETAS[: len(phases)], *names), c) for c in coefficients]
    shape = arrays[0].shape if arrays else (1,)
    numbers = [np.broadcast_to(np.asarray(f(*arrays), dtype=complex), shape).ravel() for f in functions]
    return roots_of(np.stack(numbers, axis=-1)).reshape(*shape, -1)


def radius(phi: Amplification, dims: int, values: dict[str, np.ndarray]) -> np.ndarray:
    """Largest |xi| over a grid of phases, at every point of parameters of one shape."""
    axis = np.linspace(-np.pi, np.pi, PHASES[dims])
    grid = [g.ravel() for g in np.meshgrid(*[axis] * dims)] if dims else []
    shape = next(iter(values.values())).shape
    largest = np.abs(roots(phi, grid, {name: v[..., None] for name, v in values.items()})).reshape(*shape, -1)
    return np.where(np.isnan(largest), np.inf, largest).max(axis=-1)


def curves(setting: Setting) -> xr.Dataset:
    """|xi| over the phase, for each value of one parameter.

    In several dimensions: the largest over the phases of the other axes.

    Raises:
        InputError: not one varied parameter, or no grid.
    """
    name = varied(setting, 1)[0]
    if not setting.scheme.dims:
        raise InputError("expected a scheme on a grid: an optimiser has one mode; draw its locus")
    values = setting.varied[name] if len(setting.varied[name]) > 2 else tuple(setting.range(name, 5))
    angles = np.linspace(-np.pi if _complex(setting) else 0, np.pi, ANGLES)
    bound = stability(setting.scheme, setting.grade)
    moduli, physical = zip(*(_moduli(setting, angles, {**setting.fixed, name: v}) for v in values), strict=True)
    verdicts = np.array([bool(bound.holds(**needed(bound, {**setting.fixed, name: v}))) for v in values])
    return xr.Dataset(
        {
            "modulus": (("value", "theta", "root"), np.stack(moduli), _ONE),
            "stable": (("value",), verdicts),
        },
        {"value": ("value", np.array(values), _ONE), "theta": ("theta", angles, _RADIAN)},
        {**attributes(setting, bound), "parameter": name, "physical": physical[0]},
    )


def _complex(setting: Setting) -> bool:
    """Whether |xi(theta)| need not be even."""
    return any(residual.has(sp.I) for residual in setting.scheme.residuals)


def _moduli(setting: Setting, angles: np.ndarray, values: dict[str, float]) -> tuple[np.ndarray, int]:
    """Moduli (theta, root), and how many of the roots, the first ones, are physical; 0: not told."""
    if setting.scheme.dims == 1:
        try:
            modes = dispersion(setting.scheme, small=setting.small).sample(angles, **values)
            return modes.damping, modes.physical
        except InputError:
            pass
    others = [np.linspace(-np.pi, np.pi, PHASES[setting.scheme.dims])] * (setting.scheme.dims - 1)
    grids = np.meshgrid(angles, *others, indexing="ij")
    moduli = np.abs(roots(amplification(setting.scheme), grids, {k: np.asarray(v) for k, v in values.items()}))
    return moduli.reshape(len(angles), -1).max(axis=1)[:, None], 0


def region(setting: Setting) -> xr.Dataset:
    """Where the scheme is stable, over two parameters; the margin of the condition; and a check by roots.

    Raises:
        InputError: not two varied parameters.
    """
    across, up = varied(setting, 2)
    bound = stability(setting.scheme, setting.grade)
    x, y = (setting.range(name, REGION if bound.status == "exact" else SAMPLED_REGION) for name in (across, up))
    between = [(v := setting.range(name, CHECKED + 1))[:-1] + np.diff(v) / 2 for name in (across, up)]
    fine, coarse = _plane(setting, across, up, x, y), _plane(setting, across, up, *between)
    arrays = {
        "code": (("y", "x"), _codes(bound, fine), {"meaning": ", ".join(f"{i} {n}" for i, n in enumerate(CODES))}),
        "checked_code": (("checked_y", "checked_x"), _codes(bound, coarse)),
        "checked_radius": (
            ("checked_y", "checked_x"),
            radius(amplification(setting.scheme), setting.scheme.dims, coarse),
            _ONE,
        ),
    }
    if bound.status == "exact" and bound.condition not in (sp.true, sp.false):
        arrays["margin"] = (("y", "x"), bound.margin()(**needed(bound, fine)), _ONE)
    axes = {"x": x, "y": y, "checked_x": between[0], "checked_y": between[1]}
    coordinates = {key: (key, value, _ONE) for key, value in axes.items()}
    tolerance = ROUNDING if bound.polynomial.degree() == 1 else NEAR
    told = {**attributes(setting, bound), "across": across, "up": up, "tolerance": tolerance}
    return xr.Dataset(arrays, coordinates, told)


def _plane(setting: Setting, across: str, up: str, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Every parameter over the plane: (y, x)."""
    grid_x, grid_y = np.meshgrid(x, y)
    fixed = {name: np.full(grid_x.shape, value) for name, value in setting.fixed.items()}
    return {**fixed, across: grid_x, up: grid_y}


def _codes(bound: Stability, values: dict[str, np.ndarray]) -> np.ndarray:
    """Index into `CODES`."""
    shape = next(iter(values.values())).shape
    numbers = needed(bound, values)
    stable = np.broadcast_to(bound.holds(**numbers), shape)
    assumed = sp.And(*bound.assumed)
    covered = function_of([sp.Symbol(name) for name in numbers], _plain(assumed))(*numbers.values())
    return np.where(stable, STABLE, np.where(covered, UNSTABLE, NOT_COVERED))


def _plain(assumed: sp.Basic) -> sp.Basic:
    """Without the assumptions of the symbols, under which the relations would be true."""
    names = {s: sp.Symbol(s.name) for s in assumed.free_symbols}
    return sp.And(*(part.func(*(a.xreplace(names) for a in part.args)) for part in sp.And.make_args(assumed) if part.args))


def needed(bound: Stability, values: dict) -> dict:
    """The values that a condition takes."""
    return {p.name: values[p.name] for p in bound.parameters}


def contradicted(results: xr.Dataset) -> np.ndarray:
    """Where the condition says stable and a root grows: (y, x) indices."""
    return np.argwhere(((results.checked_code == STABLE) & (results.checked_radius > 1 + results.attrs["tolerance"])).values)


def unconfirmed(results: xr.Dataset) -> np.ndarray:
    """Where the condition says unstable and no root on the grid of phases grows (does not decay, for the grade schur)."""
    tolerance = results.attrs["tolerance"]
    least = 1 - tolerance if results.attrs["grade"] == "schur" else 1 + tolerance
    return np.argwhere(((results.checked_code == UNSTABLE) & (results.checked_radius <= least)).values)


def locus(setting: Setting, phases: tuple[float, ...] = (np.pi,)) -> xr.Dataset:
    """The roots as one parameter varies, at given phases (the same along every axis).

    Raises:
        InputError: not one varied parameter.
    """
    name = varied(setting, 1)[0]
    values = setting.range(name, LOCUS)
    dims = setting.scheme.dims
    used = phases if dims else (0.0,)
    phi = amplification(setting.scheme)

    def at(phase: float, value: np.ndarray) -> np.ndarray:
        return roots(phi, [np.full(value.shape, phase)] * dims, {**setting.fixed, name: value})

    points = np.stack([at(p, values) for p in used])
    edges = [crossings(lambda value, p=p: np.abs(at(p, value)).max(axis=-1), values) for p in used]
    shown = stability(setting.scheme, setting.grade)
    return xr.Dataset(
        {
            "xi_real": (("phase", "value", "root"), points.real, _ONE),
            "xi_imaginary": (("phase", "value", "root"), points.imag, _ONE),
            "crossing": (("phase", "edge"), _padded(edges), _ONE),
        },
        {"phase": ("phase", np.array(used), _RADIAN), "value": ("value", values, _ONE)},
        {**attributes(setting, shown), "parameter": name, "dims": dims},
    )


def crossings(modulus: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> list[float]:
    """Where the largest modulus passes 1 between two of the values, by bisection."""
    outside = modulus(values) > 1 + NEAR
    places = []
    for k in np.flatnonzero(outside[1:] != outside[:-1]):
        low, high = values[k], values[k + 1]
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if (modulus(np.array([middle]))[0] > 1 + NEAR) == outside[k] else (low, middle)
        places.append(float(low + high) / 2)
    return places


def _padded(rows: list[list[float]]) -> np.ndarray:
    width = max(map(len, rows))
    return np.array([[*row, *[np.nan] * (width - len(row))] for row in rows]).reshape(len(rows), width)


def varied(setting: Setting, count: int) -> list[str]:
    """The names of the parameters that vary, so many of them.

    Raises:
        InputError: more or fewer, or one value only.
    """
    if len(setting.varied) != count:
        example = {0: "--set r=0.5", 1: "--vary r=0:1"}.get(count, "--vary r=0:1 --vary nu=-1:1")
        raise InputError(f"expected {count} varied parameter(s), such as {example}; got {', '.join(setting.varied) or 'none'}")
    for name, values in setting.varied.items():
        if len(set(values)) < 2:
            raise InputError(f"expected at least two values of {name}, got {values[0]:g}")
    return list(setting.varied)


def attributes(setting: Setting, bound: Stability) -> dict:
    """What is told of every picture of a scheme."""
    fixed = ", ".join(f"{k} = {v:g}" for k, v in setting.fixed.items())
    labels = {f"label_{name}": setting.label(name) for name in setting.varied}
    numbers = {p: sp.Rational(str(setting.fixed[p.name])) for p in bound.parameters if p.name in setting.fixed}
    numbers = {p: value for p, value in numbers.items() if len(str(value)) <= LONGEST_NUMBER}
    parts = (
        sp.And.make_args(tidy(bound.condition.subs(numbers), domain_of(bound.amplification))) if bound.status == "exact" else ()
    )
    return {
        "scheme": setting.title,
        "heading": setting.heading,
        "fixed": fixed,
        "condition": " and ".join(sorted(map(str, parts))),
        "status": bound.status,
        "grade": bound.grade,
        "seeds": "none",
        **labels,
    }
