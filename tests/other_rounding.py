"""The rounding of another processor, made up; and judgements that must not hang on it.

Processors add in another order, fuse products with sums, and compute exp and tanh otherwise, so that any such result may end
in another last bit. A computation that amplifies rounding ends elsewhere then, and what a test says of it must be true
wherever it ends. `ATEN_CPU_CAPABILITY=default` (`make test-portable`) is one other rounding, and a real one; here are many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

INTEGERS = {torch.float32: torch.int32, torch.float64: torch.int64}

SUMS = (
    "mm addmm bmm baddbmm mv dot sum mean var var_mean cumsum linalg_vector_norm convolution convolution_backward avg_pool2d "
    "native_batch_norm native_batch_norm_backward nll_loss_forward mse_loss _fft_r2c _fft_c2r _fft_c2c"
)
FUNCTIONS = (
    "exp log sin cos tanh tanh_backward sigmoid sigmoid_backward softplus softplus_backward silu silu_backward logsumexp "
    "_softmax _softmax_backward_data _log_softmax _log_softmax_backward_data"
)
DRAWS = "normal randn rand"  # where a run starts from; normal ones are made of logarithms and cosines
OPERATIONS = frozenset(f"{SUMS} {FUNCTIONS} {DRAWS}".split())
"""What processors round differently. Sums and products of single numbers, quotients and roots they do not (IEEE 754)."""


class OtherRounding(TorchDispatchMode):
    """Each result of `OPERATIONS` is moved by -1, 0 or +1 unit in the last place, as a hash of its own bits and a seed has it.

    Equal results stay equal, so what has to keep its bits keeps them; numbers of few bits are exact in any order, and stay.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        if func.overloadpacket.__name__ not in OPERATIONS or func._schema.is_mutable:
            return found
        return tuple(map(self.moved, found)) if isinstance(found, tuple) else self.moved(found)

    def moved(self, result: Any) -> Any:
        """The neighbours of real and complex numbers of 32 or 64 bits; all else as it is."""
        if not isinstance(result, Tensor) or result.device.type != "cpu":
            return result
        if result.is_complex():
            return torch.view_as_complex(self.moved(torch.view_as_real(result)).contiguous())
        if result.dtype not in INTEGERS:
            return result
        bits = result.contiguous().view(INTEGERS[result.dtype])
        off = torch.where((bits & 15 != 0) & result.isfinite(), self.steps(bits.long()), 0).to(bits.dtype)
        return (bits + off).view(result.dtype).as_strided(result.shape, result.contiguous().stride())

    def steps(self, bits: Tensor) -> Tensor:
        """-1, 0, 0 or 1 for each."""
        mixed = (bits ^ (bits >> 29)) * 0x2545F4914F6CDD1D + self.seed * 0x9E3779B1
        mixed = (mixed ^ (mixed >> 32)) * 0x5851F42D4C957F2D
        return torch.tensor([-1, 0, 0, 1])[(mixed >> 40) & 3]


def roundings(judge: Callable[[], Any], times: int) -> list[Any]:
    """What `judge()` returns by this machine's rounding, and by `times` others."""
    found = [judge()]
    for seed in range(1, times + 1):
        with OtherRounding(seed):
            found.append(judge())
    return found


@pytest.fixture
def whatever_the_rounding() -> Callable[..., Any]:
    """`whatever_the_rounding(judge, times=4)`: what `judge()` returns, if it returns the same under other roundings too.

    For every verdict of a training, and whatever else is read off a run that may amplify rounding. `judge` has to compute
    anew: no cache.
    """

    def agreed(judge: Callable[[], Any], times: int = 4) -> Any:
        found = roundings(judge, times)
        assert all(one == found[0] for one in found), f"hangs on how results are rounded: {found}"
        return found[0]

    return agreed
