from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import InputError
from numerics import relative_l1
from numerics.measures.distance import BITS, distances, unstacked
from tests.examples import thoroughly
from tests.numerics.cases import normal

seeds = st.integers(0, 2**31)


@thoroughly()
@given(seeds, st.floats(-300, 300))
def test_symmetric_scale_free_and_between_0_and_2(seed, exponent):
    x, y = normal(seed, (40,)), normal(seed + 1, (40,))
    distance = float(relative_l1(x, y))
    assert 0 <= distance <= 2 + 1e-15
    assert distance == float(relative_l1(y, x))
    assert float(relative_l1(x * 10**exponent, y * 10**exponent)) == pytest.approx(distance, rel=1e-13)


def test_extremes():
    x = normal(0, (3, 4))
    assert float(relative_l1(x, x)) == 0
    assert float(relative_l1(x, -x)) == pytest.approx(2, rel=1e-15)
    assert float(relative_l1(torch.zeros(3), torch.zeros(3))) == 0
    assert float(relative_l1(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.0]))) == 1


def test_huge_weights_do_not_overflow():
    big = torch.full((3,), 1.7e308, dtype=torch.float64)
    assert float(relative_l1(big, -big)) == 2


def test_is_the_mean_of_symmetric_relative_errors():
    x, y = torch.tensor([1.0, 4.0]), torch.tensor([3.0, 4.0])
    assert float(relative_l1(x, y)) == 2 * (2 / 4 + 0) / 2


def test_keeps_leading_axes():
    x, y = normal(0, (5, 3, 4)), normal(1, (5, 3, 4))
    rows = relative_l1(x, y, dims=2)
    assert rows.shape == (5,)
    assert float(rows[2]) == pytest.approx(float(relative_l1(x[2], y[2])), rel=1e-14)


def test_a_run_that_blew_up_is_not_called_close():
    assert relative_l1(torch.tensor([torch.nan]), torch.tensor([1.0])).isnan()


@pytest.mark.parametrize("other", [torch.ones(3), torch.ones(2, 1)])
def test_shapes_must_agree(other):
    with pytest.raises(InputError, match="one shape"):
        relative_l1(torch.ones(2), other)


NETS = st.lists(st.lists(st.integers(1, 5), max_size=3), min_size=1, max_size=4)
TYPES = st.sampled_from(list(BITS))


