"""`python -m derive scheme`: a scheme typed as text, and when it is stable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import tyro

from derive.errors import InputError, choose

if TYPE_CHECKING:
    from derive.conditions.bound import Stability
    from derive.schemes.grid import GridScheme

BACKENDS = ("numpy", "torch", "javascript")
Repeated = tyro.conf.UseAppendAction[tuple[str, ...]]


def scheme(
    equations: Annotated[tuple[str, ...], tyro.conf.Positional],
    /,
    positive: Repeated = (),
    assume: Repeated = (),
    grade: str = "",
    steps: bool = False,
    latex: bool = False,
    code: str = "",
    prove: bool = False,
    analysis: bool = False,
    meaning: Repeated = (),
    step_names: Repeated = (),
    random: Repeated = (),
    solve: str = "",
    at: Repeated = (),
    space: str = "",
    time: str = "",
    freeze: Repeated = (),
    implicit: Repeated = (),
    for_all: Repeated = (),
    json: bool = False,
) -> None:
    """When a scheme is stable: amplification polynomial, condition, assumptions, status and grade.

    Example: python -m derive scheme 'u[1,0] - u[0,0] == r*(u[0,1] - 2*u[0,0] + u[0,-1])' --positive r

    Args:
        equations: one per unknown, left == right; u[n, j] is n time levels and j grid points away, other names are
            parameters.
        positive: a parameter, or a constant of a meaning, that is positive; several with commas, or by repeating the option.
        assume: a relation of the parameters, such as '0 <= theta <= 1'; may be repeated.
        grade: power-bounded, schur or von-neumann; by default the one that fits the scheme.
        steps: the derivation, step by step.
        latex: LaTeX of the condition, or of every step.
        code: generated code for this backend, numpy, torch or javascript, instead of the formula.
        prove: ask z3 for a proof of both directions.
        analysis: order of accuracy, modified equation, physical and parasitic amplification factors.
        meaning: what a parameter is in dt and dx, such as 'r == k*dt/dx**2'; without, the analysis is in grid units.
        step_names: of the time step and the spacings in the meanings, where these are not dt and dx: tau,h; left out, they are
            read off the meanings, where these tell.
        random: a parameter drawn anew at each step, the same at all points, with its deviation, such as 'nu: sigma'; the
            condition is that of stability in mean square.
        solve: the stable values of this parameter; with --meaning also of dt, dx or a constant.
        at: with --solve, a number for another parameter, such as 'dx == 0.1'; all of them give the largest stable value.
        space: read 'u_t == -a*u_x + k*u_xx' and discretise it by central2, central4, upwind1, upwind3 or staggered; two with a
            comma: of first and of second derivatives.
        time: with --space, the integrator: forward-euler, RK4, BDF2, imex-euler, forward-backward and others.
        freeze: a constant state about which nonlinear terms are linearised, such as 'u = U', or, with --space, a coordinate on
            which a coefficient depends, 'x = X'; may be repeated.
        implicit: with an IMEX integrator, a derivative that is taken implicitly, such as u_xx; the others are explicit.
        for_all: the worst case over a range of a parameter, a constant or a frozen state, such as 'c: -C..C' or 'U: 0..2'; may
            be repeated.
        json: for programs: one JSON object, whose keys docs/json.md tells.
    """
    if not equations:
        raise InputError("expected an equation, such as 'u[1,0] == (1 - r)*u[0,0] + r*u[0,-1]'")
    _check_apart(steps, latex, code, prove, analysis, meaning, random, for_all, solve, json)
    from derive.reading.parse import check_definitions, parse_definitions
    from derive.reading.random import deviations_in, parse_random
    from derive.reading.ranges import new_names, parse_ranges
    from derive.reports.solved import check_asked
    from derive.reports.sufficient import bound_of

    beside = deviations_in(random) | new_names(for_all, (*equations, *meaning, *freeze))
    signs = [name for name in names_of(positive) if name not in beside]
    if space or time or implicit:
        unused = {"--assume": assume, "--meaning": meaning, "--step-names": step_names}
        typed, meant = _by_lines(equations, space, time, implicit, signs, freeze, unused)
        names: tuple[str, ...] = ()
    else:
        typed, meant, names = _as_typed(equations, assume, meaning, signs, freeze, names_of(step_names))
    check_definitions(typed, meant)
    deviations = parse_random(typed, *random, positive=names_of(positive))
    ranges = parse_ranges(*for_all, positive=names_of(positive))
    told = [*deviations.values(), *(end for ends in ranges.values() for end in ends)]
    numbers = check_asked(typed, meant, solve, parse_definitions(*at), told)
    first = _first(typed, meant if space else {})
    if first and not json:
        print(f"{_comment(latex, code)}{first}\n")
    condition = _condition(typed, deviations, grade)
    bound = bound_of(typed, condition)
    if ranges:  # where there is no formula, of what suffices
        condition, bound = _worst(bound.stated(condition.amplification) if bound else condition, meant, ranges), None
    if json:
        from derive.reports import as_json

        print(as_json.written(as_json.of_scheme(condition, meant, deviations, typed.frozen, bound and bound.condition)))
        return
    print(_text(typed, condition, steps, latex, code))
    if bound and not (latex or code):
        _print_sufficient(bound)
    if solve:
        _print_solved(condition, meant, solve, numbers, bound)
    missing = _print_analysis(typed, meant, names) if analysis or meaning else ()
    if prove:
        _print_proof(condition)
    if analysis and missing:
        raise missing[0]


def _check_apart(steps, latex, code: str, prove, analysis, meaning, random, for_all, solve: str, json: bool) -> None:
    """Refuse options that do not go together.

    Raises:
        InputError: such options, or an unknown backend.
    """
    told = {"--steps": steps, "--analysis": analysis}
    texts = told | {"--latex": latex, "--prove": prove, "--solve": solve}
    if json:
        alone("--json", texts | {"--code": code}, "its text is read by programs")
    if code:
        choose("backend", code, dict.fromkeys(BACKENDS))
        alone("--code", texts | {"--meaning": meaning})
    if random:
        alone("--random", told | {"--meaning": meaning, "--for-all": for_all}, "these are of the scheme without noise")


def _condition(typed: GridScheme, deviations, grade: str) -> Stability:
    """In mean square where parameters are random."""
    from derive.commands.waiting import waiting
    from derive.conditions.mean_square import mean_square
    from derive.conditions.stability import stability

    with waiting("looking for the condition in closed form"):
        return mean_square(typed, deviations, grade or None) if deviations else stability(typed, grade or None)


def _worst(condition: Stability, meaning, ranges) -> Stability:
    """Over ranges of its parameters, or of constants of what these stand for."""
    from derive.commands.waiting import waiting
    from derive.conditions.ranges.constants import in_constants

    with waiting("looking for the worst case"):
        return in_constants(condition, meaning, ranges)


def _print_sufficient(bound) -> None:
    from derive.reports.sufficient import text

    print(f"\n{text(bound)}")


def _print_solved(condition: Stability, meant, solve: str, numbers, bound) -> None:
    """The stable values of a parameter, or its largest one."""
    from derive.commands.waiting import waiting
    from derive.reports.solved import solved

    with waiting(f"looking for the edge of {solve}"):
        edge = solved(condition, meant, solve, numbers, bound)
    print(f"\n{edge}")


def _print_proof(condition: Stability) -> None:
    from derive.commands.waiting import waiting

    with waiting("z3 looks for a proof"):
        proof = condition.prove()
    print(f"\n{proof}")


def _print_analysis(typed: GridScheme, meant, names: tuple[str, ...]) -> tuple[InputError, ...]:
    """Order, modified equation and roots; and what Lax's theorem asks, where it is told what the numbers mean."""
    from derive.conditions.lax import lax
    from derive.modes.step_names import in_steps
    from derive.reports.analysis import analysis, in_words_of

    found = analysis(typed, meant, names)
    print(f"\n{found}")
    growth = lax(typed, in_steps(meant, [p.name for p in typed.parameters], names)) if meant else None
    if growth is not None:
        print(f"\n{in_words_of(names, str(growth))}")
    return found.missing


