"""What the explorer's page asks, answered: JSON in, JSON out, on SymPy alone.

Texts are read as on the command line, by `derive.reading`, and never run. A mistake is the line that the command line says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from derive.conditions.bound import Stability
from derive.conditions.closed_form import domain_of
from derive.conditions.curvature_edge import maximal_curvature
from derive.conditions.stability import stability
from derive.conditions.stability_text import text_of, words_below
from derive.conditions.ways.margins import complex_coefficients
from derive.errors import InputError, choose
from derive.fields.phases import COSINES, SINES
from derive.modes.accuracy import modified_equation
from derive.printing.codegen import compile_outputs
from derive.printing.text import latex
from derive.reading.parse import check_definitions, parse_definitions, parse_scheme
from derive.reports import scheme as report
from derive.schemes.grid import GridScheme
from derive.schemes.optimizers import optimizers
from experiments.page.mathml import mathml

PATIENCE = 3600.0
"""Seconds for a closed form: the page ends the worker long before, as there are no threads to end a search from within."""
AT_ONCE = 1e-6
"""Seconds that leave no time for a closed form: what is sampled is told of."""
EXPECTED = "expected an equation, such as 'u[1,0] == (1 - r)*u[0,0] + r*u[0,-1]'"

Asked = Mapping[str, Any]


def answered(request: str) -> str:
    """The answer to a question of the page; `error` holds the one line if it has a mistake.

    Args:
        request: a JSON object: `ask` (scheme, steps, optimizer), `sampled` (give up closed forms), and the texts of a scheme
            (`equations`, `positive`, `assume`, `meaning`: one a line; `grade`) or the `name` of an optimiser.
    """
    asked = json.loads(request)
    try:
        return json.dumps(choose("question", asked["ask"], _ANSWERS)(asked))
    except InputError as error:
        return json.dumps({"error": f"error: {' '.join(str(error).splitlines())}"})
    except (MemoryError, RecursionError):
        return json.dumps({"error": "error: this needs more memory than there is; ask for a smaller scheme"})


def scheme(asked: Asked) -> dict[str, Any]:
    """Condition, status, code and all that is drawn of a scheme."""
    typed, _ = _typed(asked)
    bound = stability(typed, asked.get("grade") or None, _seconds(asked))
    return _shown(bound) | {"code": _code(bound) | {"python": _python(asked)}}


def steps(asked: Asked) -> dict[str, Any]:
    """The derivation step by step, and the order of accuracy."""
    typed, meant = _typed(asked) if "equations" in asked else (optimizers[asked["name"]], {})
    bound = stability(typed, asked.get("grade") or None, _seconds(asked))
    shown = [{"title": s.title, "why": s.why, "mathml": mathml(s.latex)} for s in report.steps(typed, bound)]
    return {"steps": shown} | (_accuracy(typed, meant) if typed.dims else {})


def optimizer(asked: Asked) -> dict[str, Any]:
    """The same of an optimiser on one mode, and its edge."""
    typed = optimizers[asked["name"]]
    bound, edge = stability(typed, None, _seconds(asked)), maximal_curvature(asked["name"])
    python = f"import derive\n\nprint(derive.stability(derive.optimizers[{asked['name']!r}]))\n"
    return _shown(bound) | {
        "code": _code(bound) | {"python": python},
        "edge": {"mathml": mathml(rf"\lambda < {latex(edge)}"), "latex": latex(edge), "javascript": _edge(edge, bound)},
    }


_ANSWERS: dict[str, Callable[[Asked], dict[str, Any]]] = {"scheme": scheme, "steps": steps, "optimizer": optimizer}


def _seconds(asked: Asked) -> float:
    return AT_ONCE if asked.get("sampled") else PATIENCE


def _typed(asked: Asked) -> tuple[GridScheme, dict[str, sp.Expr]]:
    """A scheme and what its parameters stand for, as the command `scheme` reads them."""
    equations = _lines(asked.get("equations"))
    if not equations:
        raise InputError(EXPECTED)
    positive = [name.strip() for line in _lines(asked.get("positive")) for name in line.split(",") if name.strip()]
    meant = parse_definitions(*_lines(asked.get("meaning")), positive=positive)
    constants = {s.name for value in meant.values() for s in value.free_symbols}
    own = {p.name for p in parse_scheme(*equations).parameters} if constants else set()
    signs = [name for name in positive if name not in constants - own]
    typed = parse_scheme(*equations, assumptions=_lines(asked.get("assume")), positive=signs)
    check_definitions(typed, meant)
    return typed, meant


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _shown(bound: Stability) -> dict[str, Any]:
    """The condition, and code of it and of the coefficients in xi for the drawings."""
    formula, decided = bound.has_formula, bound.condition in (sp.true, sp.false)
    return {
        "status": bound.status,
        "grade": bound.grade,
        "mathml": mathml(bound.latex()) if formula and not decided else "",
        "words": text_of(bound) if decided else "\n".join(words_below(bound)),
        "assumed": [mathml(latex(one)) for one in bound.assumed],
        "parameters": [_parameter(bound, p) for p in bound.parameters],
        "axes": len(bound.amplification.phases),
        "condition": bound.function("javascript").source if formula else None,
        "coefficients": _coefficients(bound, "javascript"),
        "waves": [[str(COSINES[i]), str(SINES[i])] for i in bound.amplification.phases],
        "polynomial": mathml(latex(report.amplifier(bound))),
    }


def _parameter(bound: Stability, parameter: sp.Symbol) -> dict[str, Any]:
    known = domain_of(bound.amplification).ranges.get(parameter)
    low, high = (known.low, known.high) if known else (-sp.oo, sp.oo)
    return {
        "name": parameter.name,
        "mathml": mathml(latex(parameter)),
        "low": float(low) if low.is_finite else None,
        "high": float(high) if high.is_finite else None,
    }


def _coefficients(bound: Stability, backend: str) -> str:
    """Code of the coefficients in xi, from the leading one down: real and imaginary parts in turn."""
    phi = complex_coefficients(bound.polynomial)
    parts = [part.as_expr() for c in phi for part in (c.real, c.imaginary)]
    waves = [wave for i in bound.amplification.phases for wave in (COSINES[i], SINES[i])]
    title = "Coefficients of the amplification polynomial in xi, real and imaginary parts in turn."
    return compile_outputs("coefficients", parts, backend, title, [*bound.parameters, *waves]).source


def _edge(edge: sp.Expr, bound: Stability) -> str:
    return compile_outputs("edge", [edge], "javascript", "Largest stable curvature.", bound.parameters).source


def _code(bound: Stability) -> dict[str, str]:
    """Texts to copy; of a condition without a formula its coefficients."""
    if not bound.has_formula:
        return {"latex": ""} | {backend: _coefficients(bound, backend) for backend in ("numpy", "torch", "javascript")}
    texts = {backend: bound.function(backend).source for backend in ("numpy", "torch", "javascript")}
    return {"latex": bound.latex()} | texts


def _python(asked: Asked) -> str:
    """What asks the same in Python; every text is quoted as one."""
    positive = [name.strip() for line in _lines(asked.get("positive")) for name in line.split(",") if name.strip()]
    options = {"assumptions": _lines(asked.get("assume")), "positive": positive}
    given = [repr(line) for line in _lines(asked.get("equations"))] + [f"{k}={v!r}" for k, v in options.items() if v]
    grade = f", {asked['grade']!r}" if asked.get("grade") else ""
    listed = ",\n    ".join(given)
    return f"import derive\n\nscheme = derive.parse_scheme(\n    {listed},\n)\nprint(derive.stability(scheme{grade}))\n"


def _accuracy(typed: GridScheme, meant: Mapping[str, sp.Expr]) -> dict[str, Any]:
    """Order of accuracy and modified equation; why there are none, where the scheme approximates nothing."""
    try:
        equation = modified_equation(typed, meant)
    except InputError as error:
        return {"order": " ".join(str(error).splitlines()), "modified": ""}
    units = "in grid units; say what the parameters mean in dt and dx, and there is an order"
    return {"order": units if equation.in_grid_units else str(equation.order), "modified": mathml(equation.latex())}
