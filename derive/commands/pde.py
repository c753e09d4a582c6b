"""`python -m derive pde`: a differential equation typed as text, the scheme that it becomes, and when that is stable."""

from __future__ import annotations

from typing import Annotated

import tyro

from derive.commands.lines import lines
from derive.commands.scheme import Repeated, names_of, scheme
from derive.errors import InputError

SPACE, TIME = "central2", "RK4"


def pde(
    equations: Annotated[tuple[str, ...], tyro.conf.Positional],
    /,
    space: str = "",
    time: str = "",
    positive: Repeated = (),
    implicit: Repeated = (),
    freeze: Repeated = (),
    for_all: Repeated = (),
    solve: str = "",
    at: Repeated = (),
    steps: bool = False,
    json: bool = False,
) -> None:
    """A differential equation to a scheme: its condition and order of accuracy.

    Example: python -m derive pde 'u_t + c*u_x == D*u_xx' --space upwind1,central2 --time rk4 --positive c,D

    Args:
        equations: one per unknown, of first order in time.
        space: central2 (taken without this), central4, upwind1, upwind3 or staggered; two with a comma: of first and of second
            derivatives.
        time: the integrator: RK4 (taken without this), forward-euler, SSP33, crank-nicolson, BDF2, imex-euler and others.
        positive: a constant that is positive; several with commas, or by repeating the option.
        implicit: with an IMEX integrator, a derivative that is taken implicitly, such as u_xx.
        freeze: a constant state about which nonlinear terms are linearised, such as 'u = U', or a coordinate, 'x = X'.
        for_all: the worst case over a range of a constant or a frozen state, such as 'c: -C..C' or 'U: 0..2'.
        solve: the stable values of dt, dx or a constant.
        at: with --solve, a number for another name, such as 'dx == 0.1'; all of them give the largest stable value.
        steps: the derivation, step by step.
        json: for programs, as of `scheme`.
    """
    if not equations:
        raise InputError("expected an equation, such as 'u_t + c*u_x == D*u_xx'")
    scheme(
        equations,
        space=space or SPACE,
        time=time or TIME,
        positive=positive,
        implicit=implicit,
        freeze=freeze,
        for_all=for_all,
        solve=solve,
        at=at,
        steps=steps,
        json=json,
    )
    if not json:
        _print_accuracy(equations, space or SPACE, time or TIME, implicit, positive, freeze, for_all)
        taken = [f"--{option} {name}" for option, given, name in (("space", space, SPACE), ("time", time, TIME)) if not given]
        if taken:
            print(f"discretised by {' and '.join(taken)}, as none was given; others: --space upwind1, --time SSP33 (--help)")


def _print_accuracy(equations, space: str, time: str, implicit, positive, freeze, for_all) -> None:
    from derive.modes.accuracy import order_of_accuracy
    from derive.reading.ranges import new_names

    signs = [name for name in names_of(positive) if name not in new_names(for_all, (*equations, *freeze))]
    typed, meant = lines(equations, space, time, names_of(implicit), signs, freeze)
    print(f"\naccuracy: {order_of_accuracy(typed, meant)}")
