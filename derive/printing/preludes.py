"""The lines above a generated function: the imports it uses, and how arguments and results are brought in shape."""

from __future__ import annotations

import builtins
import re
from keyword import kwlist, softkwlist
from textwrap import dedent

_IMPORTS = {
    "numpy": {
        "numpy": "asarray broadcast_arrays cos exp inf log logaddexp maximum minimum nan result_type sin sqrt tanh where",
        "scipy.special": "erf expit",
    },
    "torch": {
        "math": "inf nan",
        "torch": "cos erf exp log logaddexp maximum minimum sigmoid sin sqrt tanh where",
    },
}

_HELPERS = {
    "numpy": (
        """\
        def sigmoid(u):
            return expit(u)
        """,
        """\
        def softplus(u):
            return logaddexp(u, 0)
        """,
        """\
        def negative_part(u):
            return minimum(u, 0)
        """,
        '''\
        def arrays(*values):
            """Arrays of one shape and one floating dtype; Python numbers follow the arrays among them."""
            given = [asarray(v) for v in values if hasattr(v, "dtype")]
            dtype = result_type(*(given or [1.0]), 0.0)
            return broadcast_arrays(*(asarray(v, dtype=dtype) for v in values))
        ''',
        '''\
        def like(value, argument):
            """A result in the shape and (unless boolean) the dtype of the arguments."""
            value = asarray(value, dtype=None if asarray(value).dtype == bool else argument.dtype)
            return (value if value.shape == argument.shape else broadcast_arrays(value, argument)[0].copy())[()]
        ''',
    ),
    "torch": (
        """\
        def softplus(u):
            # torch's own drops the exponential beyond a threshold, which is visible in double precision.
            return logaddexp(u, torch.zeros_like(u))
        """,
        """\
        def negative_part(u):
            return u.clamp(max=0)
        """,
        '''\
        def arrays(*values):
            """Tensors of one shape, dtype and device; Python numbers follow the tensors among them."""
            given = [v for v in values if isinstance(v, torch.Tensor)]
            dtype, device = (given[0].dtype, given[0].device) if given else (torch.float64, None)
            for v in given:
                dtype = torch.promote_types(dtype, v.dtype)
            dtype = dtype if dtype.is_floating_point else torch.get_default_dtype()
            return torch.broadcast_tensors(*(torch.as_tensor(v, dtype=dtype, device=device) for v in values))
        ''',
        '''\
        def like(value, argument):
            """A result in the shape, dtype (unless boolean) and device of the arguments."""
            dtype = torch.bool if torch.as_tensor(value).dtype == torch.bool else argument.dtype
            return torch.as_tensor(value, dtype=dtype, device=argument.device).expand(argument.shape)
        ''',
        """\
        def inner(first, second):
            return (first * second).sum(dim=(-2, -1), keepdim=True)
        """,
        """\
        def dot(first, second):
            return (first * second).sum(dim=0)
        """,
    ),
}


_RENAMED = '''\
def renamed(given, *names):
    """Arguments whose names mean something else here, in order; as strict as keywords."""
    missing, unknown = [n for n in names if n not in given], [n for n in given if n not in names]
    if missing or unknown:
        raise TypeError(f"missing arguments: {missing}, unknown ones: {unknown}")
    return [given[name] for name in names]
'''


def taken() -> frozenset[str]:
    """Names that generated code has a use for, whatever the backend."""
    imported = {n for modules in _IMPORTS.values() for names in modules.values() for n in names.split()}
    helpers = {_name(text) for texts in (*_HELPERS.values(), (_RENAMED,)) for text in texts}
    modules = {*_IMPORTS["numpy"], *_IMPORTS["torch"]}
    return frozenset({*imported, *helpers, *modules, "others", *dir(builtins), *kwlist, *softkwlist})


def with_prelude(backend: str, function: str, code: str) -> str:
    """The text of a function below the imports and helpers that it needs, and no others.

    Args:
        backend: key of the helpers.
        function: the whole text.
        code: the part of it that uses them, without docstring and texts.
    """
    helpers = [_RENAMED] if _uses("renamed", code) else []
    helpers += [dedent(text) for text in _HELPERS[backend] if _uses(_name(text), code)]
    needed = "\n\n".join([*helpers, code])
    imports = [f"from {module} import {', '.join(used)}" for module, used in _used(backend, needed) if used]
    first = ["import torch"] if _uses("torch", needed) else []
    return "\n".join([*first, *imports, "", "", "\n\n".join([*helpers, function])])


def _used(backend: str, text: str) -> list[tuple[str, list[str]]]:
    return [(module, [n for n in names.split() if _uses(n, text)]) for module, names in _IMPORTS[backend].items()]


def _name(helper: str) -> str:
    return helper.split("def ")[1].split("(")[0]


def _uses(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None
