"""How often to measure, so that the cost stays a fixed number of Hessian products per training step on average."""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.errors import InputError


@dataclass
class Budget:
    """Spending first and saving up afterwards: the first measurement is at once, the next when it is paid off.

    After n steps no more than rate * n and the cost of one measurement have been spent.

    Attributes:
        rate: units per step, > 0.
        every: least number of steps between two measurements, >= 1.
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
    spent: float = 0.0
    steps: int = 0
    _last: int | None = field(default=None, repr=False)

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
        """Whether all that was spent is paid off, and `every` steps have passed."""
        apart = self._last is None or self.steps - self._last >= self.every
        return apart and self.spent <= self.rate * self.steps

    def spend(self, units: float) -> None:
        """A measurement has been made."""
        self.spent += units
        self._last = self.steps
