"""A fingerprint of everything a member's future is decided by; two runs whose trails agree agree to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

DIGEST = 16
"""Bytes; by chance two of 2^40 different states share a trail with probability 2^-49."""


@torch.no_grad()
def trail(net: nn.Module, optimizer: Optimizer) -> str:
    """Hash of parameters, buffers and optimiser state, with their names, types and shapes, in a fixed order.

    Zeros of either sign and NaNs of any payload are told apart: it is the bits that are hashed.

    Args:
        net: on any device; its bytes are brought to the CPU in one piece.
        optimizer: its parameters must be the net's.

    Returns:
        Hex text, 32 characters.
    """
    named = list(parts(net, optimizer))
    digest = blake2b(digest_size=DIGEST)
    for name, part in named:
        digest.update(f"{name} {part.dtype} {tuple(part.shape)}\n".encode())
    digest.update(torch.cat([_bytes(part) for _, part in named]).cpu().numpy())
    return digest.hexdigest()


def parts(net: nn.Module, optimizer: Optimizer) -> Iterator[tuple[str, Tensor]]:
    """Name and tensor of every part: the net's in the order of its layers, then the optimiser's in the order of theirs."""
    yield from net.state_dict().items()
    home = next(net.parameters()).device
    for index, values in sorted(optimizer.state_dict()["state"].items()):
        for name, value in sorted(values.items()):
            if value is not None:
                yield f"optimizer {index} {name}", torch.as_tensor(value).to(home)


def _bytes(part: Tensor) -> Tensor:
    return part.contiguous().reshape(-1).view(torch.uint8)
