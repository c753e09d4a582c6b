"""Discretisations in space by name: what stands for a derivative, `python -m derive scheme 'u_t == -a*u_x' --space upwind1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from derive.errors import InputError
from derive.gallery.operators import (
    Operator,
    backward,
    centred,
    centred_fourth,
    downwind_third,
    forward,
    second,
    second_fourth,
    upwind_third,
)
from derive.registry import Registry


def _third(value: sp.Expr, axis: int) -> sp.Expr:
    return centred(second(value, axis), axis)


def _fourth(value: sp.Expr, axis: int) -> sp.Expr:
    return second(second(value, axis), axis)


CENTRED = {1: centred, 2: second, 3: _third, 4: _fourth}


@dataclass(frozen=True)
class Space:
    """A discretisation.

    Attributes:
        name: its key in `spaces`.
        operators: order of a derivative -> h^order times it.
        biased: of a first derivative in one direction only, where waves come (from the left, from the right); or None.
        staggered: the pair is taken by unknown instead: the first one's rate is a difference forward, of the others backward.
    """

    name: str
    operators: Mapping[int, Operator]
    biased: tuple[Operator, Operator] | None = None
    staggered: bool = False

    def difference(self, value: sp.Expr, orders: tuple[int, ...], speed: sp.Expr, equation: int) -> sp.Expr:
        """h^n times a derivative of order n, of `orders[i]` along axis i.

        Args:
            value: what is differentiated.
            orders: of the derivative, by axis.
            speed: what multiplies it on the right side; waves of a positive one go to the left.
            equation: which of the equations it stands in.

        Raises:
            InputError: a derivative that it does not have, or the sign of a speed that is not known.
        """
        for axis, order in enumerate(orders):
            if order:
                value = self._operator(order, sum(orders) == 1, speed, equation)(value, axis)
        return value

    def _operator(self, order: int, first: bool, speed: sp.Expr, equation: int) -> Operator:
        if first and self.biased:
            return self.biased[self._side(speed, equation)]
        if order not in self.operators:
            raise InputError(
                f"expected derivatives of order {', '.join(map(str, self.operators))} with {self.name}, got {order}"
            )
        return self.operators[order]

    def _side(self, speed: sp.Expr, equation: int) -> int:
        if self.staggered:
            return int(equation == 0)
        if not (speed.is_nonnegative or speed.is_nonpositive):
            raise InputError(
                f"expected a speed of known sign with {self.name}, got {-speed}; name what is positive, such as --positive a"
            )
        return int(bool(speed.is_nonnegative))


def space_of(names: str) -> Space:
    """A discretisation by name; of several, divided by commas, the first is of first derivatives, the last of all higher ones.

    Raises:
        InputError: a name that there is not, or a staggered one among several.
    """
    parts = [spaces[name.strip()] for name in names.split(",")]
    if len(parts) == 1:
        return parts[0]
    if staggered := [one.name for one in parts if one.staggered]:
        raise InputError(f"expected {staggered[0]} alone, got {names}")
    by_order = {n: parts[min(n, len(parts)) - 1].operators for n in CENTRED}
    operators = {n: of[n] for n, of in by_order.items() if n in of}
    return Space(names, operators, parts[0].biased)


spaces: Registry[Space] = Registry.named(
    "discretisation in space",
    Space("central2", CENTRED),
    Space("central4", {1: centred_fourth, 2: second_fourth}),
    Space("upwind1", CENTRED, (backward, forward)),
    Space("upwind3", CENTRED, (upwind_third, downwind_third)),
    Space("staggered", CENTRED, (backward, forward), staggered=True),
)
