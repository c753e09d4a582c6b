r"""The windowed operator of small images, exactly: matrices over the rationals or over symbols.

On a window the data drive the kernel by :math:`M = C^T C`, where row x and column z of C hold I(x + z). Which x are
outputs, and what I is outside its grid, is the boundary:

    "valid"      the kernel stays inside the image
    "full"       every x at which kernel and image meet; I is 0 outside
    "circular"   every x of the grid; I is periodic

Source: Thm 5.3 (windowed form), with the discrete boundaries of the authors' code.
"""

from __future__ import annotations

from itertools import product

import sympy as sp

from derive.errors import choose

Shape = tuple[int, int]
_SPANS = {
    "valid": lambda side, width: range(side - width + 1),
    "full": lambda side, width: range(1 - width, side),
    "circular": lambda side, width: range(side),
}


def cells(shape: Shape) -> list[Shape]:
    """Cells of a window, row by row."""
    return list(product(*map(range, shape)))


def outputs(image: sp.Matrix, window: Shape, boundary: str) -> list[Shape]:
    """Where the kernel's first cell may lie."""
    span = choose("boundary", boundary, _SPANS)
    return list(product(*map(span, image.shape, window)))


def response_matrix(image: sp.Matrix, window: Shape, boundary: str) -> sp.Matrix:
    """C: a row per output, a column per cell of the window."""
    rows = outputs(image, window, boundary)
    return sp.Matrix([[_pixel(image, (x[0] + z[0], x[1] + z[1]), boundary) for z in cells(window)] for x in rows])


def _pixel(image: sp.Matrix, at: Shape, boundary: str) -> sp.Expr:
    row, column = at
    if boundary == "circular":
        return image[row % image.rows, column % image.cols]
    inside = 0 <= row < image.rows and 0 <= column < image.cols
    return image[row, column] if inside else sp.S.Zero


def gram(image: sp.Matrix, window: Shape, boundary: str) -> sp.Matrix:
    """M = C^T C: what K -> (K * I) * I is on the window."""
    matrix = response_matrix(image, window, boundary)
    return (matrix.T * matrix).applyfunc(sp.expand)


def compressed(matrix: sp.Matrix, window: Shape, smaller: Shape) -> sp.Matrix:
    """P M P: the rows and columns of the cells of a smaller window at the same corner."""
    kept = [i for i, cell in enumerate(cells(window)) if all(c < n for c, n in zip(cell, smaller, strict=True))]
    return matrix.extract(kept, kept)


def spectrum(image: sp.Matrix, window: Shape, boundary: str) -> list[sp.Expr]:
    """Eigenvalues of M without their multiplicities, in order; for numbers."""
    return sorted(gram(image, window, boundary).eigenvals())


def power_spectrum(image: sp.Matrix) -> list[sp.Expr]:
    """Values of |Ihat|^2 on the grid, in order: a periodic image whose window is the whole grid."""
    return spectrum(image, image.shape, "circular")


def symbolic_image(rows: int, columns: int) -> sp.Matrix:
    """An image of real symbols."""
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"I_{i}{j}", real=True))
