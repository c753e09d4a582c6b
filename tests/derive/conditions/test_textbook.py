"""The gallery: the engine against the oracle and against what the textbooks state, and the statements against the oracle."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp

from derive import GridScheme, InputError, Stability, stability
from derive.__main__ import main
from derive.conditions.sampling import RESOLUTION
from derive.conditions.stability_text import to_read
from derive.fields.symbols import MEANINGS
from derive.gallery import gallery
from tests.demands import demand
from tests.derive.brute import phases_are_those_named, radius
from tests.derive.same import normal
from tests.derive.textbook import STATEMENTS, Statement, evaluate
from tests.oracles import powers_grow, spectral_radius, verdict

FEW, MANY = 40, 400
COMPARED = 150  # points where a wrong statement is looked for
LONG = {  # more than a third of a second to derive or to sample
    *(
        "heat-ftcs-3d",
        "heat-theta-2d",
        "heat-peaceman-rachford",
        "heat-douglas-rachford",
        "heat-adi-3d",
        "heat-rk4",
        "quickest",
    ),
    *("corner-transport", "lax-wendroff-2d", "leapfrog-2d", "advection-diffusion-ftcs-2d", "leapfrog-lagged-diffusion"),
    *(
        "cnab",
        "sbdf2",
        "wave-2d",
        "wave-3d",
        "yee-2d",
        "elastic-2d",
        "heat-ab3",
        "advection-rk4",
        "advection-ab3",
        "upwind-third-rk3",
    ),
    *("weno5-linear-ssp33", "schroedinger-rk4", "heat-dufort-frankel-2d", "leapfrog-filtered", "lax-friedrichs-2d"),
}
SHORT = [key for key in gallery if key not in LONG and key in STATEMENTS]  # one that lacks is demanded below, by name
WRONG = [key for key, statement in STATEMENTS.items() if statement.right is not None]
EDGES = [  # at the very edge: whether powers of the one-step matrix grow
    ("leapfrog", {"nu": 1}, True),
    ("schroedinger-leapfrog", {"r": 1 / 4}, True),
    ("airy-leapfrog", {"mu": 2 / 27**0.5}, True),
    ("klein-gordon", {"nu": 0.8, "m": 1.2}, True),
    ("wave", {"nu": 0.5}, True),
    ("heat-ab2", {"r": 1 / 4}, False),
    ("heat-ftcs", {"r": 1 / 2}, False),
    ("leapfrog-dufort-frankel", {"nu": 1, "r": 2}, False),
]


@cache
def found(key: str, grade: str | None = None) -> Stability:
    return stability(gallery[key].scheme, grade)


@cache
def oracle(key: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    return verdict(gallery[key].scheme, STATEMENTS[key].points(count))


def engine(key: str, count: int) -> np.ndarray:
    values = {name: v for name, v in STATEMENTS[key].points(count).items() if name in map(str, found(key).parameters)}
    return np.broadcast_to(found(key).holds(**values), count)


def test_every_scheme_of_the_gallery_has_a_statement() -> None:
    demand("statement of the books, in STATEMENTS of tests/derive/textbook", STATEMENTS, gallery)
    assert set(gallery) >= LONG
    for key, statement in STATEMENTS.items():
        assert set(statement.ranges) == set(map(str, gallery[key].scheme.parameters))
        assert set(gallery[key].scheme.parameters) <= set(MEANINGS)
        assert bool(statement.note) >= (statement.right is not None)


def _hold_engine_against_oracle(key: str, count: int) -> None:
    printed = to_read(found(key)) if found(key).has_formula and found(key).condition.free_symbols else None
    assert printed is None or normal(printed.put_back()) == normal(found(key).condition)
    stable, sure = oracle(key, count)
    disputed = (engine(key, count) != stable) & sure
    if found(key).status == "exact":
        assert not disputed.any()
    elif disputed.any():  # a sampled condition is right to its resolution, on the weak side alone
        points = {name: v[disputed] for name, v in STATEMENTS[key].points(count).items()}
        assert (engine(key, count)[disputed]).all()
        assert (spectral_radius(gallery[key].scheme, points) < 1 + RESOLUTION).all()
    assert (~sure).mean() < 0.02


@pytest.mark.parametrize("key", SHORT)
def test_every_part_fails_where_it_is_said_to(key: str) -> None:
    derived = found(key)
    if derived.status == "exact" and derived.condition != sp.true:
        assert {one.part for one in derived.witnesses} == set(sp.And.make_args(derived.condition))
    for one in derived.witnesses:
        assert phases_are_those_named(one)
        assert one.witness.multiple or radius(derived, one) > 1


@pytest.mark.parametrize("key", SHORT)
def test_engine_against_oracle(key: str) -> None:
    _hold_engine_against_oracle(key, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("key", STATEMENTS)
def test_engine_against_oracle_at_many_points(key: str) -> None:
    _hold_engine_against_oracle(key, MANY)


def _hold_statement_against_oracle(key: str, count: int) -> None:
    statement = STATEMENTS[key]
    stable, sure = oracle(key, count)
    if statement.condition is not None:
        claimed = evaluate(statement.condition, statement.points(count))
        assert not ((claimed != stable) & sure).any()
        assert (claimed == engine(key, count))[sure].all() or found(key).status == "sampled"
        if statement.condition not in (sp.true, sp.false):
            assert 0.05 < stable.mean() < 0.95  # both sides are looked at


@pytest.mark.parametrize("key", SHORT)
def test_statement_against_oracle(key: str) -> None:
    _hold_statement_against_oracle(key, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("key", STATEMENTS)
def test_statement_against_oracle_at_many_points(key: str) -> None:
    _hold_statement_against_oracle(key, MANY)


@pytest.mark.parametrize("key", WRONG)
def test_wrong_statements_have_counterexamples(key: str) -> None:
    """What is marked as wrong is wrong at points beyond doubt; one alone errs on the side that lets divergent steps pass."""
    stable, sure = oracle(key, COMPARED)
    stated = evaluate(STATEMENTS[key].stated, STATEMENTS[key].points(COMPARED))
    assert ((stated != stable) & sure).sum() >= 3
    assert (stated & ~stable & sure).any() == (key == "advection-diffusion-ftcs-2d")


@pytest.mark.parametrize("key", [k for k in SHORT if len(STATEMENTS[k].ranges) == 1])
def test_the_same_set_edges_included(key: str) -> None:
    """In one parameter the two conditions are compared as sets, in the grade that the statement is of."""
    statement = STATEMENTS[key]
    derived = found(key) if found(key).grade == statement.grade else found(key, statement.grade)
    (parameter,) = gallery[key].scheme.parameters
    within = sp.Interval(*(sp.Rational(str(end)) for end in statement.ranges[str(parameter)]))
    stated, engines = (_pieces(c, parameter, within) for c in (statement.condition, derived.condition))
    assert [piece[2:] for piece in stated] == [piece[2:] for piece in engines]
    assert np.allclose([p[:2] for p in stated], [p[:2] for p in engines], rtol=1e-12)


def _pieces(condition: sp.Basic, parameter: sp.Symbol, within: sp.Interval) -> list[tuple[float, float, bool, bool]]:
    """The intervals of a condition: ends, and whether they are open."""
    plain = sp.Symbol("t", real=True)
    where = sp.Intersection(condition.subs(parameter, plain).as_set() if condition.free_symbols else _all(condition), within)
    parts = [p for p in sp.Union.make_args(where) if isinstance(p, sp.Interval)]
    return [(float(p.start), float(p.end), bool(p.left_open), bool(p.right_open)) for p in parts]


def _all(condition: sp.Basic) -> sp.Set:
    return sp.Reals if condition == sp.true else sp.S.EmptySet


@pytest.mark.parametrize(("key", "values", "grows"), EDGES)
def test_growth_at_the_edge(key: str, values: dict[str, float], grows: bool) -> None:
    scheme = gallery[key].scheme
    assert powers_grow(scheme, {n: np.array([float(v)]) for n, v in values.items()}).tolist() == [grows]
    exact = {n: sp.nsimplify(v, [sp.sqrt(3)]) for n, v in values.items()}
    parameters = {p: exact[str(p)] for p in scheme.parameters}
    assert found(key, "power-bounded").condition.subs(parameters) == (not grows)


def test_the_oracle_sees_both_kinds_of_mistake() -> None:
    """Negative control: a condition too wide and one too narrow are caught, though a stable radius is 1 and never less."""
    statement = Statement({"r": (0.3, 0.7)}, None)
    points = statement.points(FEW)
    stable, sure = verdict(gallery["heat-ftcs"].scheme, points)
    for edge in (0.45, 0.55):
        claimed = points["r"] <= edge
        assert ((claimed != stable) & sure).any()


def test_most_are_exact() -> None:
    assert sum(found(key).status == "exact" for key in SHORT) >= 40


@pytest.mark.slow
def test_all_are_exact_but_two_that_take_long() -> None:
    """What is not found in time is decided, as `cnab` and `sbdf2` are on a machine that is slow."""
    assert {key for key in gallery if found(key).status != "exact"} <= {"cnab", "sbdf2"}
    assert all(found(key).status in ("exact", "decided") for key in gallery)


def test_schemes_on_the_command_line(capsys) -> None:
    assert main(["schemes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(gallery)
    assert main(["schemes", "imex-euler"]) == 0
    page = capsys.readouterr().out
    assert "implicit diffusion" in page
    assert "(exact; perturbations stay bounded)" in page
    assert max(map(len, page.splitlines())) <= 100
    assert main(["schemes", "lax-wendrof"]) == 2
    assert "did you mean 'lax-wendroff'?" in capsys.readouterr().err


def test_a_gallery_is_a_mapping() -> None:
    assert isinstance(gallery["upwind"].scheme, GridScheme)
    assert gallery["upwind"].scheme is gallery["upwind"].scheme
    with pytest.raises(InputError, match="unknown scheme 'upwnd'"):
        gallery["upwnd"]
