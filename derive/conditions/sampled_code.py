"""A sampled condition as a function of its parameters, for numpy and torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.arrays import np
from derive.conditions.sampling import TOLERANCE, sampled_radius
from derive.errors import InputError, choose
from derive.printing.codegen import compile_outputs


def compile_sampled(stability, backend: str, assumptions_alone: bool = False) -> Callable:
    """Keyword arguments of a `Stability` to an array of bool; numpy does the work, torch tensors are carried there and back.

    Args:
        stability: the bound.
        backend: numpy or torch.
        assumptions_alone: whether they hold, and nothing else.

    Raises:
        InputError: unknown backend, or one that cannot sample.
    """
    choose("backend", backend, {"numpy": None, "torch": None, "javascript": None})
    if backend == "javascript":
        raise InputError(
            f"expected a condition in closed form for javascript, got a {stability.status} one; numpy and torch sample it"
        )
    radius = sampled_radius(stability.amplification)
    limit = 1.0 if stability.condition.rel_op == "<" else 1 + TOLERANCE
    assumed = sp.And(*stability.assumed)
    covered = (
        compile_outputs("covered", (assumed,), "numpy", "What is assumed.", stability.parameters)
        if assumed != sp.true
        else None
    )

    if assumptions_alone:
        return covered or (lambda **values: np.True_)

    def is_stable(**values: Any) -> Any:
        given = next((v for v in values.values() if hasattr(v, "new_tensor")), None)
        arrays = {k: _array(v) for k, v in values.items()}
        result = np.asarray(radius(**arrays) <= limit)
        result = result & covered(**arrays) if covered else result
        if backend == "numpy":
            return result[()]
        return _as_tensor(result, given)

    is_stable.source = radius.source  # type: ignore[attr-defined]
    return is_stable


def _array(value: Any) -> np.ndarray:
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value, dtype=float)


def _as_tensor(result: np.ndarray, given: Any) -> Any:
    """`derive` does not import torch; a caller who asks for torch has it."""
    from importlib import import_module

    return import_module("torch").as_tensor(result, device=None if given is None else given.device)
