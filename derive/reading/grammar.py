"""Syntax trees to SymPy expressions, by a whitelist.

    equation    expression == expression
    expression  numbers, names, I, pi, values such as u[1, 0], + - * / **, sqrt(number), brackets

Numbers are exact: 0.1 is 1/10. What is not listed here is refused by name. Limits on depth, powers and terms keep a short
text from making a long calculation.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from decimal import Decimal
from math import comb

import sympy as sp

from derive.errors import InputError
from derive.reading.syntax import MOST_LEVELS, Written, checked_name, piece, refuse
from derive.schemes.grid import GridFunction

NUMBERS = {"I": sp.I, "pi": sp.pi}
MOST_DIGITS = 50
MOST_OFFSET = 64
MOST_POWER = 64
MOST_BITS = 4096
MOST_TERMS = 1000


class Reader:
    """Turns syntax trees into SymPy expressions, and keeps book of the names it met.

    Args:
        signs: assumptions by name of parameter, such as ``{"r": {"positive": True}}``; every parameter is real.
    """

    def __init__(self, signs: Mapping[str, Mapping[str, bool]]) -> None:
        self.signs = signs
        self.parameters: dict[str, sp.Symbol] = {}
        self.unknowns: dict[str, tuple[str, int]] = {}

    def expression(self, node: ast.expr, level: int = 0) -> sp.Expr:
        """Built from what the grammar allows, node by node; nothing is evaluated."""
        if level > MOST_LEVELS:
            raise InputError(f"expected at most {MOST_LEVELS} levels of brackets, got more")
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                return bounded(self._chain(node, level), node)
            case ast.BinOp(op=ast.Pow()):
                return bounded(self._power(node, level), node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                inner = self.expression(node.operand, level + 1)
                return -inner if isinstance(node.op, ast.USub) else inner
            case ast.Constant(value=int() | Written()) if not isinstance(node.value, bool):
                return number(node)
            case ast.Name():
                return NUMBERS.get(node.id) or self._parameter(checked_name(node))
            case ast.Subscript(value=ast.Name()):
                return self._value(node)
            case ast.Call(func=ast.Name(id="sqrt"), args=[argument], keywords=[]):
                return self._root(node, argument, level)
        refuse(node, _hint(node))

    def _chain(self, node: ast.BinOp, level: int) -> sp.Expr:
        """A sum or a product, which the parser nests as deep as it is long."""
        terms, additive = [], isinstance(node.op, ast.Add | ast.Sub)
        kinds = (ast.Add, ast.Sub) if additive else (ast.Mult, ast.Div)
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, kinds):
            terms.append((rest.op, self.expression(rest.right, level + 1)))
            rest = rest.left
        first = self.expression(rest, level + 1)
        signed = (-v if isinstance(op, ast.Sub) else 1 / v if isinstance(op, ast.Div) else v for op, v in reversed(terms))
        return sp.Add(first, *signed) if additive else sp.Mul(first, *signed)

    def _power(self, node: ast.BinOp, level: int) -> sp.Expr:
        base, exponent = self.expression(node.left, level + 1), self.expression(node.right, level + 1)
        if not exponent.is_Integer or abs(exponent) > MOST_POWER:
            hint = "; write sqrt(2) for a root of a number" if exponent == sp.Rational(1, 2) else ""
            raise InputError(f"expected a whole number of at most {MOST_POWER} as a power, got {piece(node)}{hint}")
        if int(abs(exponent)) * max(map(_bits, base.atoms(sp.Rational)), default=0) > MOST_BITS:
            raise InputError(f"expected numbers of at most {MOST_BITS} bits, got {piece(node)}")
        return base**exponent

    def _parameter(self, name: str) -> sp.Symbol:
        if name in self.unknowns:
            raise InputError(f"expected offsets at every {name}, such as {self.unknowns[name][0]}, got {name!r} alone")
        try:
            return self.parameters.setdefault(name, sp.Symbol(name, **{"real": True, **self.signs.get(name, {})}))
        except sp.core.facts.InconsistentAssumptions:
            raise InputError(f"expected assumptions that can hold together, got contradicting ones on {name!r}") from None

    def _value(self, node: ast.Subscript) -> sp.Expr:
        name = checked_name(node.value)
        entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        offsets = [_offset(entry, node) for entry in entries]
        if name in self.parameters:
            raise InputError(f"expected offsets at every {name}, got {name!r} alone beside {piece(node)}")
        if len(offsets) not in range(1, 5):
            raise InputError(f"expected 1 to 4 offsets (time, then up to 3 in space), got {piece(node)}")
        first, count = self.unknowns.setdefault(name, (ast.unparse(node), len(offsets)))
        if count != len(offsets):
            raise InputError(f"expected {count} offset(s) at every {name}, as in {first}, got {piece(node)}")
        return GridFunction(name, count - 1)[tuple(offsets)]

    def _root(self, node: ast.Call, argument: ast.expr, level: int) -> sp.Expr:
        inside = self.expression(argument, level + 1)
        number, rest = inside.as_coeff_Mul()
        if not (number >= 0 and rest.as_base_exp()[0] in (1, sp.pi)):
            raise InputError(f"expected sqrt of a number that is not negative, got {piece(node)}; write a parameter")
        return sp.sqrt(inside)


def number(node: ast.Constant) -> sp.Expr:
    """A literal, exactly as it is written."""
    if isinstance(node.value, Written):
        text = repr(node.value)
        value, unit = _decimal(text.rstrip("jJ"), node), sp.I if text[-1] in "jJ" else sp.S.One
    else:
        value, unit = Decimal(node.value), sp.S.One
    if len(value.as_tuple().digits) > MOST_DIGITS or abs(value.adjusted()) > MOST_DIGITS:
        raise InputError(f"expected numbers of at most {MOST_DIGITS} digits, got {piece(node)}")
    return unit * sp.Rational(*value.as_integer_ratio())


def _decimal(text: str, node: ast.Constant) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent of more digits than it can hold
        raise InputError(f"expected numbers of at most {MOST_DIGITS} digits, got {piece(node)}") from None


def _offset(entry: ast.expr, node: ast.Subscript) -> sp.Rational:
    """A whole number or a half: 1, -1, 1/2, -3/2, 0.5."""
    match entry:
        case ast.BinOp(op=ast.Div(), left=numerator, right=ast.Constant(value=2)):
            return _offset(numerator, node) / 2
        case ast.Constant(value=Written()) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=Written())):
            sign, written = (1, entry) if isinstance(entry, ast.Constant) else (-1, entry.operand)
            offset = sign * number(written)
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            offset = sp.Integer(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            offset = -sp.Integer(value)
        case _:
            raise InputError(
                f"expected integer offsets, or halves, relative to the point of the scheme, got {piece(node)}{_relative(node)}"
            )
    if not (2 * offset).is_Integer:
        raise InputError(f"expected integer offsets, or halves, got {piece(node)}")
    if abs(offset) > MOST_OFFSET:
        raise InputError(f"expected offsets of at most {MOST_OFFSET}, got {piece(node)}")
    return offset


def _relative(node: ast.Subscript) -> str:
    """What u[n+1, j] is in offsets."""
    entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    offsets = [_from_index(entry) for entry in entries]
    name = ast.unparse(node.value)
    if None in offsets:
        return ""
    return (
        f"; write {name}[{', '.join(map(str, offsets))}], or, if {name} is a coefficient that varies, a parameter for its value"
    )


def _from_index(entry: ast.expr) -> int | None:
    match entry:
        case ast.Name():
            return 0
        case ast.BinOp(left=ast.Name(), op=ast.Add() | ast.Sub(), right=ast.Constant(value=int(value))):
            return value if isinstance(entry.op, ast.Add) else -value
    return None


def _hint(node: ast.expr) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments) if all(map(_is_number, arguments)):
            return f"write {name}[...] for a value on the grid, a parameter for the value of a function"
        case ast.Call():
            return "write * between factors, a parameter for the value of a function; linearise what acts on an unknown"
        case ast.Tuple():
            return "give each equation as a text of its own"
    return ""


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.UnaryOp)


def bounded(value: sp.Expr, node: ast.expr) -> sp.Expr:
    """The value, unless it is infinite or too large to be expanded.

    Raises:
        InputError: a division by zero, too high a power, or too many terms.
    """
    if value.has(sp.zoo, sp.nan, sp.oo):
        raise InputError(f"expected no division by zero, got {piece(node)}")
    if any(abs(p.exp) > MOST_POWER for p in value.atoms(sp.Pow) if p.exp.is_Integer):
        raise InputError(f"expected powers of at most {MOST_POWER}, got {piece(node)}")
    if terms(value) > MOST_TERMS:
        raise InputError(f"expected at most {MOST_TERMS} terms once the brackets are expanded, got more in {piece(node)}")
    return value


def terms(value: sp.Expr) -> int:
    """An upper bound on the number of terms after expansion."""
    if isinstance(value, sp.Add):
        return sum(map(terms, value.args))
    if isinstance(value, sp.Mul):
        return sp.prod([terms(factor) for factor in value.args])
    if isinstance(value, sp.Pow) and value.exp.is_Integer:
        power = abs(int(value.exp))
        return comb(terms(value.base) + power - 1, power)
    return 1


def _bits(value: sp.Rational) -> int:
    return max(int(value.p).bit_length(), int(value.q).bit_length()) - 1
