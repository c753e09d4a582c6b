"""How sharp the loss of a torch model is where it stands: extreme eigenvalues of its Hessian, by products alone.

>>> import torch
>>> model = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
>>> data = torch.eye(2, dtype=torch.float64) * torch.tensor([1.0, 2.0]), torch.zeros(2, 1, dtype=torch.float64)
>>> float(sharpness(model, torch.nn.functional.mse_loss, data))  # 2 * 2^2 / 2
4.0
"""

from __future__ import annotations

from numerics.sharpness.hessian import Hessian
from numerics.sharpness.krylov import UnresolvedError
from numerics.sharpness.layers import layer_sharpness, layers_of
from numerics.sharpness.measure import sharpness, spectrum
from numerics.sharpness.minibatch import MinibatchSharpness, minibatch_sharpness
from numerics.sharpness.noise import CurvatureNoise, curvature_noise, noise_of
from numerics.sharpness.objective import BatchCoupledWarning
from numerics.sharpness.untouched import measuring
from numerics.sharpness.warm import Spectrum

__all__ = [
    "BatchCoupledWarning",
    "CurvatureNoise",
    "Hessian",
    "MinibatchSharpness",
    "Spectrum",
    "UnresolvedError",
    "curvature_noise",
    "layer_sharpness",
    "layers_of",
    "measuring",
    "minibatch_sharpness",
    "noise_of",
    "sharpness",
    "spectrum",
]
