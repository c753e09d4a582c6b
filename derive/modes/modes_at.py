"""What a scheme does to waves, as numbers: damping, phase and group speed of each root, against the differential equation."""

from __future__ import annotations

from dataclasses import dataclass

from derive.arrays import np
from derive.errors import InputError


@dataclass(frozen=True)
class Modes:
    """Roots at given phases and parameters; the last axis counts them, the physical ones first.

    Attributes:
        roots: amplification factors.
        phase: argument of each root, in radians per step, continuous from zero frequency.
        physical: how many are physical.
        exponent: rate of the differential equation times dt for each physical root, NaN where it is not known.
        turn: d phase / d theta_i of each root, one more axis for the phases: minus the group velocity, in cells per step.
        exact_turn: the same of the differential equation, for each physical root.
    """

    roots: np.ndarray
    phase: np.ndarray
    physical: int
    exponent: np.ndarray
    turn: np.ndarray
    exact_turn: np.ndarray

    @property
    def damping(self) -> np.ndarray:
        """Modulus of every root: by what one step multiplies the amplitude of its mode."""
        return np.abs(self.roots)

    @property
    def relative_speed(self) -> np.ndarray:
        """Phase speed of the physical roots, relative to the exact one; NaN where nothing moves.

        Raises:
            InputError: the exact one is not known.
        """
        self._check_exact()
        return _over(self.phase[..., : self.physical], self.exponent.imag)

    @property
    def relative_group_speed(self) -> np.ndarray:
        """Group velocity of the physical roots along each axis, relative to the exact one: one more axis; NaN without motion.

        Raises:
            InputError: the exact one is not known.
        """
        self._check_exact()
        return _over(self.turn[..., : self.physical, :], self.exact_turn)

    @property
    def relative_damping(self) -> np.ndarray:
        """Modulus of the physical roots, relative to the exact one.

        Raises:
            InputError: the exact one is not known.
        """
        self._check_exact()
        return self.damping[..., : self.physical] / np.exp(self.exponent.real)

    def _check_exact(self) -> None:
        if np.isnan(self.exponent).all():
            raise InputError(
                "expected the exact rate of the differential equation, which the scheme does not tell; give it as "
                "dispersion(scheme, exact=...), such as -I*nu*theta_1"
            )


def _over(speed: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Their ratio; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = speed / exact
    return np.where(np.isfinite(ratio), ratio, np.nan)
