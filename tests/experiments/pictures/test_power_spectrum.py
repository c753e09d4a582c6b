from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.pictures import power_spectrum
from experiments.pictures.power_spectrum import power_spectrum as spectrum_of


@settings(deadline=None, max_examples=40)
@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), st.integers(0, 2**31))
def test_is_the_half_of_all_frequencies(shape, seed) -> None:
    grey = np.random.default_rng(seed).random(shape)
    found, whole = spectrum_of(grey), np.abs(np.fft.fft2(grey)) ** 2
    assert float(found.greatest) == pytest.approx(whole.max(), rel=1e-12)
    assert float(found.least) == pytest.approx(whole.min(), rel=1e-9, abs=1e-13 * whole.max())
    for y in found.frequency_y.values:
        for x in found.frequency_x.values:
            row, column = round(y * shape[0]) % shape[0], round(x * shape[1])
            assert float(found.power.sel(frequency_y=y, frequency_x=x)) == pytest.approx(
                whole[row, column], abs=1e-12 * whole.max()
            )


def test_spots_are_where_the_extremes_are() -> None:
    """A plane wave over a constant: greatest at 0; its frequency has the second greatest, and the least is elsewhere."""
    rows, columns = np.indices((16, 24))
    found = spectrum_of(5 + np.cos(2 * np.pi * (3 * rows / 16 + 5 * columns / 24)))
    assert found.spots.sel(end="greatest").values.tolist() == [0.0, 0.0]
    at = found.power.where(found.power < found.greatest).argmax(...)
    assert (float(found.frequency_y[at["frequency_y"]]), float(found.frequency_x[at["frequency_x"]])) == pytest.approx(
        (3 / 16, 5 / 24)
    )


def test_means_of_neighbours_keep_the_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    grey = np.random.default_rng(0).random((37, 41))
    all_of_it = spectrum_of(grey)
    monkeypatch.setattr(power_spectrum, "BINS", 8)
    few = spectrum_of(grey)
    assert few.attrs["bins"] == [5, 3]
    assert few.power.shape == (8, 7)
    assert float(few.greatest) == float(all_of_it.greatest)
    assert few.power.values[0, 0] == pytest.approx(all_of_it.power.values[:5, :3].mean())
    assert few.power.values[-1, -1] == pytest.approx(all_of_it.power.values[35:, 18:].mean())
    assert np.all(np.diff(few.frequency_y) > 0)