def net(seed: int, shapes: list[list[int]], dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    return [normal(seed + i, tuple(shape), dtype) for i, shape in enumerate(shapes)]


def exact(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> Fraction:
    """RelL1 over all weights of the pairs, in rational numbers."""
    terms = [
        Fraction(0) if x == y == 0 else abs(Fraction(x) - Fraction(y)) / (abs(Fraction(x)) + abs(Fraction(y)))
        for first, second in pairs
        for x, y in zip(first.double().ravel().tolist(), second.double().ravel().tolist(), strict=True)
    ]
    return 2 * sum(terms, Fraction(0)) / len(terms)


@thoroughly()
@given(seeds, NETS, TYPES, st.integers(1, 3), st.integers(1, 7))
def test_distances_are_exact_to_their_stated_precision(seed, shapes, dtype, number, room):
    members, reference = [net(seed + 9 * m, shapes, dtype) for m in range(number)], net(seed + 100, shapes, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("numerics.measures.distance.ROOM", {"cpu": room})  # layers cut and put together in every way
        found = distances(members, reference)
    weights = sum(weight.numel() for weight in reference)
    for m, member in enumerate(members):
        pairs = list(zip(member, reference, strict=True))
        assert abs(Fraction(float(found.net[m])) - exact(pairs)) <= Fraction(weights + 3, 2**53) * exact(pairs)
        for value, pair in zip(found.layers[m].tolist(), pairs, strict=True):
            assert abs(Fraction(value) - exact([pair])) <= Fraction(weights + 3, 2**53) * exact([pair])


@thoroughly()
@given(seeds, NETS)
def test_distances_agree_with_relative_l1(seed, shapes):
    member, reference = net(seed, shapes, torch.float64), net(seed + 100, shapes, torch.float64)
    found = distances([member], reference)
    for layer, (x, y) in enumerate(zip(member, reference, strict=True)):
        assert float(found.layers[0, layer]) == pytest.approx(float(relative_l1(x, y)), rel=1e-14)
    together = [torch.cat([w.ravel() for w in weights]) for weights in (member, reference)]
    assert float(found.net[0]) == pytest.approx(float(relative_l1(*together)), rel=1e-13)


def test_net_is_the_mean_over_weights_not_over_layers():
    found = distances([[torch.ones(3), torch.tensor(1.0)]], [torch.ones(3), torch.tensor(-1.0)])
    assert found.layers.tolist() == [[0, 2]]
    assert found.net.tolist() == [0.5]


@pytest.mark.parametrize("dtype", BITS)
def test_one_last_bit_in_one_weight(dtype):
    reference = net(0, [[40], [3, 3]], dtype)
    member = [weight.clone() for weight in reference]
    member[1][1, 2] = torch.nextafter(member[1][1, 2], torch.tensor(9.0, dtype=dtype))
    found = distances([reference, member], reference)
    assert found.changed.tolist() == [0, 1 / 49]
    assert 0 < float(found.net[1]) * 49 <= 2 * torch.finfo(dtype).eps
    assert found.layers[1, 0] == found.net[0] == 0


@pytest.mark.parametrize("dtype", BITS)
def test_smallest_and_largest_weights(dtype):
    tiny, big = torch.finfo(dtype).tiny, torch.finfo(dtype).max
    weights = torch.tensor([0.0, tiny, big], dtype=dtype)
    assert distances([[-weights]], [weights]).layers.item() == pytest.approx(2 * 2 / 3, rel=1e-15)


def test_zeros_of_both_signs_differ_in_bits_alone():
    found = distances([[torch.tensor([-0.0, 1.0])]], [torch.tensor([0.0, 1.0])])
    assert found.net.item() == 0
    assert found.changed.item() == 0.5


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_net_that_blew_up_is_at_no_distance_but_may_be_unchanged(bad):
    weights = [torch.tensor([bad, 1.0]), torch.ones(2)]
    found = distances([weights], weights)
    assert found.net.isnan().all()
    assert found.layers[0].tolist()[1] == 0
    assert found.changed.item() == 0


def test_leaves_the_weights_alone():
    member, reference = net(0, [[40], [3, 3]], torch.float64), net(1, [[40], [3, 3]], torch.float64)
    distances([member], reference)
    assert all(torch.equal(a, b) for a, b in zip(member, net(0, [[40], [3, 3]], torch.float64), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(reference, net(1, [[40], [3, 3]], torch.float64), strict=True))


def test_stacked_members():
    members = [net(m, [[4], [2, 3]]) for m in range(3)]
    stacked = [torch.stack(layers) for layers in zip(*members, strict=True)]
    assert torch.equal(distances(unstacked(stacked), members[0]).layers, distances(members, members[0]).layers)


def test_devices(device):
    members = [[weight.to(device) for weight in net(m, [[4000], [2, 3]])] for m in range(3)]
    found = distances(members, members[0])
    expected = distances([[weight.cpu() for weight in member] for member in members], [weight.cpu() for weight in members[0]])
    torch.testing.assert_close(found.layers.cpu(), expected.layers, rtol=1e-12, atol=0)
    assert torch.equal(found.changed.cpu(), expected.changed)


@pytest.mark.parametrize(
    ("members", "reference", "message"),
    [
        ([], [torch.ones(2)], "got 0 members"),
        ([[]], [], "0 tensors"),
        ([[torch.ones(0)]], [torch.ones(0)], "with weights"),
        ([[torch.ones(2)], [torch.ones(3)]], [torch.ones(2)], "member 1 has not"),
        ([[torch.ones(2).half()]], [torch.ones(2)], "member 0 has not"),
        ([[torch.ones(2).int()]], [torch.ones(2).int()], "floating-point"),
    ],
)
def test_lists_that_cannot_be_compared(members, reference, message):
    with pytest.raises(InputError, match=message):
        distances(members, reference)
