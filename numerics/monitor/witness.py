"""What a training step leaves behind for whoever asks afterwards why it went wrong: weights before it, gradient, output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from numerics.monitor.observer import Hook
from numerics.sharpness.nested import mapped
from numerics.sharpness.untouched import measuring
from numerics.thresholds.kinds import trained

Weights = Sequence[tuple[nn.Parameter, Tensor]]


@contextmanager
def weights_of(kept: Weights) -> Iterator[None]:
    """Inside, the parameters have the values kept of them."""
    now = [p.data for p, _ in kept]
    try:
        for parameter, weights in kept:
            parameter.data = weights
        yield
    finally:
        for (parameter, _), weights in zip(kept, now, strict=True):
            parameter.data = weights


class Witness:
    """Keeps the weights before the optimiser's newest step, the norm of the gradient it took, and the newest output.

    It takes the memory of the weights once more, and of one output; what goes wrong in a hook is kept in `failure`.

    Args:
        model: its forward passes in training mode are watched.
        optimizer: its steps are watched.

    Attributes:
        weights: (parameter, its value before the newest step).
        norm: of the gradient that the newest step took, after clipping if there is any; a tensor, so that nothing waits for it.
        passes: forward passes since `output` was last taken.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer) -> None:
        self.weights: list[tuple[nn.Parameter, Tensor]] = []
        self.norm: Tensor | None = None
        self.passes, self.watching = 0, True
        self.failure: Exception | None = None
        self._output: Any = None
        self._model, self._optimizer = model, optimizer
        self._hooks = [
            model.register_forward_hook(Hook(self, "_after_forward")),
            optimizer.register_step_pre_hook(Hook(self, "_before_step")),
            optimizer.register_step_post_hook(Hook(self, "_after_step")),
        ]

    def __deepcopy__(self, _: Any) -> Witness:
        """Copies of the model are watched by nobody."""
        return self

    def output(self) -> Any:
        """Of the one forward pass since the last call; None if there were others, or none."""
        seen, self._output, passes, self.passes = self._output, None, self.passes, 0
        return seen if passes == 1 else None

    def close(self) -> None:
        """Let go of everything."""
        self.watching, self.weights, self._output = False, [], None
        for hook in self._hooks:
            hook.remove()

    def _after_forward(self, model: nn.Module, inputs: Any, output: Any) -> None:
        if self.watching and model is self._model and model.training and torch.is_grad_enabled() and not measuring():
            self.passes += 1
            self._output = mapped(Tensor.detach, output)  # the graph is not ours to keep

    def _before_step(self, optimizer: Optimizer, *_: object) -> None:
        if not self.watching or optimizer is not self._optimizer:
            return
        parameters = [p for _, _, p in trained(optimizer)]
        if [id(p) for p, _ in self.weights] != [id(p) for p in parameters]:
            self.weights = [(p, torch.empty_like(p)) for p in parameters]
        with torch.no_grad():
            for parameter, kept in self.weights:
                kept.copy_(parameter)

    def _after_step(self, optimizer: Optimizer, *_: object) -> None:
        # Not before it: a closure, as Lightning passes one, makes the gradient within the step.
        if self.watching and optimizer is self._optimizer:
            with torch.no_grad():
                self.norm = norm_of([p.grad for p, _ in self.weights if p.grad is not None])


def norm_of(gradients: Sequence[Tensor]) -> Tensor | None:
    """Euclidean norm of all, without reading it; of half precision in single."""
    parts = [g.coalesce().values() if g.is_sparse else g for g in gradients]
    real = [torch.view_as_real(part) if part.is_complex() else part for part in parts]
    wide = [torch.linalg.vector_norm(g, dtype=torch.promote_types(g.dtype, torch.float32)) for g in real if g.numel()]
    return torch.linalg.vector_norm(torch.stack([w.to(wide[0]) for w in wide])) if wide else None
