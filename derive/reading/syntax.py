"""Text to syntax tree, by Python's parser alone; nothing is compiled or executed. `grammar` gives the tree a meaning.

Only characters of the grammar reach the parser, so that there are no strings, no lambdas and no assignments to begin with.
"""

from __future__ import annotations

import ast
import re
import warnings
from itertools import pairwise
from typing import NoReturn

from derive.errors import InputError
from derive.fields.names import checked
from derive.fields.phases import RESERVED
from derive.shown import quoted

ALLOWED = "expected numbers, names, pi, values such as u[1, 0], + - * / **, brackets and sqrt(number)"
MOST_CHARACTERS = 10_000
MOST_LEVELS = 60
_SHOWN = 40

_HINTS = {
    "^": "write ** for a power",
    "{": "use round brackets",
    ":": "offsets are single integers, such as u[0, 1]",
    ";": "give each equation as a text of its own",
    "²": "write **2",
}
_WORDS = {
    ast.Call: "the call",
    ast.Attribute: "the attribute",
    ast.Tuple: "several expressions",
    ast.List: "the list",
    ast.Compare: "the comparison",
    ast.BoolOp: "the logic",
    ast.IfExp: "the condition",
    ast.Constant: "the constant",
    ast.BinOp: "the operation",
    ast.UnaryOp: "the operation",
    ast.Subscript: "the value",
    ast.ListComp: "the loop",
    ast.GeneratorExp: "the loop",
}


class Written(float):
    """A decimal (or imaginary) literal that remembers its text, digit by digit."""

    def __new__(cls, text: str) -> Written:
        """The literal `text`, in its nearest float."""
        number = super().__new__(cls, text.rstrip("jJ"))
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text


def tree(text: str) -> ast.expr:
    """The syntax tree of a text.

    Raises:
        InputError: too long, a character outside the grammar, or not a formula.
    """
    if not isinstance(text, str):
        raise InputError(f"expected a text such as 'u[1, 0] == r*u[0, 0]', got {type(text).__name__}")
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"expected a text of at most {MOST_CHARACTERS} characters, got {len(text)}")
    for character in text:
        if not (character.isalnum() or character in "_.,+-*/()[]<>= \t\n"):
            hint = _HINTS.get(character)
            raise InputError(f"{ALLOWED}, got the character {character!r} in {_short(text)}{f'; {hint}' if hint else ''}")
    flat = " ".join(text.split())
    if not flat:
        raise InputError("expected a text such as 'u[1, 0] == r*u[0, 0]', got an empty one")
    return _with_literals(_parsed(flat), flat.encode())


def _with_literals(root: ast.expr, text: bytes) -> ast.expr:
    """Give decimal literals their text back."""
    for node in ast.walk(root):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            node.value = Written(text[node.col_offset : node.end_col_offset].decode())
    return root


def _parsed(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise InputError(f"{ALLOWED}, got {_short(text)}; {_syntax_hint(text, error)}") from None
    except (MemoryError, RecursionError, ValueError):
        raise InputError(f"expected at most {MOST_LEVELS} levels of brackets and about 800 terms, got {_short(text)}") from None


def _syntax_hint(text: str, error: SyntaxError) -> str:
    if re.search(r"(?<![<>=!])=(?!=)", text):
        return "write == between the two sides"
    if re.search(r"\blambda\b", text):
        return "lambda is a word of Python; write lam"
    if re.search(r"\d\s*[^\W\d]|[)\]]\s*[\w(]|\w\s+[\w(]", text):
        return "write * between factors"
    if re.search(r"never closed|unmatched|does not match", error.msg):
        return error.msg
    return f"it stops making sense at character {error.offset or len(text)}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "...")


def refuse(node: ast.AST, hint: str = "") -> NoReturn:
    """Name the piece that is outside the grammar."""
    kind = _WORDS.get(type(node), f"the {type(node).__name__.lower()}")
    raise InputError(f"{ALLOWED}, got {kind} {piece(node)}{f'; {hint}' if hint else ''}")


def piece(node: ast.AST) -> str:
    """The text of a node, shortened."""
    try:
        return _short(ast.unparse(node))
    except (RecursionError, ValueError):
        return "(too deep to print)"


def checked_name(node: ast.Name) -> str:
    """A name that can stand for a parameter or an unknown."""
    checked(node.id)
    if node.id in RESERVED:
        raise InputError(f"expected a name of your own, got {node.id!r}, which {RESERVED[node.id]}; write another name")
    return node.id


def comparisons(node: ast.expr) -> list[tuple[ast.expr, ast.cmpop, ast.expr]]:
    """The pairs of a chain `a < b < c`, or of several joined by `and`."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [pair for part in node.values for pair in comparisons(part)]
    if not isinstance(node, ast.Compare):
        raise InputError(f"expected a comparison such as r > 0 or 0 <= r <= 1, got {piece(node)}")
    return [(left, op, right) for (left, right), op in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True)]


def definition(text: str) -> tuple[str, str]:
    """The name and the state of `u = U`, or of `u == U`.

    Raises:
        InputError: one of the two is missing.
    """
    name, _, state = str(text).partition("=")
    name, state = name.strip(), state.removeprefix("=").strip()
    if not name or not state:
        raise InputError(f"expected a constant state, such as {name or 'u'} = {(name or 'u').upper()}, got {quoted(str(text))}")
    return name, state
