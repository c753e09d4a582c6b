"""A scheme as text, from a command line: checked equation by equation, never executed.

    parse_scheme("u[1, 0] - u[0, 0] == r*(u[0, 1] - 2*u[0, 0] + u[0, -1])", assumptions=["r > 0"])

The grammar is that of `grammar`. Names with offsets are unknowns, the other names are real parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from derive.errors import InputError, choose
from derive.modes.step_names import STEPS
from derive.reading.grammar import NUMBERS, Reader, bounded
from derive.reading.syntax import checked_name, comparisons, definition, piece, refuse, tree
from derive.schemes.grid import GridScheme
from derive.shown import quoted

MOST_EQUATIONS = 8
_RELATIONS = {ast.Gt: sp.Gt, ast.GtE: sp.Ge, ast.Lt: sp.Lt, ast.LtE: sp.Le}
_MIRRORED = {ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Lt: ast.Gt, ast.LtE: ast.GtE}
_SIGNS = {ast.Gt: "positive", ast.GtE: "nonnegative", ast.Lt: "negative", ast.LtE: "nonpositive"}


def parse_scheme(
    *texts: str, assumptions: Sequence[str] = (), positive: Sequence[str] = (), freeze: Sequence[str] = ()
) -> GridScheme:
    """Read the equations of a scheme.

    Args:
        *texts: one equation per unknown, `left == right`.
        assumptions: what is assumed of the parameters: `r > 0`, `0 <= theta <= 1`.
        positive: names of parameters that are positive.
        freeze: constant states about which nonlinear terms are linearised, such as `u = U`.

    Raises:
        InputError: a text is outside the grammar, or the scheme is not linear with constant coefficients; the message
            names the piece.

    >>> parse_scheme("u[1, 0] == (1 - 0.1*q)*u[0, 0]", positive=["q"]).residuals[0]
    q*u[0, 0]/10 - u[0, 0] + u[1, 0]
    """
    if not texts or len(texts) > MOST_EQUATIONS:
        raise InputError(f"expected 1 to {MOST_EQUATIONS} equations, got {len(texts)}")
    facts = [pair for text in _texts(assumptions) for pair in comparisons(tree(text))]
    facts += [(_name(text), ast.Gt(), ast.Constant(0)) for text in _texts(positive)]
    reader = Reader(_signs(facts))
    residuals = [_residual(reader, tree(text)) for text in texts]
    _check_dimensions(reader)
    states = dict(_state(reader, text) for text in _texts(freeze))
    given = " and ".join([*_texts(assumptions), *(f"{name} > 0" for name in _texts(positive))])
    assumed = sp.And(*(_relation(reader, fact, dict(reader.parameters), given) for fact in facts))
    return GridScheme(*residuals, assumptions=assumed, frozen=states)


def parse_definitions(*texts: str, positive: Sequence[str] = ()) -> dict[str, sp.Expr]:
    """What names stand for, `name == expression`, such as `r == k*dt/dx**2`.

    Args:
        *texts: one definition each.
        positive: names in the expressions that are positive.

    Raises:
        InputError: a text is outside the grammar, or defines no name or one name twice.
    """
    reader, definitions = Reader({name: {"positive": True} for name in _texts(positive)}), {}
    for text in texts:
        name, value = sides(tree(text))
        if not isinstance(name, ast.Name) or name.id in definitions:
            raise InputError(f"expected a definition of a new name, such as r == k*dt/dx**2, got {piece(tree(text))}")
        definitions[checked_name(name)] = reader.expression(value)
    if reader.unknowns:
        raise InputError(
            f"expected a definition in terms of parameters, got the value {next(iter(reader.unknowns.values()))[0]}"
        )
    return definitions


def check_definitions(scheme: GridScheme, definitions: Mapping[str, sp.Expr]) -> None:
    """Hold what parameters stand for against what is known of them: real numbers, with the signs and relations assumed.

    dt and the spacings are positive.

    Raises:
        InputError: a definition of no parameter of the scheme, or one that contradicts what is assumed of it.
    """
    own = {p.name: p for p in scheme.parameters}
    for name, value in definitions.items():
        symbol = choose("parameter", name, own)
        if symbol in value.free_symbols or any(s.name == name for s in value.free_symbols):
            raise InputError(f"expected a definition of {name} in terms of other names, got {name} == {value}")
        known = with_signs(value, own)
        if sp.im(sp.expand(known, complex=True)) != 0:
            raise InputError(f"expected real values of {name}, got {name} == {value}; write a complex coefficient as p + I*q")
        for kind in ("positive", "negative", "nonnegative", "nonpositive"):
            if getattr(symbol, f"is_{kind}") and getattr(known, f"is_{kind}") is False:
                raise InputError(f"expected {name} to be {kind}, as it is assumed, got {name} == {value}")
    meant = {own[name]: with_signs(value, own) for name, value in definitions.items()}
    for fact in sp.And.make_args(scheme.assumptions):
        if fact.subs(meant, simultaneous=True) == sp.false:
            raise InputError(f"expected definitions under which {fact}, as it is assumed, can hold; they make it false")


def with_signs(value: sp.Expr, own: Mapping[str, sp.Symbol]) -> sp.Expr:
    """With the scheme's symbols, and positive steps."""
    steps = {name: sp.Symbol(name, positive=True) for name in STEPS}
    known = {**steps, **own}
    return value.xreplace({s: known[s.name] for s in value.free_symbols if s.name in known})


