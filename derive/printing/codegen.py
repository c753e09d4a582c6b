"""Numeric code from expressions: readable source text, and the function compiled from it.

The functions take keyword arguments, broadcast them, keep their dtype and device, and (torch) are differentiable.

What reaches `exec` is written here and by the printers alone. Names from outside enter it only where they are plain
identifiers that nothing else has; any other parameter has a name of ours in the text, and keeps its own as a keyword.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import indent

import sympy as sp

from derive.errors import InputError, choose
from derive.fields.calculus import Correlation
from derive.fields.symbols import MEANINGS
from derive.printing.javascript import RESERVED, JavaScriptPrinter, written
from derive.printing.poles import away_from_poles
from derive.printing.preludes import taken, with_prelude
from derive.printing.printers import PRINTERS, FlowPrinter
from derive.shown import quoted

JAVASCRIPT = "javascript"
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)


def compile_outputs(
    name: str, outputs: Sequence[sp.Basic], backend: str, title: str, arguments: Sequence[sp.Symbol] | None = None
) -> Callable:
    """A function of keyword arguments that returns one array, or a tuple of them.

    Args:
        name: the function's name in the source.
        outputs: expressions or SymPy Booleans.
        backend: ``"numpy"``, ``"torch"``, or ``"javascript"``, whose text is to be read in `.source` and not called here.
        title: first line of its docstring.
        arguments: the parameters, whose names are the keywords; all free symbols when not given.

    Raises:
        InputError: unknown backend (the message lists the valid ones), a function without code, two parameters of one
            name, or a number beyond floating point.
    """
    kind = choose("backend", backend, PRINTERS | {JAVASCRIPT: JavaScriptPrinter})
    inputs = list(arguments or sorted({s for e in outputs for s in e.free_symbols}, key=str))
    names = _identifiers(inputs, RESERVED if backend == JAVASCRIPT else frozenset())
    if backend == JAVASCRIPT:
        return written(checked_name(name), names, _doc(title, names), *_shared(outputs, names))
    other = {str(s): text for s, text in names.items() if text != str(s)}
    body = _body(kind, [away_from_poles(output) for output in outputs], names)
    renamed = [f"{_listed(other.values())} = renamed(others, {', '.join(map(ascii, other))})"] if other else []
    keywords = [text for s, text in names.items() if str(s) not in other]
    head = ", ".join([*(["*", *keywords] if keywords else []), *(["**others"] if other else [])])
    return _compile(backend, checked_name(name), head, _doc(title, names), body, renamed)


def checked_name(name: str) -> str:
    """A name that may stand in generated code: a plain identifier that nothing else there has.

    Raises:
        InputError: otherwise.
    """
    if not _is_free(name):
        raise InputError(f"expected a name for generated code that is a free identifier, got {quoted(name)}")
    return name


def _is_free(name: str, beside: frozenset[str] = frozenset()) -> bool:
    return isinstance(name, str) and _IDENTIFIER.fullmatch(name) is not None and name not in taken() | beside


def _identifiers(symbols: Sequence[sp.Symbol], beside: frozenset[str]) -> dict[sp.Symbol, str]:
    """Symbol -> its own name where that is free, beside what else is taken, else one of ours."""
    keywords = [str(s) for s in symbols]
    for keyword in keywords:
        if keywords.count(keyword) > 1:
            raise InputError(f"expected parameters of different names, got two of the name {quoted(keyword)}")
    ours = _unused("p", keywords, 1)
    return {s: keyword if _is_free(keyword, beside) else next(ours) for s, keyword in zip(symbols, keywords, strict=True)}


def _unused(letter: str, used: Sequence[str], start: int = 0) -> Iterator[str]:
    """Numbered names that are not among those used."""
    number = start
    while True:
        if f"{letter}{number}" not in used:
            yield f"{letter}{number}"
        number += 1


def _body(kind: type, outputs: Sequence[sp.Basic], names: dict[sp.Symbol, str]) -> list[str]:
    shared, reduced = _shared(outputs, names)
    printer = kind({**names, **{symbol: symbol.name for symbol, _ in shared}})
    given = list(names.values())
    lines = [f"{_listed(given)} = arrays({', '.join(given)})"] if given else []
    lines += [f"{symbol} = {printer.doprint(value)}" for symbol, value in shared]
    first = given[0] if given else "arrays(0.0)[0]"
    return [*lines, f"return {', '.join(f'like({printer.doprint(value)}, {first})' for value in reduced)}"]


def _shared(outputs: Sequence[sp.Basic], names: dict[sp.Symbol, str]) -> tuple[list, Sequence[sp.Basic]]:
    """Common subexpressions of what is long, and what is left of it."""
    temporaries = map(sp.Symbol, _unused("t", [*names.values(), *(str(s) for s in names)]))
    return sp.cse(list(outputs), symbols=temporaries) if _is_long(outputs) else ([], outputs)


def _listed(names: Sequence[str]) -> str:
    """Names as the targets of an assignment; a single one ends in a comma, so that it is unpacked too."""
    words = list(names)
    return f"{', '.join(words)}{',' if len(words) == 1 else ''}"


def _is_long(outputs: Sequence[sp.Basic]) -> bool:
    return all(isinstance(e, sp.Expr) for e in outputs) and sum(sp.count_ops(e) for e in outputs) > 40


def _doc(title: str, names: Mapping[sp.Symbol, str]) -> str:
    """The docstring: the title, what our own symbols mean, and which parameter a name of ours stands for."""
    notes = []
    for symbol, text in names.items():
        meaning = MEANINGS.get(symbol)
        described = f"{meaning.text} [{meaning.unit}]" if meaning else ""
        own = "" if text == str(symbol) else f"the parameter {quoted(str(symbol))}"
        if described or own:
            notes.append(f"{text}: {', '.join(filter(None, [own, described]))}")
    return "\n".join([_quoted(title), "", *map(_quoted, notes), ""]) if notes else _quoted(title)


def _quoted(text: str) -> str:
    """A text inside of a docstring: nothing in it ends the string, and what is not printed is spelled out."""
    flat = " ".join(str(text).split())
    safe = (c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in flat)
    return "".join(safe).replace("\\", "\\\\").replace('"', '\\"')


def _compile(backend: str, name: str, head: str, doc: str, lines: Sequence[str], first: Sequence[str] = ()) -> Callable:
    """Write a function and run the text; `first` are statements that hold texts, which use `renamed` alone."""
    docstring, body = indent(f'"""{doc}"""', "    "), indent("\n".join([*first, *lines]), "    ")
    code = "\n".join([*lines, "renamed" if first else ""])
    source = with_prelude(backend, f"def {name}({head}):\n{docstring}\n{body}\n", code)
    namespace: dict = {}
    try:
        exec(compile(source, f"<gradcfl {name}>", "exec"), namespace)
    except ModuleNotFoundError as error:
        if error.name != backend:
            raise
        namespace[name] = _text_alone(backend)
    function = namespace[name]
    function.source = source
    return function


def _text_alone(backend: str) -> Callable:
    """What stands for a function where its backend is not installed: the text can be printed, a call is refused."""

    def refuse(**_: object) -> None:
        raise InputError(f"expected the package {backend} to run this code, got none; pip install {backend}")

    return refuse


def compile_flow(name: str, expr: sp.Expr, parameters: Sequence[str], title: str) -> Callable:
    """Torch function of a field expression: `f(K, *, correlate, adjoint, integral, ...)`.

    Numbers may be Python floats or tensors that broadcast against K. K has shape (..., h, w); so has a flow, and a
    loss has (..., 1, 1).
    """
    keywords = ("correlate", "adjoint", "integral", *parameters)
    return _compile_field(name, _with_directions(expr), ("K",), keywords, title)


def compile_image_flow(name: str, expr: sp.Expr, parameters: Sequence[str], title: str) -> Callable:
    """Torch function of an image expression: `f(u, f, *, gradient, divergence, integral, ...)`.

    u, f and the parameters have one shape (..., h, w), or (..., n); a vector field has its components first, (dims, ..., h, w),
    so that a number per run does not multiply them.
    """
    return _compile_field(name, expr, ("u", "f"), ("gradient", "divergence", "integral", *parameters), title)


def _compile_field(name: str, expr: sp.Expr, fields: Sequence[str], keywords: Sequence[str], title: str) -> Callable:
    shared, (reduced,) = sp.cse([expr], symbols=temporaries((*fields, *keywords)))
    return compile_statements(name, fields, keywords, title, shared, reduced)


def temporaries(used: Sequence[str]) -> Iterator[sp.Symbol]:
    """Symbols for common subexpressions, named unlike the arguments."""
    return map(sp.Symbol, _unused("t", used))


def compile_statements(
    name: str,
    fields: Sequence[str],
    keywords: Sequence[str],
    title: str,
    shared: Sequence[tuple[sp.Symbol, sp.Expr]],
    results: sp.Expr | Sequence[sp.Expr],
    printer: type[FlowPrinter] = FlowPrinter,
    unpacked: Mapping[str, Sequence[sp.Symbol]] | None = None,
) -> Callable:
    """Torch function `name(fields, *, keywords)` of common subexpressions and results.

    Args:
        name: the function's name.
        fields: its positional arguments, by the names of symbols.
        keywords: its keywords: callables, and the names of symbols.
        title: first line of the docstring.
        shared: symbol and value, in order.
        results: what is returned: one expression, or several as a tuple.
        printer: how operators are written.
        unpacked: argument -> symbols of its entries.

    Raises:
        InputError: a name that cannot stand in code, or a symbol that is no argument.
    """
    symbols = {s for e in (results if isinstance(results, Sequence) else [results]) for s in e.free_symbols}
    symbols |= {s for _, value in shared for s in value.free_symbols}
    entries = [s for parts in (unpacked or {}).values() for s in parts]
    known = {checked_name(text) for text in (name, *fields, *keywords, *map(str, entries), *(str(s) for s, _ in shared))}
    write = printer({s: str(s) for s in symbols if str(s) in known}).doprint
    lines = [f"[{', '.join(map(str, parts))}] = {argument}" for argument, parts in (unpacked or {}).items()]
    lines += [f"{symbol} = {write(value)}" for symbol, value in shared]
    returned = f"({', '.join(map(write, results))},)" if isinstance(results, Sequence) else write(results)
    head = f"{', '.join(fields)}, *, {', '.join(keywords)}"
    return _compile("torch", name, head, _quoted(title), [*lines, f"return {returned}"])


def _with_directions(expr: sp.Expr) -> sp.Expr:
    """Tell the two correlations with I apart: a kernel is carried to the outputs, a field of outputs is carried back."""
    if isinstance(expr, Correlation):
        direction = "adjoint" if expr.args[0].has(Correlation) else "correlate"
        return sp.Function(direction)(_with_directions(expr.args[0]))
    return expr.func(*map(_with_directions, expr.args)) if expr.args else expr
