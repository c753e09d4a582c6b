"""The user's training function: found by MODULE:FUNCTION, and called in one of two ways.

def train(audit): ...     monitor = audit(model, optimizer, loss_fn), monitor.step(inputs, targets)
def main(): ...           watched by hooks alone
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, Signature, signature
from pathlib import Path
from types import ModuleType
from typing import Any

from derive.errors import InputError, choose
from experiments.audit.blame import blamed

FORMS = (
    "def train(audit), which calls monitor = audit(model, optimizer, loss_fn) and monitor.step(inputs, targets), or a "
    "function without required arguments"
)
NO_DEFAULT = Parameter.empty


@dataclass(frozen=True)
class Target:
    """What is audited.

    Attributes:
        name: as given, "module:function".
        function: the user's.
        takes: name of the parameter that takes the audit; None for a function that is watched by hooks.
    """

    name: str
    function: Callable[..., Any]
    takes: str | None

    @property
    def file(self) -> str:
        """Where it stands."""
        return str(getattr(sys.modules[self.function.__module__], "__file__", self.name))

    def call(self, audit: Any) -> None:
        """Run the user's training."""
        if self.takes is None:
            self.function()
        else:
            self.function(audit)


def find(name: str) -> Target:
    """Import the module from the current directory (or wherever Python finds it), and look at the function.

    Raises:
        InputError: not MODULE:FUNCTION, no such module or function, an error in the module, or another signature.

    >>> find("derive.errors:choos")
    Traceback (most recent call last):
        ...
    derive.errors.UnknownNameError: unknown function in derive.errors 'choos': expected one of choose; did you mean 'choose'?
    """
    module_name, colon, function_name = name.partition(":")
    if not colon or not module_name.strip() or not function_name.isidentifier():
        raise InputError(f"expected MODULE:FUNCTION, such as train:main, got {name!r}")
    module = _imported(module_name)
    choose(f"function in {module_name}", function_name, _functions(module, function_name))
    function = getattr(module, function_name)
    return Target(name, function, _takes(name, function))


def _imported(name: str) -> ModuleType:
    if name.endswith(".py") or "/" in name:
        raise InputError(f"expected the name of a module, got the path {name}; write {Path(name).stem}:FUNCTION in its folder")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):  # of the package that holds it
        spec = None
    if spec is None:
        raise InputError(f"found no module {name} from {here}; go to the folder that holds {name.split('.')[0]}.py")
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        raise InputError(f"{name} cannot be imported: {blamed(error, str(spec.origin))}") from None


def _functions(module: ModuleType, asked: str) -> dict[str, None]:
    """Names to choose from: the module's own functions; the one asked for counts wherever it is from."""
    names = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module.__name__]
    listed = [n for n in names if not n.startswith("_") and not isinstance(getattr(module, n), type)]
    own = [asked] if callable(getattr(module, asked, None)) else []
    return dict.fromkeys([*own, *sorted(listed)])


def _takes(name: str, function: Callable[..., Any]) -> str | None:
    """Name of the first parameter if it is called audit, or is the only required one."""
    try:
        taken = signature(function)
    except (TypeError, ValueError):
        taken = Signature()
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    given = [p for p in taken.parameters.values() if p.kind not in variable]
    required = [p for p in given if p.default is NO_DEFAULT]
    first = given[0] if given and given[0].kind in positional else None
    wanted = [first] if first is not None and (first.name == "audit" or first.default is NO_DEFAULT) else []
    if [p for p in required if p not in wanted]:
        raise InputError(f"expected {FORMS}; got {name}{taken}")
    return wanted[0].name if wanted else None
