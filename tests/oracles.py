"""Slow, obvious references that the fast code is held against."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, conv2d, pad


def surrounded(image: Tensor, kernel_shape: tuple[int, int], boundary: str) -> Tensor:
    """The image with the border that a boundary stands for, such that a "valid" correlation of it is the answer."""
    rows, columns = (n - 1 for n in kernel_shape)
    if boundary == "full":
        return pad(image, (columns, columns, rows, rows))
    if boundary == "circular":
        return torch.cat([torch.cat([image, image[:, :columns]], 1), torch.cat([image, image[:, :columns]], 1)[:rows]])
    return image


def correlate(kernel: Tensor, image: Tensor, boundary: str) -> Tensor:
    """(K * I)(x) = sum_z K(z) I(x + z), one kernel cell after the other: (h, w), (H, W) -> outputs."""
    h, w = kernel.shape
    wide = surrounded(image, (h, w), boundary)
    rows, columns = wide.shape[0] - h + 1, wide.shape[1] - w + 1
    return sum(kernel[i, j] * wide[i : i + rows, j : j + columns] for i in range(h) for j in range(w))


def dense_operator(image: Tensor, kernel_shape: tuple[int, int], boundary: str) -> Tensor:
    """Matrix of K -> K * I: (outputs, kernel cells), a column per cell."""
    cells = torch.eye(kernel_shape[0] * kernel_shape[1], dtype=image.dtype)
    return torch.stack([correlate(cell.reshape(kernel_shape), image, boundary).flatten() for cell in cells], 1)


def convolution_loss(kernel: Tensor, image: Tensor, alpha: float, beta: float, y: float) -> Tensor:
    """The loss of Eq 7, Swish, mean pooling over the valid outputs, by torch's own convolution."""
    response = conv2d(image[None, None], kernel[None, None])
    logit = (response * torch.sigmoid(beta * response)).mean()
    return binary_cross_entropy_with_logits(logit, torch.full_like(logit, y)) + alpha / 2 * (kernel**2).sum()


def convolution_flow(kernel: Tensor, image: Tensor, alpha: float, beta: float, y: float) -> Tensor:
    """Minus the gradient of `convolution_loss`, by autograd."""
    kernel = kernel.detach().clone().requires_grad_()
    return -torch.autograd.grad(convolution_loss(kernel, image, alpha, beta, y), kernel)[0]
