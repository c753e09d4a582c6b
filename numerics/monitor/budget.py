"""How often to measure, so that the cost stays a fixed share of the training on average, however long it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.errors import InputError

FIRST_GAP = 4
"""Steps between the first two measurements, unless `every` is more."""

WIDENS = 8
"""Growth of the early gaps: 1, 5, 37, 293, 2341, ... A run is measured some times however soon it ends."""


@dataclass
class Budget:
    """Spending first and saving up afterwards.

    The first measurement is at once. Another is due when all that was spent is paid off; or early, at gaps that widen, whatever
    was spent. After n steps no more than rate * n and the cost of one measurement have been spent, and early that of about
    log(2 n) / log(8) more.

    Attributes:
        rate: units per step, > 0.
        every: least number of steps between two measurements, >= 1.
        early: whether there are early ones.
        spent: units so far.
        steps: steps so far.

    Raises:
        InputError: rate not above 0, every not a positive integer.

    >>> budget = Budget(rate=0.5)
    >>> for step in range(9):
    ...     budget.step()
    ...     if budget.due:
    ...         budget.spend(2)
    ...         print(budget.steps, budget.spent)
    1 2.0
    4 4.0
    8 6.0
    """

    rate: float
    every: int = 1
    early: bool = False
    spent: float = 0.0
    steps: int = 0
    _last: int | None = field(default=None, repr=False)
    _gap: int = field(default=FIRST_GAP, repr=False)

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise InputError(f"expected a budget above 0, got {self.rate!r}")
        if isinstance(self.every, bool) or not isinstance(self.every, int) or self.every < 1:
            raise InputError(f"expected every to be a positive integer, got {self.every!r}")

    def step(self, number: int = 1) -> None:
        """Training steps have been done."""
        self.steps += number

    @property
    def due(self) -> bool:
        """Whether it is time: `every` steps have passed, and it is paid off, or lent."""
        if self._last is None:
            return True
        since = self.steps - self._last
        return since >= self.every and (self.paid or (self.early and since >= self._gap))

    @property
    def lends(self) -> bool:
        """Whether there is one on credit, where the step size asks for it: a few steps after the last, paid off or not."""
        return self.early and self._last is not None and self.steps - self._last >= max(self.every, FIRST_GAP)

    @property
    def lends_again(self) -> bool:
        """The same for what may ask for many: after half as many steps as there were at the last one."""
        return self.lends and 2 * self.steps >= 3 * (self._last or 0)

    @property
    def paid(self) -> bool:
        """Whether all that was spent is paid off."""
        return self.spent <= self.rate * self.steps

    def spend(self, units: float) -> None:
        """A measurement has been made."""
        if self._last is not None and self.steps - self._last >= self._gap:
            self._gap *= WIDENS
        self.spent += units
        self._last = self.steps

    def charge(self, units: float) -> None:
        """Something else has been done, which puts no measurement off but by what it cost."""
        self.spent += units

    def state(self) -> dict[str, Any]:
        """What has been spent, and when."""
        return {"spent": self.spent, "steps": self.steps, "last": self._last, "gap": self._gap}

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was; the rate is that of now."""
        self.spent, self.steps, self._last, self._gap = (state[name] for name in ("spent", "steps", "last", "gap"))
