"""The optimisers: recurrence, polynomial, edge and stability in mean square of each, and a drawing of its roots."""

from __future__ import annotations

from io import StringIO
from typing import Any

import numpy as np
import sympy as sp
from site_text import GENERATED, bullets, code, formula, inline, plain, table, title, write

from derive.fields.symbols import curvature, lr, xi
from derive.files.remembered import remembered
from derive.printing.text import latex
from derive.reports.optimizers import Row, row
from derive.schemes.optimizers import optimizers, why_excluded
from experiments import style

LR = 0.1
VARIED = ("momentum", "beta1", "averaging")
VALUES = (0.0, 0.5, 0.9)
"""Of the first of `VARIED` that an optimiser has."""
OTHERS = {
    "weight_decay": 0.0,
    "dampening": 0.0,
    "nesterov": 1.0,
    "denominator": 1.0,
    "averaging": 0.1,
    "bias_correction1": 0.5,
    "look_ahead": 0.9,
    "gradient_weight": 0.1,
}
"""What the other parameters are in the drawings."""
LONG = 280
"""Signs of LaTeX of a formula that is as wide as a page."""


def pages() -> None:
    """The table, and a section with a drawing for each."""
    told = {name: remembered(f"site-optimiser-{name}", lambda name=name: _told(name)) for name in optimizers}
    for name, found in told.items():
        _keep(name, found["svg"])
    rows = [
        (
            f":ref:`{name} <optimizer-{name}>`",
            inline(found["edge"]),
            f".. image:: optimizers/{name}.svg\n   :alt: {found['alt']}\n   :width: 20em",
        )
        for name, found in told.items()
    ]
    write(
        "optimizers",
        title("Optimisers"),
        "One mode of the loss, whose gradient is curvature times the weight. It converges below the edge and diverges above "
        "it. Parameters carry torch's names; Adam and its kin have a frozen denominator. Drawn: the largest \\|xi\\|, "
        "by which a "
        f"step multiplies an error, over the curvature at lr = {LR:g}; dotted: the edge. " + _legend(told),
        code("python -m derive optimizers", "text"),
        table(("Optimiser", "Largest stable curvature", "By how much a step multiplies an error"), rows, (14, 38, 48)),
        *(_section(name, found) for name, found in told.items()),
        title("Without an edge", "-"),
        bullets(f"``{name}`` {plain(why)}" for name, why in why_excluded.items()),
    )


def _legend(told: dict[str, dict[str, Any]]) -> str:
    """Which letter is which of torch's names."""
    names = {name: letter for found in told.values() for name, letter in found["letters"].items() if name != letter}
    return "Letters: " + ", ".join(f"{inline(letter)} is ``{name}``" for name, letter in sorted(names.items())) + ".\n"


def _told(name: str) -> dict[str, Any]:
    found = row(name)
    equations = r" \\ ".join(f"{latex(e.lhs)} &= {latex(e.rhs)}" for e in found.recurrence)
    parameter, svg = _drawn(found)
    symbols = found.polynomial.free_symbols | found.edge.free_symbols | found.in_mean_square.free_symbols
    return {
        "letters": {s.name: latex(s) for s in sorted(symbols, key=str) if s != xi},
        "recurrence": rf"\begin{{aligned}} {equations} \end{{aligned}}",
        "polynomial": latex(found.polynomial),
        "edge": latex(found.edge),
        "mean_square": latex(found.in_mean_square),
        "svg": svg,
        "alt": f"largest modulus of the roots of {name} over the curvature"
        + (f", for three values of {parameter}" if parameter else ""),
    }


def _in_two_lines(relation: str) -> str:
    """One side below the other, where both beside each other are wider than a page."""
    if len(relation) < LONG:
        return relation
    left, sign, right = relation.partition(" < ")
    return rf"\begin{{aligned}} & {left} \\ & \quad {sign} {right} \end{{aligned}}"


def _section(name: str, found: dict[str, str]) -> str:
    parts = {"Recurrence": "recurrence", "Amplification polynomial": "polynomial", "In mean square": "mean_square"}
    blocks = [f"{head}:\n\n{formula(_in_two_lines(found[key]))}" for head, key in parts.items()]
    edge = f"Stable for curvatures below\n\n{formula(found['edge'])}"
    return "\n".join([f".. _optimizer-{name}:\n", title(name, "-"), blocks[0], blocks[1], edge, blocks[2]])


def _drawn(found: Row) -> tuple[str, str]:
    """The parameter that is varied, and the drawing."""
    names = {s.name for s in found.polynomial.free_symbols | found.edge.free_symbols} - {lr.name, curvature.name, xi.name}
    varied = next((name for name in VARIED if name in names), "")
    settings = [{**OTHERS, varied: value, lr.name: LR} for value in VALUES] if varied else [{**OTHERS, lr.name: LR}]
    with style.styled():
        figure, (ax,) = style.panels(1, height=1.7, width=4.0)
        edges = [float(found.edge.subs(_numbers(found.edge, values))) for values in settings]
        values = np.linspace(0, 1.25 * max(edge for edge in edges if np.isfinite(edge)), 300)
        for colour, setting, edge in zip(style.CYCLE, settings, edges, strict=False):
            label = f"{varied} = {setting[varied]:g}" if varied else None
            ax.plot(values, _radius(found.polynomial, setting, values), color=colour, label=label)
            ax.axvline(edge, color=colour, ls=":", lw=0.9)
        ax.axhline(1, color=style.BLACK, lw=0.6)
        ax.set(xlabel="curvature", ylabel=r"largest $|\xi|$", ylim=(0, 2), xlim=(0, values[-1]))
        if varied:
            ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return varied, text.getvalue()


def _numbers(expr: sp.Expr, values: dict[str, float]) -> dict[sp.Symbol, float]:
    return {s: values[s.name] for s in expr.free_symbols if s.name in values}


def _radius(polynomial: sp.Expr, setting: dict[str, float], values: np.ndarray) -> np.ndarray:
    """Largest modulus of the roots, for each curvature."""
    coefficients = sp.Poly(polynomial.subs(_numbers(polynomial, setting)), xi).all_coeffs()
    numbers = np.stack([np.broadcast_to(sp.lambdify(curvature, c)(values), values.shape) for c in coefficients], axis=-1)
    return np.array([np.abs(np.roots(one)).max() for one in numbers])


def _keep(name: str, svg: str) -> None:
    path = GENERATED / "optimizers" / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg, encoding="utf-8")
