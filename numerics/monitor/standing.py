"""The verdict of now, between two measurements: that of the newest one, and what has been seen at every step since.

    unstable      the newest loss is not finite, or the gradient that the optimiser took
    thrown out    the losses of the training have lost half of what had been gained: see `course`
    restrained    since the measurement the loss jumped, and there the training was found beyond the edge: see `spikes`
    undecided     the step size has been raised since, and the sharpness measured, rescaled by it, is no longer below an edge

What is measured decides where that is worse. A step size that has changed by a tenth is told with what it makes of the
sharpness measured, at frozen curvature; one that was lowered makes no verdict better.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from torch.optim import Optimizer

from numerics.monitor.course import Course
from numerics.monitor.noisy import MARGIN, noisy
from numerics.monitor.records import Records
from numerics.monitor.verdict import Verdict, worse
from numerics.thresholds import maximizes

CHANGED = 1.1
"""Factor from which a change of the step size is told, and its peak is measured."""

Lrs = Mapping[int, float]


class Standing:
    """Follows a training from step to step.

    Args:
        optimizer: torch's own, unwrapped.

    Attributes:
        course: of the losses.
        lr: of each group now.
        told: the word last told; empty before.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self.course = Course(maximizes(optimizer))
        self.lr: dict[int, float] = {}
        self.told = ""
        self._tried: dict[int, float] = {}
        self._greatest: dict[int, float] = {}
        self._rising = False
        self._jump: tuple[int, float] | None = None
        self._cause: tuple[int, str] | None = None

    def step(self, number: int, seen: tuple[float, float] | None) -> None:
        """A step of the optimiser is done.

        Args:
            number: of it.
            seen: loss, and norm of the gradient taken; None where they are not known.
        """
        self.lr = {n: float(group["lr"]) for n, group in enumerate(self._optimizer.param_groups)}
        self._rising = any(lr > self._greatest.get(n, 0.0) for n, lr in self.lr.items())
        self._greatest = {n: max(lr, self._greatest.get(n, 0.0)) for n, lr in self.lr.items()}
        if seen is not None:
            self.course.see(number, *seen)

    def jumped(self, step: int, row: Mapping[str, Any]) -> None:
        """A jump was explained, by a row of `spikes`."""
        named = {"batch": f"batch {row.get('spike_batch')}", "unknown": "of unknown cause"}
        self._cause = step, named.get(row["spike"], f"the {row['spike']}")
        if row["spike"] == "edge":
            self._jump = step, row["spike_normalised"]

    def shaken(self, step: int) -> str:
        """Of which jump one at this step is an aftershock, in words: of one from which the losses have not come back."""
        if self._cause is None or not self.course.off(step - 1 - self._cause[0]):
            return ""
        return f"an aftershock of the jump of step {self._cause[0]} ({self._cause[1]}), from which the loss has not come back"

    def tried(self) -> None:
        """A measurement was made at the step size of now, or came to nothing there."""
        self._tried = {n: max(lr, self._tried.get(n, 0.0)) for n, lr in self.lr.items()}

    @property
    def at_peak(self) -> bool:
        """Whether the step size has come to a peak well above all at which a measurement was tried."""
        return bool(self._tried) and not self._rising and times(self._tried, self._greatest) > CHANGED

    def doubtful(self, records: Records) -> bool:
        """Whether a measurement is asked for: it jumped at the edge since the newest, or the step size makes that undecided."""
        known = str(records.basis.get("verdict", ""))
        return self._jump_since(records.basis) is not None or (known != "undecided" == self.verdict(records).word)

    def verdict(self, records: Records) -> Verdict:
        """Of now; the word is empty where nothing is measured, and nothing speaks against the training."""
        basis = records.basis
        word, reason = str(basis.get("verdict", "")), str(basis.get("reason", ""))
        if not self.course.finite:
            return Verdict("unstable", self._with_jump(basis, self.course.why, reason))
        if self.course.lost:
            return Verdict("unstable" if word == "unstable" else "thrown out", self._with_jump(basis, self.course.why, reason))
        jump = self._jump_since(basis)
        if jump is not None:
            return Verdict(worse(word, "restrained"), self._with_jump(basis, "the loss is finite", reason))
        return self._rescaled(records, basis, Verdict(word, reason)) if word else Verdict("", "")

    def headline(self, records: Records) -> dict[str, str]:
        """Verdict and reason of now, by their names in a row; none where nothing is known."""
        told = self.verdict(records)
        return {"verdict": told.word, "reason": told.reason} if told.word else {}

    def told_of(self, records: Records) -> dict[str, Any]:
        """What is of now in `latest`: step sizes, and the headline where it is not that of the newest measurement."""
        now = {name: value for name, value in self.headline(records).items() if value != records.newest.get(name)}
        return now | ({"lr": dict(self.lr)} if self.lr and "lr" in records.newest else {})

    def news(self, records: Records, step: int, row: Mapping[str, Any]) -> dict[str, str]:
        """The same for the sinks, where the row has a verdict, or it has changed, which is recorded."""
        now = self.headline(records)
        if not now or ("verdict" not in row and now["verdict"] == self.told):
            return {}
        if now["verdict"] != self.told:
            self.told = now["verdict"]
            records.add(step, {"standing": now["verdict"], "standing_reason": now["reason"]})
        return now

    def _rescaled(self, records: Records, basis: Mapping[str, Any], found: Verdict) -> Verdict:
        """With the step size of now."""
        ratio = times(basis.get("lr", {}), self.lr)
        if not basis.get("normalised", 0.0) >= 0 or 1 / CHANGED <= ratio <= CHANGED:
            return found
        if ratio == inf:
            return Verdict(
                worse(found.word, "undecided"),
                f"nothing was measured since steps began: at step {basis['step']} every step size was 0",
            )
        value, noise = ratio * basis["normalised"], noisy(records.until_basis)
        edge = f"{value:.3g} of the noise-free edge" if noise is not None else f"{value:.3g} of the edge"
        alike = (
            "" if noise is None else f" and {ratio * noise.value:.3g} to {ratio * noise.coupled:.3g} of the mean-square edge"
        )
        told = f"the step size is {ratio:.3g} times that measured with, at which the sharpness of then is at {edge}{alike}"
        near = value >= 1 - MARGIN or (noise is not None and ratio * noise.coupled_high >= 1)
        word = "undecided" if found.word in ("stable", "at the edge") and ratio > 1 and near else found.word
        return Verdict(word, f"{told}; at step {basis['step']}: {found.reason}")

    def _jump_since(self, basis: Mapping[str, Any]) -> tuple[int, float] | None:
        return self._jump if self._jump is not None and self._jump[0] > basis.get("step", -1) else None

    def _with_jump(self, basis: Mapping[str, Any], why: str, measured: str) -> str:
        jump, told = self._jump_since(basis), [why]
        if jump is not None:
            told.append(f"it jumped at step {jump[0]}, where it was at {jump[1]:.3g} of the edge")
        return "; ".join([*told, f"measured at step {basis['step']}: {measured}"] if measured else told)

    def state(self) -> dict[str, Any]:
        """Plain numbers and texts."""
        kept = {
            "tried": dict(self._tried),
            "greatest": dict(self._greatest),
            "jump": self._jump,
            "cause": self._cause,
            "told": self.told,
        }
        return {**kept, "lr": dict(self.lr), "course": self.course.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self._tried, self._greatest, self.lr = (dict(state[name]) for name in ("tried", "greatest", "lr"))
        self._jump, self._cause = state["jump"] and tuple(state["jump"]), state["cause"] and tuple(state["cause"])
        self.told = state["told"]
        self.course.restore(state["course"])


def times(then: Lrs, now: Lrs) -> float:
    """By how much the step sizes have been raised, of the group of which it is most; infinite from 0, 1 where none is known.

    >>> times({0: 0.1, 1: 0.1}, {0: 0.2, 1: 0.1}), times({0: 0.0}, {0: 0.1}), times({0: 0.0}, {0: 0.0})
    (2.0, inf, 1.0)
    """
    ratios = [now[g] / then[g] if then[g] else inf for g in now if g in then and (then[g] or now[g])]
    return max(ratios, default=1.0)
