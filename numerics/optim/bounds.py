r"""How far rounding takes the update of a step from :math:`\eta d`, for every k, barring over- and underflow.

Each rounding multiplies the update by :math:`1 + \delta`, :math:`|\delta| \le u` with u the unit roundoff of its format:

1. eta/k or eta k, on the host, u of float64;
2. that, in the format of the coefficient (`coefficient_format`);
3. k d or d/k, stored in the format of the weights;
4. their product, in the format of the coefficient (none where a fused multiply-add does it: on a CPU, float16 and bfloat16
   get one in full vector registers, but not in the last weights of a tensor, whose bits so depend on their place).

A power of two is spared 1 and 3, as is k = 1. Adam divides the step size by its bias correction after 1, on the host, and
the product by the denominator after 4. On a GPU with foreach off, d/k is d times the rounded 1/k: one more.
A step size given as a tensor makes 1 a rounding in its own format.

Source: Higham, Accuracy and Stability of Numerical Algorithms, sec. 3.1.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

import torch

from numerics.optim.formats import coefficient_format, unit, working_format
from numerics.optim.perturbation import Perturbation


def roundings(
    dtype: torch.dtype, k: int, form: str = "paper", *, optimizer: str = "sgd", device: str = "cpu", foreach: bool = True
) -> list[Fraction]:
    """Unit roundoffs of the operations between eta and the finished update, as listed above.

    Args:
        dtype: format of the weights.
        k: factor, >= 1.
        form: "paper" or "code".
        optimizer: "sgd" or "adam".
        device: as torch names it.
        foreach: whether by `torch._foreach_*`, torch's default on a GPU.

    Raises:
        InputError: k, form or optimizer is none.
    """
    Perturbation("scaling", k, form)
    working = unit(working_format(dtype))
    coefficient = coefficient_format(dtype, optimizer, device)
    units = [unit(coefficient)] * (1 if coefficient == torch.float64 else 2)
    if k & (k - 1):
        units += [unit(torch.float64), unit(dtype)]
        units += [working] * (form == "code" and torch.device(device).type != "cpu" and not foreach)
    if optimizer == "adam":
        units += [unit(torch.float64), working]
    return units


def update_error(
    dtype: torch.dtype, k: int, form: str = "paper", *, optimizer: str = "sgd", device: str = "cpu", foreach: bool = True
) -> Fraction:
    """Bound on |update - eta d| / |eta d|; arguments as for `roundings`.

    For SGD in float32 it is 3 u + u of float64, u = 2^-24, up to terms of order u^2; for torch's own step, 2 u.

    >>> [f"{float(update_error(torch.float32, k) * 2**24):.6f}" for k in (1, 2, 3)]
    ['2.000000', '2.000000', '3.000000']
    """
    units = roundings(dtype, k, form, optimizer=optimizer, device=device, foreach=foreach)
    return prod((1 + u for u in units), start=Fraction(1)) - 1


def difference_from_torch(
    dtype: torch.dtype, k: int, form: str = "paper", *, optimizer: str = "sgd", device: str = "cpu", foreach: bool = True
) -> Fraction:
    """Bound on |update of k - update of 1| / |update of 1|: "only the last bits"; arguments as for `roundings`.

    Section 4.1 says less than 2^-(s-1), s the bits of the significand, with eta already rounded. Four roundings make that
    2^-(s-2): see `tests/numerics/optim/test_bounds.py` for an eta and a gradient that break the print.
    """
    ours = update_error(dtype, k, form, optimizer=optimizer, device=device, foreach=foreach)
    theirs = update_error(dtype, 1, form, optimizer=optimizer, device=device, foreach=foreach)
    return (ours + theirs) / (1 - theirs)
