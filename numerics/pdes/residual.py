"""What is left moving after a run has converged as far as it will: its amplitude, its pattern, and whether that changes.

Source: Fig 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from numerics.pdes.simulate import Flow, simulate


@dataclass(frozen=True)
class Residual:
    """Two windows of a run, before and after it was continued; a state has `dims` trailing axes.

    Attributes:
        before: states of consecutive iterations, (window, ..., *grid).
        after: as many later states; `lag` iterations lie between the two windows' starts.
        lag: even.
        dims: number of space dimensions.
    """

    before: Tensor
    after: Tensor
    lag: int
    dims: int

    def amplitude(self, states: Tensor) -> Tensor:
        """Standard deviation in time, root mean square over the grid: (...)."""
        return states.var(0, correction=0).mean(self._grid).sqrt()

    def change(self) -> Tensor:
        """Amplitude after over amplitude before: 1 where continued steps change no more than the pattern."""
        return self.amplitude(self.after) / self.amplitude(self.before)

    def recurrence(self, extra: int) -> Tensor:
        """Correlation of the oscillation's pattern at the start with that `lag + extra` iterations later: (...).

        The pattern is the deviation from the mean over a window. 1: the same again; -1: its negative; 0: another one.
        """
        first = self.before[0] - self.before.mean(0)
        later = self.after[extra] - self.after.mean(0)
        return (first * later).sum(self._grid) / ((first**2).sum(self._grid) * (later**2).sum(self._grid)).sqrt()

    @property
    def _grid(self) -> tuple[int, ...]:
        return tuple(range(-self.dims, 0))


def residual(flow: Flow, state: Tensor, lr: float | Tensor, dims: int, lag: int, window: int = 64) -> Residual:
    """Continue a run by `lag` iterations and record `window` states at both ends.

    Args:
        flow: right-hand side.
        state: where the run has come to.
        lr: step size, broadcast.
        dims: trailing axes of a state.
        lag: number of iterations between the windows' starts, even and at least `window`.
        window: recorded iterations, even, so that an alternation has its mean.
    """
    first = _recorded(flow, state, lr, window)
    between = first[-1] if lag == window else simulate(flow, first[-1], lr, lag - window).final
    return Residual(first, _recorded(flow, between, lr, window), lag, dims)


def _recorded(flow: Flow, state: Tensor, lr: float | Tensor, window: int) -> Tensor:
    return simulate(flow, state, lr, window, observe={"u": lambda u, _: u}).records["u"][1:]
