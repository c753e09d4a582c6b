r"""One entry per optimiser of torch whose edge is known: its recurrence, and what of a live object goes into it.

The denominators are what each entry of the gradient is divided by, after t steps:

    Adam, AdamW   (1 - beta1^t) (sqrt(v / (1 - beta2^t)) + eps)     v the greatest so far with amsgrad
    NAdam         sqrt(v / (1 - beta2^t)) + eps
    RMSprop       sqrt(v) + eps                                     v less the squared mean if centred
    Adagrad       sqrt(v) + eps                                     v the sum of squares
    SGD           1

The bias of Adam's mean stands with the denominator, as it does in the recurrence (`correction * denominator`); so the
edge is the one without it. With P frozen, a mode of training is an eigenvector of P^-1/2 H P^-1/2.

Source: torch.optim; Cohen et al. (2022), Adaptive gradient methods at the edge of stability, for the preconditioned Hessian.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

from derive.registry import Registry
from numerics.optim import PerturbedAdam, PerturbedSGD

Group = Mapping[str, Any]
State = Mapping[str, Any]


@dataclass(frozen=True)
class Live:
    """What is known of one optimiser.

    Attributes:
        name: as it is told.
        cls: torch's class; a subclass counts as long as it keeps the step.
        recurrence: name in `derive.optimizers`.
        settings: the recurrence's parameters now, of a group and a parameter's state; `lr` where it is not the group's.
        second: names in the state of the means (or sums) that the denominators are made of, as far as the settings keep them.
        denominators: of a group and a parameter's state, shaped like the parameter.
        memory: weight of the old value in `second`, 1 for a sum; how soon the denominators settle.
        decoupled: whether weight decay stays out of the gradient, where the group does not say.
        twin: name of the entry whose weight decay goes the other way; without one that is refused.
        perturbed: torch's class with the last bit of its updates perturbed.
    """

    name: str
    cls: type[Optimizer]
    recurrence: str
    settings: Callable[[Group, State], Mapping[str, float]]
    second: tuple[str, ...] = ()
    denominators: Callable[[Group, State], Tensor] | None = None
    memory: Callable[[Group], float] | None = None
    decoupled: bool = False
    twin: str = ""
    perturbed: type[Optimizer] | None = None

    @property
    def adaptive(self) -> bool:
        """Whether it has denominators, which a first step makes."""
        return self.denominators is not None


def _of_sgd(group: Group, state: State) -> Mapping[str, float]:
    """Torch ignores dampening, and nesterov is refused, without momentum."""
    momentum = float(group["momentum"])
    dampening = group["dampening"] if momentum else 0.0
    return {"momentum": momentum, "nesterov": int(group["nesterov"]), "dampening": dampening}


def _beta1(group: Group, state: State) -> Mapping[str, float]:
    return {"beta1": group["betas"][0]}


def _of_nadam(group: Group, state: State) -> Mapping[str, float]:
    """The momentum schedule of the step just done, whose product the state holds. Source: torch.optim.NAdam."""
    beta1, step, product = float(group["betas"][0]), float(state["step"]), float(state["mu_product"])
    mu, following = (beta1 * (1 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (step, step + 1))
    look_ahead, gradient_weight = following / (1 - product * following), (1 - mu) / (1 - product)
    return {"beta1": beta1, "look_ahead": look_ahead, "gradient_weight": gradient_weight}


def _momentum(group: Group, state: State) -> Mapping[str, float]:
    return {"momentum": group["momentum"]}


def _decayed_lr(group: Group, state: State) -> Mapping[str, float]:
    return {"lr": float(group["lr"]) / (1 + (float(state["step"]) - 1) * group["lr_decay"])}


def _root(group: Group, state: State) -> Tensor:
    second = state["max_exp_avg_sq" if group.get("amsgrad") else "exp_avg_sq"]
    return (second / (1 - float(group["betas"][1]) ** float(state["step"]))).sqrt() + group["eps"]


def _biased_root(group: Group, state: State) -> Tensor:
    return (1 - float(group["betas"][0]) ** float(state["step"])) * _root(group, state)


def _centred_root(group: Group, state: State) -> Tensor:
    second = state["square_avg"]
    return (second - state["grad_avg"] ** 2 if group["centered"] else second).sqrt() + group["eps"]


def _root_of_sum(group: Group, state: State) -> Tensor:
    return state["sum"].sqrt() + group["eps"]


def _beta2(group: Group) -> float:
    return float(group["betas"][1])


_ADAM = Live("adam", Adam, "adam", _beta1, ("exp_avg_sq",), _biased_root, _beta2, twin="adamw", perturbed=PerturbedAdam)

LIVE: Registry[Live] = Registry.named(
    "live optimizer",
    Live("sgd", SGD, "sgd", _of_sgd, perturbed=PerturbedSGD),
    _ADAM,
    replace(_ADAM, name="adamw", cls=AdamW, recurrence="adamw", decoupled=True, twin="adam"),
    Live("nadam", NAdam, "nadam-at-step", _of_nadam, ("exp_avg_sq",), _root, _beta2),
    Live("rmsprop", RMSprop, "rmsprop", _momentum, ("square_avg", "grad_avg"), _centred_root, lambda group: group["alpha"]),
    Live("adagrad", Adagrad, "adagrad", _decayed_lr, ("sum",), _root_of_sum, lambda group: 1.0),
)
"""Adding one is one entry here, with its recurrence in `derive.optimizers`; tests ask for a case to hold it against."""
