r"""What the argument about finite windows rests on, each checked by machine: identities of matrices over symbols.

Source: the conjecture after Eq 19; `finite_windows` puts them together.
"""

from __future__ import annotations

import sympy as sp

from derive.fields.symbols import declare, width
from derive.fields.windows import cells, compressed, gram, power_spectrum, response_matrix, spectrum, symbolic_image

Ends = tuple[sp.Expr, sp.Expr]  # (least, greatest) eigenvalue

moment = declare("moment", "m", "sum of |r(d)| |d|^2, r the image's autocorrelation at shift d", "image^2", nonnegative=True)

CORNERS = sp.Matrix([[1, 0, 1], [0, 0, 0], [1, 0, 1]])
"""With boundary "valid" it violates order, monotonicity and convergence."""

CORNER = sp.Matrix([[0, 0, 0], [0, 0, 0], [0, 0, 1]])
"""With boundary "valid" it violates the order at w = 2."""


def interlacing() -> tuple[sp.Expr, ...]:
    """Characteristic polynomial of a compression by one dimension, at the eigenvalues it comes from: signs +, -, +.

    In the eigenbasis the compression is to the complement of a vector u; its polynomial is a bordered determinant.
    """
    least, value = sp.symbols("least value", real=True)
    s, t = sp.symbols("s t", nonnegative=True)
    u = sp.Matrix(sp.symbols("u1:4", real=True))
    levels = (least, least + s, least + s + t)
    bordered = (value * sp.eye(3) - sp.diag(*levels)).row_join(u).col_join(u.T.row_join(sp.zeros(1, 1)))
    polynomial = sp.expand(-bordered.det())
    return tuple(sp.factor(polynomial.subs(value, level)) for level in levels)


def interlaces() -> bool:
    """Whether those signs put an eigenvalue of the compression between any two neighbours: 2x2 out of 3x3."""
    low, middle, high = interlacing()
    return bool(low.is_nonnegative and middle.is_nonpositive and high.is_nonnegative)


def interlaced(inner: Ends, outer: Ends) -> tuple[sp.Le, sp.Le]:
    """Cauchy's interlacing (Horn and Johnson, Matrix Analysis, Thm 4.3.17): a compression's extremes within the whole's."""
    assert interlaces()
    return sp.Le(outer[0], inner[0], evaluate=False), sp.Le(inner[1], outer[1], evaluate=False)


def below(inner: Ends, outer: Ends) -> tuple[sp.Le, sp.Le]:
    """Weyl's monotonicity (Horn and Johnson, Cor. 4.3.12): C^T C of some rows lies below, so no eigenvalue is greater."""
    return tuple(sp.Le(less, more, evaluate=False) for less, more in zip(inner, outer, strict=True))


def chained(first: sp.Le, second: sp.Le) -> sp.Le:
    """a <= b and b <= c give a <= c."""
    assert first.gts == second.lts
    return sp.Le(first.lts, second.gts, evaluate=False)


def is_nested(boundary: str) -> bool:
    """Whether M of a window is part of that of a larger one: checked on a 3x3 image of symbols, every pair of windows."""
    image, shapes = symbolic_image(3, 3), [(1, 1), (1, 2), (2, 2), (2, 3), (3, 3)]
    matrices = [gram(image, shape, boundary) for shape in shapes]
    pairs = zip(shapes, matrices, shapes[1:], matrices[1:], strict=False)
    return all(compressed(larger, outer, inner) == smaller for inner, smaller, outer, larger in pairs)


def is_turned_over() -> bool:
    """Whether C of window w is the transpose of C of window N + 1 - w, boundary "valid": symbols, 4x4."""
    image = symbolic_image(4, 4)
    return all(
        response_matrix(image, (5 - w, 5 - w), "valid") == response_matrix(image, (w, w), "valid").T for w in (1, 2, 3, 4)
    )


def rows(image: sp.Matrix, width: int, boundary: str, kept: int | None = None) -> set[tuple]:
    """The rows of C, restricted to the cells of a smaller window when `kept` is its side."""
    matrix = response_matrix(image, (width, width), boundary)
    columns = [i for i, cell in enumerate(cells((width, width))) if max(cell) < (kept or width)]
    return {tuple(matrix.extract([i], columns)) for i in range(matrix.rows)}


def loses_outputs() -> bool:
    """Whether the rows of C of window w + 1, restricted to window w, are rows of C of window w: "valid", 3x3 symbols."""
    image = symbolic_image(3, 3)
    return all(rows(image, w + 1, "valid", w) <= rows(image, w, "valid") for w in (1, 2))


def has_fewer_outputs(boundary: str) -> bool:
    """Whether the rows of C with boundary "valid" are rows of C with `boundary`: 3x3 symbols, every window."""
    image = symbolic_image(3, 3)
    return all(rows(image, w, "valid") <= rows(image, w, boundary) for w in (1, 2, 3))


def sine_mean() -> sp.Expr:
    """Mean of cos(theta) over the spectrum of g(j) = sin(pi j / (w + 1)), j = 1..w, which is 0 at j = 0 and w + 1."""
    j, phase = sp.symbols("j phase", positive=True)
    assert sp.sin(phase * (width + 1)).subs(phase, sp.pi / (width + 1)) == 0
    neighbours = (sp.sin(phase * (j + 1)) + sp.sin(phase * (j - 1))) / 2
    return sp.simplify(sp.expand_trig(neighbours) / sp.sin(phase * j)).subs(phase, sp.pi / (width + 1))


def separates() -> bool:
    """1 - c_1 c_2 <= (1 - c_1) + (1 - c_2) for cosines' means c_1, c_2 <= 1: the difference is -(1 - c_1)(1 - c_2)."""
    first, second = sp.symbols("first second", nonnegative=True)  # 1 - c_1, 1 - c_2
    return bool(sp.expand(1 - (1 - first) * (1 - second) - first - second).is_nonpositive)


def distance_bound() -> sp.Expr:
    """What P_max - mu_max and mu_min - P_min do not exceed, boundary "full"."""
    assert separates()
    return (1 - sine_mean()) * moment


def extremes_of(image: sp.Matrix, width: int, boundary: str = "valid") -> tuple[sp.Expr, sp.Expr]:
    """(mu_min, mu_max): least and greatest eigenvalue on kernels of width x width, exact numbers."""
    values = spectrum(image, (width, width), boundary)
    return values[0], values[-1]


def power_extremes(image: sp.Matrix) -> tuple[sp.Expr, sp.Expr]:
    """(P_min, P_max) on the grid, exactly."""
    values = power_spectrum(image)
    return values[0], values[-1]
