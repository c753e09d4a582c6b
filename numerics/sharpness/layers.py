"""Sharpness layer by layer: of the Hessian's diagonal blocks, one per module that owns parameters itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn

from derive.errors import InputError
from numerics.sharpness.hessian import Hessian
from numerics.sharpness.measure import spectrum
from numerics.sharpness.objective import LossFn, bare
from numerics.sharpness.warm import Spectrum


def layer_sharpness(
    model: nn.Module,
    loss_fn: LossFn,
    data: Any,
    k: int = 1,
    which: str = "largest",
    tolerance: float = 1e-3,
    warm: Mapping[str, Spectrum] | None = None,
    preconditioner: Iterable[Tensor] | None = None,
    layers: Mapping[str, Iterable[Tensor]] | None = None,
    *,
    method: str = "auto",
    chunk: int | None = None,
    reduction: str = "mean",
) -> dict[str, Spectrum]:
    """`sharpness` of each layer with the others held; data, checks and kept graphs are shared by all.

    Args:
        model: as for `sharpness`, and so are the others not listed here.
        loss_fn: (output, targets) -> scalar.
        data: (inputs, targets) or batches.
        k: eigenvalues at an end; fewer where a layer has fewer parameters.
        which: "largest", "smallest" or "both".
        tolerance: error asked for, relative.
        warm: the last measurement.
        preconditioner: diagonal of P, one tensor per parameter of the layers, in their order.
        layers: name -> parameters, no parameter twice; `layers_of(model)` by default.
        method: of the products.
        chunk: most rows at once.
        reduction: "mean" or "sum".

    Returns:
        Name -> spectrum, in the model's order.

    Raises:
        InputError: as `sharpness`; no layers.
    """
    blocks = {name: list(parameters) for name, parameters in (layers or layers_of(model)).items()}
    everything = [p for parameters in blocks.values() for p in parameters]
    hessian = Hessian(model, loss_fn, data, everything, method=method, chunk=chunk, reduction=reduction, check=warm is None)
    scales = iter(()) if preconditioner is None else iter(list(preconditioner))
    spectra = {}
    for name, parameters in blocks.items():
        block = hessian.block(parameters)
        scale = None if preconditioner is None else [s for _, s in zip(parameters, scales, strict=False)]
        count = min(k, block.size // (2 if which == "both" else 1) or 1)
        spectra[name] = spectrum(block, count, which, tolerance, (warm or {}).get(name), scale)
    return spectra


def layers_of(model: nn.Module) -> dict[str, list[Tensor]]:
    """Name of each module that owns trained parameters itself -> those; a shared one belongs to the first.

    Modules whose parameters have no elements have no curvature, and are left out.

    Raises:
        InputError: there are none.
    """
    seen: set[int] = set()
    layers: dict[str, list[Tensor]] = {}
    for name, module in bare(model).named_modules():
        own = [p for p in module.parameters(recurse=False) if p.requires_grad and id(p) not in seen]
        seen.update(map(id, own))
        if any(p.numel() for p in own):
            layers[name or type(module).__name__] = own
    if not layers:
        raise InputError("expected a model with parameters that require a gradient, got none; call requires_grad_() on them")
    return layers
