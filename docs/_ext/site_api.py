"""The reference: every public name of every package, from its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from textwrap import indent
from typing import Any

from site_text import bullets, plain, table, title, write

PACKAGES = {
    "derive": "SymPy: schemes and optimisers in; amplification, exact conditions, proofs, theorems, code out",
    "derive.gallery": "Schemes of the textbooks",
    "numerics": "Simulation, bounds of pictures, distance of two trainings",
    "numerics.pdes": "Flows of the PDEs, verdicts and edges of their simulations",
    "numerics.layerwise": "Bounds and edges layer by layer",
    "numerics.monitor": "How close a training is to its edge",
    "numerics.control": "A learning rate that is too high, capped at an edge that is measured",
    "numerics.sharpness": "Eigenvalues of the Hessian",
    "numerics.thresholds": "The edge of a live optimiser",
    "numerics.optim": "Optimisers perturbed in the last bit",
    "numerics.statistics": "Intervals, ratios of variances, what could have been seen",
    "numerics.nets": "Networks by name",
    "numerics.datasets": "Data sets by name",
    "numerics.training": "Groups of trainings that are reproducible to the last bit",
    "numerics.checkpoints": "Checkpoints that are whole or not there",
    "numerics.measures": "Disagreement of two trainings about classes",
    "numerics.common": "Settings under which torch computes the same twice",
}


def pages() -> bool:
    """A page per package, and their list; whether one is another than before."""
    written = [_page(package) for package in PACKAGES]
    rows = [(f":doc:`{package} </generated/api/{package}>`", plain(told)) for package, told in PACKAGES.items()]
    write(
        "api/index",
        title("Reference"),
        "Every public name: what a module says in its ``__all__``. Shapes, units, ranges and errors stand with each of them; "
        "*[source]* leads to the code.\n",
        table(("Package", "What it is for"), rows, (30, 70)),
        ".. toctree::\n   :hidden:\n\n" + "".join(f"   {package}\n" for package in PACKAGES),
    )
    return any(written)


def _page(package: str) -> bool:
    module = import_module(package)
    names = sorted(module.__all__, key=str.lower)
    rows = [(f":py:obj:`~{package}.{name}`", plain(_first_line(getattr(module, name)))) for name in names]
    return write(
        f"api/{package}",
        title(package),
        f".. py:module:: {package}\n",
        plain(PACKAGES[package]) + ".\n",
        table(("Name", "What it is"), rows, (30, 70)),
        *(_entry(package, name, getattr(module, name)) for name in names),
    )


def _first_line(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{len(value)} by name"
    return (inspect.getdoc(value) or "").partition("\n")[0] if callable(value) else repr(value)


def _entry(package: str, name: str, value: Any) -> str:
    if inspect.isclass(value):
        return f".. autoclass:: {package}::{name}\n   :members:\n   :show-inheritance:\n"
    if callable(value):
        return f".. autofunction:: {package}::{name}\n"
    listed = bullets(f"``{key}``" for key in value) if isinstance(value, Mapping | tuple) else f"``{value!r}``"
    return f".. py:data:: {name}\n\n{indent(listed, '   ')}\n"
