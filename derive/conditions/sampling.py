"""The spectral radius of a scheme over a grid of phases: what is left where no closed form is found.

Its error is second order in the spacing of the phases; near the edge of stability a verdict is right to about
`RESOLUTION` in the spectral radius.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import sympy as sp

from derive.arrays import np
from derive.conditions.precise import mended, sizes
from derive.conditions.ways.margins import complex_coefficients
from derive.fields.phases import COSINES, SINES
from derive.modes.amplification import Amplification
from derive.modes.roots import roots_of_monic

PHASES = {0: 1, 1: 720, 2: 72, 3: 24}  # per axis, by number of axes
RESOLUTION = 1e-3
TOLERANCE = 1e-6  # of a computed double root
_BATCH = 1 << 18


class SpectralRadius(sp.Expr):
    """Largest modulus of an amplification factor over all phases, as a function of the parameters."""

    is_commutative = True
    is_extended_real = True
    is_nonnegative = True

    @property
    def _arguments(self) -> list[sp.Symbol]:
        return sorted(self.free_symbols, key=str)

    def _sympystr(self, printer) -> str:
        return f"rho({', '.join(map(str, self._arguments))})"

    def _latex(self, printer, *args: Any) -> str:
        return rf"\rho\left({', '.join(map(printer.doprint, self._arguments))}\right)"

    def _pretty(self, printer, *args: Any):
        return printer._print(sp.Function("ρ")(*self._arguments))


def spectral_radius(amplification: Amplification) -> SpectralRadius:
    """The spectral radius as an expression in the parameters, the phases and xi bound."""
    bound = [s for s in amplification.polynomial.free_symbols if s not in parameters(amplification)]
    return SpectralRadius(sp.Lambda(tuple(sorted(bound, key=str)), amplification.polynomial.as_expr()))


def parameters(amplification: Amplification) -> tuple[sp.Symbol, ...]:
    """The parameters of an amplification polynomial, by name."""
    from derive.fields.phases import SHIFTS

    bound = {*amplification.polynomial.gens, *COSINES, *SHIFTS, *amplification.box}
    return tuple(sorted(amplification.polynomial.free_symbols - bound, key=str))


def sampled_radius(amplification: Amplification) -> Callable[..., np.ndarray]:
    """Function of the parameters (keywords, numbers or arrays that broadcast): the spectral radius on the grid."""
    from derive.printing.codegen import compile_outputs

    names = parameters(amplification)
    axes = amplification.phases
    phi = complex_coefficients(amplification.polynomial)
    parts = [part.as_expr() for c in phi for part in (c.real, c.imaginary)]
    waves = [f for i in axes for f in (COSINES[i], SINES[i])]
    coefficients = compile_outputs("coefficients", parts, "numpy", "Coefficients in xi.", [*names, *waves] or [COSINES[0]])
    phases = {str(w): values[None, :] for w, values in zip(waves, _phases(len(axes)), strict=True)}
    size = compile_outputs("size", [sizes(phi)], "numpy", "Sum of the sizes of all terms.", names or [COSINES[0]])
    angles = dict(zip(axes, _angles(len(axes)), strict=True))
    limit = TOLERANCE ** min(2, len(phi) - 1) if len(phi) > 1 else np.inf

    def radius(**values: Any) -> np.ndarray:
        given = np.broadcast_arrays(*(np.asarray(values[str(p)], dtype=float) for p in names)) if names else [np.zeros(())]
        flat = [v.reshape(-1, 1) for v in given]
        count = max(1, _BATCH // max(1, PHASES[len(axes)] ** len(axes)))
        batches = ([v[i : i + count] for v in flat] for i in range(0, len(flat[0]), count))
        return np.concatenate([largest(batch) for batch in batches]).reshape(given[0].shape)

    def largest(batch: list[np.ndarray]) -> np.ndarray:
        own = dict(zip(names, batch, strict=False))
        amplification = _evaluated(coefficients, own, phases)
        with np.errstate(all="ignore"):
            terms = size(**({str(p): np.abs(v) for p, v in own.items()} or {str(COSINES[0]): np.zeros((1, 1))}))
        amplification = mended(amplification, phi, np.broadcast_to(terms, (len(batch[0]), 1)), own, angles, limit)
        return np.where(_vanishes(amplification[0], len(axes)), np.inf, largest_root(amplification).max(axis=-1))

    radius.source = coefficients.source  # type: ignore[attr-defined]
    return radius


def _angles(axes: int) -> list[np.ndarray]:
    theta = np.linspace(-np.pi, np.pi, PHASES[axes], endpoint=False)
    return [grid.ravel() for grid in np.meshgrid(*([theta] * axes), indexing="ij")] if axes else []


def _phases(axes: int) -> list[np.ndarray]:
    return [f(angle) for angle in _angles(axes) for f in (np.cos, np.sin)]


def _evaluated(coefficients: Callable, values: dict[sp.Symbol, np.ndarray], phases: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Each coefficient at all parameters and phases, (points, phases)."""
    arguments = {str(p): v for p, v in values.items()} | phases
    parts = coefficients(**(arguments or {str(COSINES[0]): np.zeros((1, 1))}))
    return list(np.broadcast_arrays(*(re + 1j * im for re, im in zip(parts[::2], parts[1::2], strict=True))))


def _vanishes(lead: np.ndarray, axes: int) -> np.ndarray:
    """Whether a leading coefficient passes zero between phases, where the scheme determines no new value.

    A real one changes its sign; a complex one of two phases or more turns once around zero on the edge of a cell.
    """
    passes = (lead.real.min(axis=-1) <= 0) & (lead.real.max(axis=-1) >= 0)
    real = ~lead.imag.any(axis=-1)
    if axes < 2 or real.all():
        return passes & real
    cube = lead.reshape(-1, *[PHASES[axes]] * axes)
    turns = [_turns(cube, i, j).reshape(len(lead), -1).any(axis=-1) for i, j in combinations(range(1, axes + 1), 2)]
    return np.where(real, passes, np.any(turns, axis=0))


def _turns(values: np.ndarray, i: int, j: int) -> np.ndarray:
    """Cells of two axes around which the argument does not come back to itself."""
    corners = [values, np.roll(values, -1, i), np.roll(values, (-1, -1), (i, j)), np.roll(values, -1, j)]
    around = zip(corners, [*corners[1:], corners[0]], strict=True)
    return np.abs(sum(np.angle(b * np.conj(a)) for a, b in around)) > np.pi


def largest_root(phi: list[np.ndarray]) -> np.ndarray:
    """Largest modulus of the roots of polynomials, coefficients from the leading one down, elementwise."""
    with np.errstate(all="ignore"):
        monic = [np.asarray(c / phi[0]) for c in phi[1:]]
    if not monic:
        return np.zeros(phi[0].shape)
    finite = np.all([np.isfinite(c) for c in monic], axis=0)
    rows = np.stack([np.where(finite, c, 0) for c in monic], axis=-1)
    return np.where(finite, _roots(rows), np.inf)


def _roots(monic: np.ndarray) -> np.ndarray:
    degree = monic.shape[-1]
    if degree == 1:
        return np.abs(monic[..., 0])
    if degree == 2:
        half, constant = -monic[..., 0] / 2, monic[..., 1]
        root = np.sqrt(half**2 - constant)
        return np.maximum(np.abs(half + root), np.abs(half - root))
    return np.abs(roots_of_monic(monic)).max(axis=-1)
