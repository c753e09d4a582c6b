"""The words of an audit, of records that were made up."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from experiments.audit.wording import odd_batch, went

NAN = float("nan")


def seen(losses: list[float], jumps: dict[int, float]) -> xr.Dataset:
    """Losses of the steps from 1 on; step -> loss of a batch that was found to be why it jumped."""
    steps = list(range(1, len(losses) + 1))
    return xr.Dataset(
        {
            "loss_seen": ("step_seen", np.array(losses)),
            "spike": ("step", np.array(["batch"] * len(jumps))),
            "spike_loss": ("step", np.array(list(jumps.values()))),
            "spike_batch": ("step", np.array(list(jumps), dtype=float)),
        },
        {"step": list(jumps), "step_seen": steps},
    )


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ([2.0, 1.5, 1.0], "from 2 to 1"),
        ([2.0, NAN, 1.0, 0.5], "from 2 to 0.5"),
        ([2.0, 1.5, NAN, NAN], "from 2 to 1.5, and is not finite from step 3 on"),
        ([2.0, NAN, 1.0, NAN], "from 2 to 1, and is not finite from step 4 on"),
    ],
)
def test_the_losses_of_all_steps_tell_where_it_went(losses: list[float], told: str) -> None:
    assert went(seen(losses, {})) == f"the loss went {told}"


def test_the_batch_that_ended_it_is_named_after_another_that_did_not() -> None:
    losses = [1.0] * 4 + [9.0] + [1.0] * 4 + [NAN] * 3
    assert odd_batch(seen(losses, {5: 9.0, 10: NAN})).startswith("batch 10 (step 10) has no finite loss")
    assert odd_batch(seen([*losses, 1.0], {5: 9.0, 10: NAN})) == ""
