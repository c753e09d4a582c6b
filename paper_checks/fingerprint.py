"""What a verdict rests on, as one number: the claims it names, its check, and the code that the check names.

Followed are the imports of the check, and on from there those among checks and among derivations; what lies deeper is the
business of its own tests. Of a source its meaning counts: not its layout, comments or docstrings, nor where the modules lie
that it imports from. So a record is stale when a formula, a print or a setting changes, and is not when a file is moved.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from derive import errors, theorem
from derive.fields import symbols
from derive.paper import claim, derivation
from derive.printing import text
from experiments.page import report
from experiments.running import progress, store
from paper_checks import authors_code, claims, printed_numbers, printed_remarks, printed_runs, printed_training, typeset
from paper_checks.digest import digest

PACKAGES = {"derive", "numerics", "experiments", "paper_checks"}
FOLLOWED = (__name__.partition(".")[0], theorem.__module__)  # checks, and derivations
APART = {
    *(m.__name__ for m in (authors_code, claims, printed_numbers, printed_remarks, printed_runs, printed_training, typeset)),
    *(module.__name__ for module in (claim, derivation, errors, symbols, text, progress, report, store)),  # how things are told
}


def fingerprint(check: ModuleType) -> str:
    """Of a check: the same on every machine and in every version of Python."""
    sources = sorted(meaning(module.__name__) for module in rests_on(check))
    return digest([*map(in_words, claims_of(check)), *sources])


def claims_of(check: ModuleType) -> list[object]:
    """The claims that a check names, its own among them."""
    words = {node.value for node in ast.walk(_tree(check.__name__)) if isinstance(node, ast.Constant)}
    return [printed for key, printed in claims.PRINTED.items() if key in words]


def rests_on(check: ModuleType) -> list[ModuleType]:
    """The check's module and those that it is followed to."""
    found, waiting = {check.__name__: check}, [check]
    while waiting:
        for module in _imported(waiting.pop().__name__):
            if module.__name__ in found or module.__name__ in APART or hasattr(module, "__path__"):
                continue
            found[module.__name__] = module
            if module.__name__.startswith(FOLLOWED):
                waiting.append(module)
    return list(found.values())


def in_words(value: object) -> str:
    """A claim, or a value of one, as text that does not depend on the machine; fields of which there are none say nothing."""
    if is_dataclass(value):
        found = {field.name: getattr(value, field.name) for field in fields(value)}
        return in_words({name: item for name, item in found.items() if item != ()})
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {in_words(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_words, value)) + "]"
    if callable(value):
        raise TypeError(f"expected a claim of expressions and numbers, got the function {value!r}")
    return str(value)


@cache
def meaning(module: str) -> str:
    """What a module's source says."""
    return _meaning(_tree(module))


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(import_module(module)))


def _imported(module: str) -> Iterator[ModuleType]:
    """The modules of this project that a module imports, or imports from."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in PACKAGES:
            parent = import_module(str(node.module))
            yield from (_home(getattr(parent, alias.name), parent) for alias in node.names)


def _home(member: object, parent: ModuleType) -> ModuleType:
    """The module that a name belongs to: itself, or where it was defined, else where it was found."""
    if isinstance(member, ModuleType):
        return member
    defined = str(getattr(member, "__module__", ""))
    return import_module(defined) if defined.partition(".")[0] in PACKAGES else parent


def _meaning(node: object) -> str:
    if isinstance(node, list):
        return "[" + " ".join(_meaning(item) for item in node if not _is_docstring(item)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Import | ast.ImportFrom):  # where a name lies is no meaning; what lies there is followed
        return " ".join(sorted(f"{a.name.rpartition('.')[2]} as {a.asname}" for a in node.names if a.asname))
    parts = [(name, value) for name, value in ast.iter_fields(node) if name != "ctx" and value not in (None, [])]
    return f"({type(node).__name__} {' '.join(f'{name}={_meaning(value)}' for name, value in parts)})"


def _is_docstring(node: object) -> bool:
    """A statement that is nothing but text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