def _texts(given: Sequence[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _name(text: str) -> ast.Name:
    node = tree(text)
    if not isinstance(node, ast.Name):
        raise InputError(f"expected the name of a parameter, got {piece(node)}")
    return node


def _signs(facts: Sequence[tuple[ast.expr, ast.cmpop, ast.expr]]) -> Mapping[str, dict[str, bool]]:
    """What comparisons of a name with 0 say; SymPy keeps it at the symbol."""
    signs: dict[str, dict[str, bool]] = {}
    for left, op, right in facts:
        for one, kind, other in ((left, type(op), right), (right, _MIRRORED.get(type(op)), left)):
            if isinstance(one, ast.Name) and isinstance(other, ast.Constant) and other.value == 0 and kind in _SIGNS:
                signs.setdefault(one.id, {})[_SIGNS[kind]] = True
    return signs


def _residual(reader: Reader, node: ast.expr) -> sp.Expr:
    """Left minus right side of `left == right`; an equation between the same things is refused."""
    left, right = sides(node)
    residual = bounded(reader.expression(left) - reader.expression(right), node)
    if sp.expand(residual) == 0:
        raise InputError(f"expected an equation that says something, got {piece(node)}: its sides are the same")
    return residual


def sides(node: ast.expr) -> tuple[ast.expr, ast.expr]:
    """Left and right of one equation, `left == right`."""
    if isinstance(node, ast.Tuple):
        refuse(node, "give each equation as a text of its own")
    if not (isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)):
        raise InputError(f"expected one equation, left == right, got {piece(node)}")
    return node.left, node.comparators[0]


def _check_dimensions(reader: Reader) -> None:
    """Every unknown lives on the same grid."""
    examples = {count: example for example, count in reader.unknowns.values()}
    if len(examples) > 1:
        first, second = list(examples.values())[:2]
        raise InputError(
            f"expected the same number of offsets at every unknown, got {first} and {second}; "
            "a coefficient is a name without offsets"
        )


def _state(reader: Reader, text: str) -> tuple[str, sp.Expr]:
    """`u = U`, or `u == U`."""
    name, state = definition(text)
    choose("unknown", name, reader.unknowns)
    return name, reader.expression(tree(state))


def _relation(
    reader: Reader, fact: tuple[ast.expr, ast.cmpop, ast.expr], known: Mapping[str, sp.Symbol], given: str
) -> Boolean:
    left, op, right = fact
    nodes = [node for side in (left, right) for node in ast.walk(side)]
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    for node in nodes:
        if isinstance(node, ast.Subscript):
            raise InputError(f"expected an assumption on parameters, got the value {piece(node)}")
        if isinstance(node, ast.Name) and node.id not in NUMBERS and node not in called:
            choose("parameter", checked_name(node), known)
    if type(op) not in _RELATIONS:
        raise InputError(f"expected <, <=, > or >= in an assumption, got {piece(ast.Compare(left, [op], [right]))}")
    low, high = reader.expression(left), reader.expression(right)
    if low.is_real is False or high.is_real is False:
        raise InputError(f"expected real numbers to compare, got {piece(ast.Compare(left, [op], [right]))}")
    relation = _RELATIONS[type(op)](low, high)
    if relation == sp.false:
        raise InputError(f"expected assumptions that can hold together, got {quoted(given)}")
    return relation