def _by_lines(equations, space: str, time: str, implicit, positive, freeze, unused: dict[str, object]):
    """A differential equation, discretised."""
    from derive.commands.lines import check_positive, lines

    if not (space and time):
        raise InputError("expected both --space and --time for a differential equation, such as --space central2 --time RK4")
    if asked := [name for name, value in unused.items() if value]:
        raise InputError(f"expected no {' and no '.join(asked)} with --space: the numbers of the scheme are named by it")
    typed, meant = lines(equations, space, time, names_of(implicit), positive, freeze)
    check_positive(positive, (*equations, *freeze), typed)
    return typed, meant


def _first(typed: GridScheme, meant) -> str:
    """What its numbers stand for, where they were named by the discretisation, and what was frozen."""
    from derive.reports.solved import told
    from derive.schemes.frozen import words

    return "; ".join([*([told(meant)] if meant else []), *([words(typed.frozen)] if typed.frozen else [])])


def _comment(latex: bool, code: str) -> str:
    """What a line of words begins with, so that the rest can be run."""
    return "# " if code else "% " if latex else ""


def _as_typed(equations, assume, meaning, positive: list[str], freeze, names: list[str]):
    """A scheme, what its parameters stand for, and the names of the steps in that, where these are the user's own."""
    from derive.modes.step_names import check_steps, recognised
    from derive.reading.parse import parse_definitions, parse_scheme

    meant = parse_definitions(*meaning, positive=positive)
    constants = {s.name for value in meant.values() for s in value.free_symbols}
    steps = names or recognised(meant)
    meant = parse_definitions(*meaning, positive=[*positive, *steps])
    own = {p.name for p in parse_scheme(*equations, freeze=freeze).parameters} if constants or names else set()
    if names:
        check_steps(names, [*constants, *own - meant.keys()])
    signs = [name for name in positive if name not in constants - own] + [n for n in steps if n in own and n not in positive]
    signs += [name for name, value in meant.items() if name in own and name not in signs and _positive(value)]
    return parse_scheme(*equations, assumptions=assume, positive=signs, freeze=freeze), meant, tuple(steps)


def _positive(value) -> bool:
    """Whether it is, where the steps are."""
    from derive.reading.parse import with_signs

    return bool(with_signs(value, {}).is_positive)


def alone(option: str, others: dict[str, object], why: str = "its text is to be run") -> None:
    """Refuse what would be dropped, or be mixed with code that is to be run.

    Raises:
        InputError: one of the others is asked for too.
    """
    if asked := [name for name, value in others.items() if value]:
        raise InputError(f"expected {option} alone, as {why}, got {' and '.join(asked)} too; ask one after the other")


def names_of(texts: tuple[str, ...]) -> list[str]:
    """Several in one text are divided by commas."""
    return [name.strip() for text in texts for name in text.split(",")]


def _text(typed: GridScheme, bound: Stability, steps: bool, latex: bool, code: str) -> str:
    from derive.reports import scheme as scheme_report

    if code:
        return bound.function(code).source.rstrip()
    if latex and not steps:
        return bound.latex()
    if not steps:
        return scheme_report.summary(typed, bound)
    shown = scheme_report.steps(typed, bound)
    if latex:
        return "\n".join(f"% {step.title}. {step.why}\n\\[ {step.latex} \\]" for step in shown)
    return "\n".join(map(str, shown)).rstrip()
