"""Finite windows over symbols and integers: the lemmas, what they are false for, and the counterexamples."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.derivations import checkerboard_windows, finite_windows, window_lemmas
from derive.derivations.checkerboard_windows import points
from derive.errors import InputError
from derive.fields.symbols import width
from derive.fields.windows import compressed, gram, power_spectrum, response_matrix, spectrum, symbolic_image
from tests import oracles

BOUNDARIES = ("valid", "full", "circular")
integers = st.integers(-5, 5)


@st.composite
def images(draw) -> sp.Matrix:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return sp.Matrix(rows, columns, draw(st.lists(integers, min_size=rows * columns, max_size=rows * columns)))


@settings(max_examples=25)
@given(images(), st.data(), st.sampled_from(BOUNDARIES))
def test_matrices_are_those_of_the_oracle(image, data, boundary):
    window = tuple(data.draw(st.integers(1, n)) for n in image.shape)
    dense = oracles.dense_operator(torch.tensor(np.array(image, dtype=float)), window, boundary).numpy()
    exact = np.array(gram(image, window, boundary), dtype=float)
    np.testing.assert_array_equal(exact, dense.T @ dense)


@settings(max_examples=10)
@given(st.lists(integers, min_size=9, max_size=9))
def test_power_spectrum_is_that_of_the_fourier_transform(pixels):
    image = sp.Matrix(3, 3, pixels)
    found = sorted(float(sp.re(value.evalf(20))) for value in power_spectrum(image))
    power = np.abs(np.fft.fft2(np.array(image, dtype=float))) ** 2
    assert found[0] == pytest.approx(power.min(), abs=1e-9)
    assert found[-1] == pytest.approx(power.max(), abs=1e-9)


def test_unknown_boundary():
    with pytest.raises(InputError, match="unknown boundary 'same': expected one of valid, full, circular"):
        response_matrix(sp.eye(3), (2, 2), "same")


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_only_valid_is_not_nested(boundary):
    assert window_lemmas.is_nested(boundary) is (boundary != "valid")


def test_lemmas():
    assert window_lemmas.interlaces()
    assert window_lemmas.is_turned_over()
    assert window_lemmas.loses_outputs()
    assert window_lemmas.separates()
    assert window_lemmas.has_fewer_outputs("full")
    assert window_lemmas.has_fewer_outputs("circular")


def test_full_and_circular_are_not_each_other_s_part():
    """A negative control of the Loewner order: it holds for "valid" alone."""
    image = symbolic_image(3, 3)
    assert not window_lemmas.rows(image, 2, "circular") <= window_lemmas.rows(image, 2, "valid")
    assert not window_lemmas.rows(image, 2, "circular") <= window_lemmas.rows(image, 2, "full")


def test_interlacing_against_a_compression_in_numbers():
    """The bordered determinant is the characteristic polynomial of the compression to the complement of u."""
    levels, u = sp.diag(1, 3, 7), sp.Matrix([1, 2, 2]) / 3
    basis = sp.Matrix.hstack(*sp.Matrix.hstack(u).T.nullspace())
    basis = sp.Matrix.hstack(*sp.GramSchmidt([basis[:, 0], basis[:, 1]], orthonormal=True))
    roots = sorted((basis.T * levels * basis).eigenvals(), key=float)
    assert 1 <= roots[0] <= 3 <= roots[1] <= 7
    polynomial = sp.prod(1 - root for root in roots)
    values = {"least": 1, "s": 2, "t": 4, "u1": u[0], "u2": u[1], "u3": u[2]}
    at_least = window_lemmas.interlacing()[0]
    assert sp.simplify(at_least.subs({s: values[s.name] for s in at_least.free_symbols}) - polynomial) == 0


@pytest.mark.parametrize("sign", [-1, 1])
def test_eigenvalues_inside_put_bounds_outside(sign):
    assert finite_windows.outward(sign)


def test_four_corners_violate_everything_with_boundary_valid():
    """Exact integers: one 3x3 image against monotonicity, order and convergence."""
    first, second, third = (window_lemmas.extremes_of(window_lemmas.CORNERS, w) for w in (1, 2, 3))
    limit = window_lemmas.power_extremes(window_lemmas.CORNERS)
    assert (first, second, third, limit) == ((4, 4), (1, 1), (0, 4), (1, 16))
    assert second[1] < min(first[1], third[1])  # the greatest falls and rises
    assert third[0] < limit[0]  # the least leaves the limit's range
    assert third[0] != limit[0]
    assert third[1] != limit[1]


def test_four_corners_obey_everything_with_boundary_circular():
    found = [window_lemmas.extremes_of(window_lemmas.CORNERS, w, "circular") for w in (1, 2, 3)]
    assert found == [(4, 4), (1, 9), window_lemmas.power_extremes(window_lemmas.CORNERS)]


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_a_pixel_in_the_last_corner_violates_the_order_from_two_cells_on(size):
    image = sp.zeros(size, size)
    image[size - 1, size - 1] = 1
    assert power_spectrum(image) == [1]
    assert [spectrum(image, (w, w), "valid")[0] for w in range(1, size + 1)] == [1] + [0] * (size - 1)


def test_a_pixel_in_the_middle_is_the_negative_control():
    image = sp.zeros(3, 3)
    image[1, 1] = 1
    assert spectrum(image, (2, 2), "valid") == [1]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("boundary", ["valid", "circular"])
def test_checkerboard_closed_forms_over_the_integers(size, boundary):
    image = sp.Matrix(size, size, lambda i, j: (-1) ** (i + j))
    if boundary == "circular" and size % 2:
        pytest.skip("a checkerboard of odd side is not periodic")
    formula = checkerboard_windows.active_eigenvalue(boundary)
    for w in range(1, size + 1):
        value = formula.subs({width: w, points: size})
        assert set(spectrum(image, (w, w), boundary)) == ({value, 0} if w > 1 else {value})


@pytest.mark.parametrize(("boundary", "size"), [("valid", 4), ("full", 4), ("circular", 4), ("circular", 5)])
def test_a_checkerboard_is_a_product_of_lines(boundary, size):
    """And without its signs a line's operator has the entries p - c |i - j|."""
    line = sp.Matrix(1, size, lambda _, j: (-1) ** j)
    window = 3
    top, lost = (e.subs({points: size, width: window}) for e in checkerboard_windows.peak_and_loss(boundary, size % 2))
    one = gram(line, (1, window), boundary)
    assert one == sp.Matrix(window, window, lambda i, j: (-1) ** (i + j) * (top - lost * abs(i - j)))
    assert gram(line.T * line, (window, window), boundary) == sp.kronecker_product(one, one)


def test_compressed_keeps_the_cells_at_the_corner():
    image = symbolic_image(3, 3)
    inner = compressed(gram(image, (3, 3), "valid"), (3, 3), (1, 2))
    assert inner == sp.Matrix([[image[0, 0] ** 2, image[0, 0] * image[0, 1]], [image[0, 0] * image[0, 1], image[0, 1] ** 2]])
