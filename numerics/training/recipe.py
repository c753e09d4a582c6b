"""Everything that decides the bits of a training run, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from hashlib import sha256
from json import dumps
from numbers import Integral, Real
from typing import Any

from derive.errors import InputError, choose
from numerics.optim.perturbation import UNPERTURBED, Perturbation

OPTIMIZERS = ("sgd", "adam")
DTYPES = ("float16", "bfloat16", "float32", "float64")
COUNTS = {"batch": 1, "epochs": 1, "lr_every": 0, "trace": 0, "fluctuation": 0, "probe": 0}
"""Integers of a recipe, and the least each may be."""

SIZES = ("beta", "lr", "momentum", "weight_decay", "lr_factor", "cap")
"""Its finite numbers, none below 0."""

LATER = ("probe", "cap")
"""Fields that count only where they are set: members that were trained before there were these keep their place."""


@dataclass(frozen=True)
class Recipe:
    """Network, data and optimiser of a run.

    Attributes:
        data: name of a data set, as `numerics.datasets.load` knows it.
        subset: only the first so many training images; None for all.
        net: name of a network, as `numerics.nets.build` knows it.
        activation: "relu" or "swish".
        beta: parameter of Swish.
        optimizer: "sgd" or "adam".
        lr: step size.
        momentum: of SGD.
        nesterov: of SGD.
        weight_decay: of either.
        batch: images per step.
        epochs: passes through the data.
        lr_every: epochs after which the step size is multiplied by `lr_factor`, again and again; 0 for never.
        lr_factor: see above.
        augment: random crop (padding of 4) and horizontal flip.
        dtype: "float16", "bfloat16", "float32" or "float64".
        trace: steps between two records of the distance to the unperturbed member; 0 for once per epoch only.
        trace_of: the parameter alone that these records are of, such as "17.conv1.weight"; empty for all weights.
        fluctuation: batches whose gradients are compared after every epoch, each for a forward and backward pass per member;
            0 for none.
        probe: first training images on which the sharpness is measured before every epoch, by SGD's derived edge; 0 for none.
        cap: the most that the step size may be of that edge, 0 for any; needs `probe`.

    Raises:
        InputError: a number out of its range, or an unknown optimiser or dtype.

    Source: Section 4.2 and the authors' code, for the defaults.
    """

    data: str = "digits"
    subset: int | None = None
    net: str = "resnet-8"
    activation: str = "relu"
    beta: float = 1.0
    optimizer: str = "sgd"
    lr: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    batch: int = 128
    epochs: int = 200
    lr_every: int = 40
    lr_factor: float = 0.1
    augment: bool = True
    dtype: str = "float32"
    trace: int = 0
    trace_of: str = ""
    fluctuation: int = 0
    probe: int = 0
    cap: float = 0.0

    def __post_init__(self) -> None:
        choose("optimizer", self.optimizer, dict.fromkeys(OPTIMIZERS))
        choose("dtype", self.dtype, dict.fromkeys(DTYPES))
        for name, least in COUNTS.items():
            _check(name, getattr(self, name), least, Integral)
        for name in SIZES:
            _check(name, getattr(self, name), 0, Real)
        if self.fluctuation == 1:
            raise InputError("expected fluctuation to be 0 or at least 2 batches, got 1; one batch has no fluctuation")
        if self.cap and not self.probe:
            raise InputError(f"expected images to measure the sharpness on with a cap of {self.cap:g}, got a probe of 0")
        if self.probe and self.optimizer != "sgd":
            raise InputError(f"expected sgd with a probe, got {self.optimizer}; its edge is known only once it has stepped")
        if self.optimizer == "sgd" and self.nesterov and not self.momentum:
            raise InputError("expected momentum above 0 with nesterov, got 0; set nesterov to False for plain SGD")

    def lr_at(self, epoch: int) -> float:
        """Step size of an epoch, counted from 0: nothing but the epoch decides it."""
        return self.lr * self.lr_factor ** (epoch // self.lr_every) if self.lr_every else self.lr


def _check(name: str, value: object, least: int, kind: type) -> None:
    number = isinstance(value, kind) and not isinstance(value, bool)
    if not number or not least <= value < float("inf"):
        what = "an integer" if kind is Integral else "a finite number"
        raise InputError(f"expected {name} to be {what} of at least {least}, got {value!r}")


@dataclass(frozen=True)
class Seeds:
    """Every source of chance by itself: initial weights, order of the images, augmentation, perturbation."""

    init: int = 1
    order: int = 1
    augment: int = 1
    perturbation: int = 1


@dataclass(frozen=True)
class Group:
    """Members that share everything but the perturbation's number k; they are trained side by side.

    Attributes:
        recipe: what they share.
        seeds: what they share too.
        kind: the perturbation's kind.
        form: the perturbation's form.
        ks: the members' numbers.
        trial: tells repetitions apart that ought to coincide bit for bit.
    """

    recipe: Recipe = field(default_factory=Recipe)
    seeds: Seeds = field(default_factory=Seeds)
    kind: str = "scaling"
    form: str = "paper"
    ks: tuple[int, ...] = (1, 3, 5, 7, 9, 11)
    trial: int = 0

    @property
    def perturbations(self) -> tuple[Perturbation, ...]:
        """One per member."""
        return tuple(Perturbation(self.kind, k, self.form) for k in self.ks)

    @property
    def unperturbed(self) -> int:
        """The number of the member that distances are measured to."""
        return UNPERTURBED[self.kind]

    def shared(self) -> dict[str, Any]:
        """All that decides the bits of its members, but their numbers; plain values, for JSON."""
        return {
            "recipe": {name: value for name, value in asdict(self.recipe).items() if value or name not in LATER},
            "seeds": asdict(self.seeds),
            "kind": self.kind,
            "form": self.form,
            "trial": self.trial,
        }

    def key(self) -> str:
        """A short name for `shared()`: equal for groups that may keep their members in one place."""
        return sha256(dumps(self.shared(), sort_keys=True).encode()).hexdigest()[:16]
