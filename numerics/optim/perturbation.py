"""Which minimal perturbation a member of a group is trained with: a kind, and a number that tells members apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from numbers import Integral
from types import MappingProxyType

from derive.errors import InputError, choose

UNPERTURBED: Mapping[str, int] = MappingProxyType({"scaling": 1, "ulp": 0, "stochastic-rounding": 0})
"""Kind -> the number of the member that is not perturbed."""

FORMS = ("paper", "code")
"""How the factor k enters: (eta/k)(k g), as the paper prints it, or (eta k)(d/k), as the authors' code does it."""


LARGEST = 2**24
"""The largest k of "scaling": float32 holds every integer up to here, so k itself is never rounded."""


@dataclass(frozen=True)
class Perturbation:
    """A perturbation of the last floating-point bit.

    Attributes:
        kind: "scaling": every update computed with the factor `k` put in and taken out again; "ulp": weight number `k` (from 1,
            all weights counted in order) moved up by one unit in the last place, once, before the first step;
            "stochastic-rounding": the update rounded up or down at random, seeded by `k`.
        k: 1 to 2^24 for "scaling"; >= 0 for the others, where 0 is the run that is not perturbed.
        form: "paper" or "code", for "scaling".

    Raises:
        InputError: unknown kind or form; k no integer, or out of its range.

    Source: Section 4.1 (scaling).
    """

    kind: str = "scaling"
    k: int = 1
    form: str = "paper"

    def __post_init__(self) -> None:
        choose("perturbation", self.kind, UNPERTURBED)
        choose("form", self.form, dict.fromkeys(FORMS))
        least, most = UNPERTURBED[self.kind], LARGEST if self.kind == "scaling" else inf
        if isinstance(self.k, bool) or not isinstance(self.k, Integral) or not least <= self.k <= most:
            allowed = f"from {least} to {most}" if self.kind == "scaling" else f"of at least {least}"
            raise InputError(f"expected k to be an integer {allowed}, got {self.k!r}")

    @property
    def neutral(self) -> bool:
        """Whether this is the member that is not perturbed."""
        return self.k == UNPERTURBED[self.kind]
