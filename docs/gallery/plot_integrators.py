r"""Regions of the time integrators
===============================

For :math:`u' = \lambda u` and a step :math:`\Delta t`, the numbers :math:`z = \lambda\,\Delta t` at which an integrator
does not amplify. A method of lines is stable where all eigenvalues of its space part, times the step, lie inside.
"""

# %%
# Amplification factors are the roots of a polynomial in xi whose coefficients hold z: ``characteristic`` has it, derived
# from the stages of the method.
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from derive import integrators
from derive.modes.roots import roots_of
from experiments.style import BLACK

z = sp.Symbol("z")
NAMES = ("forward-euler", "RK2", "RK3", "RK4", "AB2", "AB3", "backward-euler", "BDF2")
real, imaginary = np.meshgrid(np.linspace(-5, 4, 260), np.linspace(-4, 4, 240))
plane = real + 1j * imaginary


def largest_modulus(name):
    """Over all roots, at every z of the plane."""
    coefficients = integrators[name].characteristic(z).all_coeffs()
    numbers = [np.broadcast_to(sp.lambdify(z, c)(plane), plane.shape).astype(complex).ravel() for c in coefficients]
    return np.abs(roots_of(np.stack(numbers, axis=-1))).max(axis=-1).reshape(plane.shape)


fig, axes = plt.subplots(2, 4, figsize=(9, 4.6), sharex=True, sharey=True)
for ax, name in zip(axes.flat, NAMES, strict=True):
    modulus = largest_modulus(name)
    inside = np.where(modulus <= 1 + 1e-9, modulus, np.nan)
    shown = ax.pcolormesh(real, imaginary, inside, cmap="Blues", vmin=0, vmax=1.3, shading="nearest", rasterized=True)
    ax.contour(real, imaginary, modulus, levels=[1], colors=BLACK, linewidths=1)
    ax.axhline(0, color="0.7", lw=0.5)
    ax.axvline(0, color="0.7", lw=0.5)
    ax.set(title=f"{name} (order {integrators[name].order})", aspect="equal")
fig.supxlabel(r"Re $\lambda\,\Delta t$", fontsize=9)
fig.supylabel(r"Im $\lambda\,\Delta t$", fontsize=9)
plt.show()
