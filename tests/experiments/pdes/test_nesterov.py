"""Fig 11 and Tab 9 without any registered print, and the damping's effect by simulation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from experiments.pdes import figure_11, nesterov_setting, table_9
from experiments.pdes.nesterov_setting import NesterovSetting
from experiments.running.progress import silent

SMALL = NesterovSetting(image=32, lr=1e-3)
TABLE = table_9.Config(SMALL, kernels=(4,), rtol=5e-3, momenta=(0.0, 0.5))


@cache
def table() -> xr.Dataset:
    return table_9.compute(TABLE, "cpu", silent)


@pytest.mark.exact
@pytest.mark.parametrize(
    ("module", "config"), [(table_9, TABLE), (figure_11, figure_11.Config(SMALL, kernel=4, iterations=300))]
)
def test_without_a_print(module, config, monkeypatch: pytest.MonkeyPatch) -> None:
    for user in (nesterov_setting, table_9):
        monkeypatch.setattr(user, "claims", dict)
    results = module.compute(config, "cpu", silent)
    assert not any("printed" in str(name) for name in [*results.data_vars, *results.attrs])
    assert isinstance(module.render(results), Figure)
    assert "rinted" not in module.caption(results).replace("as printed it is", "")


def test_simulated_upper_edge_follows_the_derived_one() -> None:
    results = table()
    expected = 4 / ((1 + 2 * results.coefficient) * SMALL.lr**2)
    np.testing.assert_allclose(results.upper_by_momentum.mean("bracket"), expected, rtol=5e-3)
    np.testing.assert_allclose(results.simulation.mean("bracket"), results.spectrum, rtol=5e-3)


@pytest.mark.exact
def test_rows_match_their_header() -> None:
    header, cells = table_9.rows(table())
    assert all(len(row) == len(header) for row in cells)
    assert "Thm 5.6 printed" in header
    assert "paper, measured" not in header  # not the paper's setting
