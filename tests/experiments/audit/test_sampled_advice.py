"""What the audit advises where batches are sampled: by the mean-square edge, and nothing where it was not measured."""

from __future__ import annotations

from typing import Any

import pytest
import xarray as xr
from torch.optim import SGD

from experiments.audit.drawing import _in_mean_square as drawn
from experiments.audit.drawing import draw
from experiments.audit.findings import Findings, findings
from experiments.audit.outcome import Outcome
from experiments.audit.page import _in_mean_square
from numerics.monitor import StabilityMonitor
from tests.experiments.auditing import Run
from tests.numerics.monitor.test_fresh import OPTIONS, half_square, line, train


def audited(
    curvatures: list[float], momentum: float = 0.9, lr: float = 0.01, **options: Any
) -> tuple[Findings, tuple[str, str]]:
    model = line()
    optimizer = SGD(model.parameters(), lr=lr, momentum=momentum)
    with StabilityMonitor(model, optimizer, half_square, **{**OPTIONS, **options}) as monitor:
        train(model, optimizer, monitor, curvatures)
    return findings(monitor.dataset(), Outcome("finished", "")), _in_mean_square(monitor.dataset())


NEARLY_ALIKE = [1.0, 1.1, 0.9, 1.05, 0.95]


def test_room_is_seen_below_the_mean_square_edge_alone() -> None:
    found, (ends, _) = audited(NEARLY_ALIKE)
    assert found.noise is not None
    text = " ".join([*found.sentences, *found.advice])
    assert "mean-square edge" in found.sentences[0]
    assert "There is room to raise it up to the lower of the two" in text
    assert ends == f"{found.noise[0]:.3g} to {found.noise[1]:.3g}"
    # 3.8 / 1 without noise, a little less with it
    assert 1.0 < 0.01 / found.noise[0] < 3.8


def test_no_advice_to_raise_what_was_not_measured() -> None:
    found, (ends, _) = audited(NEARLY_ALIKE, batches=0)
    assert found.verdict == "undecided"
    assert "do not raise it" in found.advice[0]
    assert "room" not in " ".join(found.advice)
    assert "with it that is not decided" in found.sentences[0]
    assert ends == "not measured"


def test_beyond_the_mean_square_edge_it_is_too_high_though_not_without_noise() -> None:
    """Curvatures of 0.2 and 3.8: at momentum 0.9 the edge of the step size is far below 3.8 / 2."""
    found, _ = audited([2.0, 0.2, 3.8, 0.2, 3.8], lr=0.4)
    assert found.noise is not None
    assert found.noise[0] > 1.1
    assert found.around[0].value < 0.5
    assert "is too high for its sampled batches" in found.sentences[0]
    assert "To be on the safe side" in found.advice[0]


@pytest.mark.parametrize("batches", [0, 4])
def test_of_fixed_data_nothing_of_this_is_said(batches: int) -> None:
    found, (ends, _) = audited([1.0] * 5, batches=batches)
    assert "mean" not in " ".join([*found.sentences, *found.advice])
    assert ends == "no other edge"
    assert "There is room to raise it" in found.advice[0]


def test_by_hooks_alone_it_is_measured_too(run: Run) -> None:
    code, _, folder = run(
        """
        def train():
            model, optimizer, x, y = parts(0.01)
            for _ in range(30):
                rows = torch.randint(24, (8,))
                loop(model, optimizer, x[rows], y[rows], 1)
        """
    )
    assert code == 0
    with xr.open_dataset(folder / "audit.nc") as data:
        at = data.dropna("step", subset=["mean_square"])
        assert at.sizes["step"] > 0
        assert bool((at.coupled >= at.mean_square).all())
        assert "edge" in str(at.reason.values[-1])
    assert "In mean square" in (folder / "audit.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("batches", [4, 0])
def test_the_picture_has_the_mean_square_numbers_where_they_were_measured(batches: int) -> None:
    model = line()
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    with StabilityMonitor(model, optimizer, half_square, **{**OPTIONS, "batches": batches}) as monitor:
        train(model, optimizer, monitor, NEARLY_ALIKE)
    data = monitor.dataset()
    for name, (steps, middle, below, above) in drawn(data).items():
        stem = "mean_square" if name == "in mean square" else "coupled"
        at = data[stem].dropna("step")
        assert (steps == at.step.values).all()
        assert (middle == at.values).all()
        assert (below >= 0).all()
        assert (above >= 0).all()
    legend = draw(data).axes[0].get_legend()
    shown = [text.get_text() for text in legend.get_texts()] if legend else []
    assert shown == (["without noise", "in mean square", "with what goes across"] if batches else [])
    lines = [line.get_label() for line in monitor.plot().axes[0].lines]
    assert ("in mean square" in lines) == bool(batches)
