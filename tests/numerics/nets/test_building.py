"""Any name, any image size, any precision; and what is refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from derive.errors import InputError
from numerics.nets import NETS, build
from tests.numerics.nets.cases import SHAPES, images, made

QUICK = [name for name in SHAPES if name != "vgg16-bn"]


@pytest.mark.parametrize("name", SHAPES)
def test_logits_have_a_column_per_class_and_every_weight_a_gradient(name):
    net = made(name)
    logits = net(images(name))
    assert logits.shape == (4, SHAPES[name]["classes"])
    cross_entropy(logits, torch.tensor([0, 1, 0, 1])).backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in net.parameters())
    assert net.training


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", QUICK)
def test_every_precision_gives_the_logits_of_float32_up_to_rounding(name, dtype):
    wide, own = made(name)(images(name)), made(name, dtype=dtype)(images(name, dtype=dtype))
    assert own.dtype == dtype
    assert torch.allclose(own.double(), wide.double(), rtol=0, atol=60 * max(torch.finfo(dtype).eps, 1e-7))


@given(st.sampled_from(["tiny", "resnet-8", "resnet-14"]), st.integers(4, 40), st.sampled_from([1, 3]))
def test_images_may_have_any_size(name, size, channels):
    net = build(name, channels=channels, classes=5, size=size).eval()
    assert net(torch.zeros(1, channels, size, size)).shape == (1, 5)


def test_every_family_is_listed_with_what_it_is():
    assert list(NETS) == ["tiny", "resnet-L", "resnet-b-L", "vgg16-bn", "chain-L", "dense-L"]
    assert all(kind.what for kind in NETS.values())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("resnt-20", "unknown net 'resnt-20'"),
        ("resnet", "unknown net"),
        ("resnet-9", "6n \\+ 2 layers"),
        ("resnet-2", "6n \\+ 2 layers"),
        ("resnet-020", "unknown net"),
        ("resnet-L", "expected a number for L"),
        ("resnet-b-9", "6n \\+ 2 layers"),
        ("resnet-c-8", "did you mean 'resnet-b-L'"),
        ("chain-0", "at least one layer, got 'chain-0'"),
        ("dense-0", "at least one layer"),
        ("chain--1", "unknown net"),
        ("chain-1.5", "unknown net"),
        ("chain-99999", "unknown net"),
        ("vgg16-bn-3", "unknown net"),
        ("", "unknown net"),
        (None, "unknown net None"),
        (["tiny"], "unknown net"),
        ("__import__('os')", "unknown net"),
    ],
)
def test_unknown_names_are_refused_in_one_line(name, told):
    with pytest.raises(InputError, match=told) as caught:
        build(name, channels=1, classes=2, size=28)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("chain-4", {"size": 8}, "at least 9x9 pixels for chain-4, got 8x8"),
        ("resnet-8", {"size": 3}, "at least 4x4"),
        ("tiny", {"size": 1}, "at least 2x2"),
        ("vgg16-bn", {"size": 1}, "at least 2x2"),
        ("chain-4", {"channels": 3}, "1 channel and 2 classes for chain-4, got 3 and 2"),
        ("chain-4", {"classes": 10}, "1 channel and 2 classes for chain-4, got 1 and 10"),
        ("tiny", {"classes": 1}, "classes to be an integer of at least 2, got 1"),
        ("tiny", {"channels": 0}, "channels to be"),
        ("tiny", {"size": 8.0}, "size to be an integer"),
        ("tiny", {"seed": -1}, "seed to be an integer of at least 0, got -1"),
        ("tiny", {"seed": True}, "seed to be"),
        ("tiny", {"seed": 2**64}, "seed to be"),
        ("tiny", {"activation": "rely"}, "unknown activation 'rely'.*did you mean 'relu'"),
        ("tiny", {"activation": "swish", "beta": float("nan")}, "beta to be a finite number, got nan"),
        ("tiny", {"beta": "1"}, "beta to be a finite number"),
        ("tiny", {"dtype": torch.int32}, "dtype to be one of torch.float16"),
        ("tiny", {"dtype": "float32"}, "dtype to be one of"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(name, changed, told):
    with pytest.raises(InputError, match=told) as caught:
        made(name, **changed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", QUICK)
def test_names_of_weights_tell_layers_apart(name):
    names = [name for name, _ in made(name).named_parameters()]
    assert len(set(names)) == len(names) > 0
