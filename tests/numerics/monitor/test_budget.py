"""What is spent never runs ahead of what the steps allow by more than one measurement."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from numerics.monitor.budget import Budget


@given(rate=st.floats(1e-3, 10), every=st.integers(1, 9), costs=st.lists(st.floats(0, 50), min_size=1, max_size=20))
def test_the_average_is_kept_whatever_the_costs(rate: float, every: int, costs: list[float]) -> None:
    budget, left, last = Budget(rate, every), list(costs), None
    for step in range(1, 200):
        budget.step()
        if budget.due and left:
            cost = left.pop(0)
            assert last is None or step - last >= every
            budget.spend(cost)
            last = step
            assert budget.spent <= rate * step + cost + 1e-9
    assert left != costs  # the first one comes at once
