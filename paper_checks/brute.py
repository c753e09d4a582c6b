"""Slow, obvious ground truth for the checks: dense matrices and eigenvalues, no Fourier transform, no derivation."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def correlation_matrix(image: np.ndarray, kernel: int) -> np.ndarray:
    """Matrix of K -> K * I on a periodic image: row x, column z holds I(x + z).

    Args:
        image: (n, n).
        kernel: side of the kernel, at most n.

    Returns:
        (n * n, kernel * kernel).
    """
    n = image.shape[0]
    outputs = [(i, j) for i in range(n) for j in range(n)]
    taps = [(p, q) for p in range(kernel) for q in range(kernel)]
    return np.array([[image[(i + p) % n, (j + q) % n] for p, q in taps] for i, j in outputs])


def boundary_gram(image: np.ndarray, kernel: int, boundary: str) -> np.ndarray:
    """Matrix of K -> (K * I) * I by its definition: every patch that the kernel meets, times itself.

    Args:
        image: (n, m).
        kernel: side of the kernel.
        boundary: "valid", "full" or "circular".
    """
    extra = kernel - 1
    wide = {"valid": image, "full": np.pad(image, extra), "circular": np.pad(image, (0, extra), mode="wrap")}[boundary]
    patches = sliding_window_view(wide, (kernel, kernel)).reshape(-1, kernel**2)
    return patches.T @ patches


def windowed_gram(image: np.ndarray, kernel: int) -> np.ndarray:
    """Matrix of K -> (K * I) * I restricted to the window."""
    matrix = correlation_matrix(image, kernel)
    return matrix.T @ matrix


def euler_matrix(image: np.ndarray, kernel: int, alpha: float, a: float, beta: float, lr: float) -> np.ndarray:
    """One step of forward Euler of the linearised PDE, without its constant term, as a matrix."""
    flow = -a * beta / 2 * windowed_gram(image, kernel) - alpha * np.eye(kernel**2)
    return np.eye(kernel**2) + lr * flow


def spectral_radius(matrix: np.ndarray) -> float:
    """Largest modulus of an eigenvalue."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def heat_matrix(points: int, ratio: float, dims: int = 1) -> np.ndarray:
    """One step of the heat scheme on a periodic grid, `ratio` = kappa dt / dx^2."""
    one = np.roll(np.eye(points), 1, 0) + np.roll(np.eye(points), -1, 0) - 2 * np.eye(points)
    total = np.zeros((points**dims, points**dims))
    for axis in range(dims):
        factors = [one if i == axis else np.eye(points) for i in range(dims)]
        term = factors[0]
        for factor in factors[1:]:
            term = np.kron(term, factor)
        total += term
    return np.eye(points**dims) + ratio * total


def nesterov_matrix(hessian: np.ndarray, dt: float, damping: float) -> np.ndarray:
    """One step of Eq 16, 17 on the pair (K^n, K^{n-1}) of a quadratic loss, as a matrix."""
    step, momentum, one = 2 * dt**2 / (2 + damping * dt), (2 - damping * dt) / (2 + damping * dt), np.eye(len(hessian))
    descend = one - step * hessian
    return np.block([[(1 + momentum) * descend, -momentum * descend], [one, 0 * one]])
