"""Products with the Hessian of a loss that is there as a live autograd graph, just before the user's backward pass frees it.

Neither the model's inputs nor the loss function are needed, nothing is evaluated again, and no random number is drawn:
the Hessian is that of the very loss, with its dropout masks and its batch's statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from numerics.monitor.curvature import Here
from numerics.sharpness import Spectrum
from numerics.sharpness.methods import explained, gradient
from numerics.thresholds import Threshold


class LiveHessian:
    r"""Of sign * loss + the coupled weight decay, with respect to some parameters; as `numerics.sharpness.Hessian`.

    Args:
        gradients: of the loss, with their graph.
        thresholds: of the parameters, for their decay.
        sign: -1 where the optimiser ascends.
    """

    method = "graph"

    def __init__(self, gradients: dict[Parameter, Tensor], thresholds: Sequence[Threshold], sign: float) -> None:
        self.gradients, self.thresholds, self.sign = gradients, list(thresholds), sign
        self.parameters = [t.parameter for t in thresholds]
        self.products = 0
        self.size = sum(p.numel() for p in self.parameters)
        self.dtype, self.device = self.parameters[0].dtype, self.parameters[0].device

    def undisturbed(self) -> AbstractContextManager[None]:
        """No autocast; the graph is there and draws no random number."""
        return torch.autocast(self.device.type, enabled=False)

    def rows(self, vectors: Tensor) -> Tensor:
        """Products with the rows of (p, n).

        Raises:
            InputError: an operation without a second derivative.
        """
        self.products += len(vectors)
        with explained(self.method):
            return torch.stack([self._product(vector) for vector in vectors])

    def block(self, parameters: Sequence[Parameter]) -> LiveHessian:
        """The diagonal block of some of the parameters."""
        chosen = {id(p) for p in parameters}
        return LiveHessian(self.gradients, [t for t in self.thresholds if id(t.parameter) in chosen], self.sign)

    def _product(self, vector: Tensor) -> Tensor:
        parts = [v.view_as(p) for v, p in zip(vector.split([p.numel() for p in self.parameters]), self.parameters, strict=True)]
        pairs = [(self.gradients[p], v) for p, v in zip(self.parameters, parts, strict=True)]
        pairs = [(g, v) for g, v in pairs if g.requires_grad]  # of a linear part it has no graph
        products: Sequence[Tensor] = [torch.zeros_like(v) for v in parts]
        if pairs:
            outputs, cotangents = zip(*pairs, strict=True)
            products = torch.autograd.grad(outputs, self.parameters, cotangents, retain_graph=True, materialize_grads=True)
        decayed = (self.sign * f + t.decay * v for f, t, v in zip(products, self.thresholds, parts, strict=True))
        return torch.cat([d.reshape(-1) for d in decayed])


class LiveCurvature:
    """Stands where `numerics.monitor.curvature.Curvature` does; its batches are ((loss, gradients), None).

    Args:
        tolerance: error asked for, relative to the eigenvalue.
    """

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self.last: dict[str, Spectrum] = {}

    @contextmanager
    def at(self, thresholds: Sequence[Threshold], batch: Any, maximize: bool, known: bool = False) -> Iterator[Here]:
        """The Hessian where the training is; to be used inside. Nothing is looked at first, known or not."""
        (_, gradients), _ = batch
        hessian: Any = LiveHessian(gradients, thresholds, -1.0 if maximize else 1.0)
        yield Here(hessian, thresholds, self.last, self.tolerance)

    def loss(self, batch: Any) -> float:
        """The user's loss; may be NaN."""
        return float(batch[0][0].detach())


def gradients_of(loss: Tensor, parameters: Sequence[Parameter]) -> dict[Parameter, Tensor]:
    """Gradients that can be differentiated again; 0 where the loss does not depend on a parameter.

    Raises:
        InputError: an operation without a second derivative.
    """
    with explained("graph"):
        return dict(zip(parameters, gradient(loss, parameters), strict=True))
