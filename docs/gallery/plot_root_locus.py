r"""Where the roots go as the step grows
====================================

An optimiser with momentum has two roots for each curvature of the loss. They start on the real axis, meet, run around a
circle of radius :math:`\sqrt{\mu}`, and the first to leave the unit disc does so at the edge.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from derive import amplification, maximal_curvature, optimizers
from experiments.style import BLACK, ORDERED, VERMILION

NAMES, MOMENTUM = ("heavy-ball", "nesterov", "adam"), 0.8
NUMBERS = {"momentum": MOMENTUM, "beta1": MOMENTUM, "lr": 1, "denominator": 1, "weight_decay": 0}


def at(expr):
    """With numbers for all parameters but the curvature."""
    return expr.subs({s: NUMBERS[s.name] for s in expr.free_symbols if s.name in NUMBERS})


# %%
# The edge is derived; the roots come from the amplification polynomial alone, at 1500 curvatures.
fig, axes = plt.subplots(1, len(NAMES), figsize=(9, 3.3), sharey=True)
circle = np.exp(1j * np.linspace(0, 2 * np.pi, 361))
for ax, name in zip(axes, NAMES, strict=True):
    edge = float(at(maximal_curvature(name)))
    polynomial = amplification(optimizers[name]).polynomial
    curvature = next(s for s in polynomial.free_symbols if s.name == "curvature")
    coefficients = sp.lambdify(curvature, [at(c) for c in polynomial.all_coeffs()])
    values = np.linspace(0, 1.15 * edge, 1500)
    roots = np.array([np.roots(coefficients(v)) for v in values])
    ax.plot(circle.real, circle.imag, color=BLACK, lw=0.8)
    shown = ax.scatter(roots.real, roots.imag, c=np.repeat(values / edge, roots.shape[1]), cmap=ORDERED, s=3, zorder=3)
    out = np.roots(coefficients(edge))
    ax.plot(out.real, out.imag, "s", mfc="none", color=VERMILION, ms=8, zorder=4)
    ax.set(title=f"{name}: edge at {edge:.3g}", aspect="equal", xlim=(-1.5, 1.2), ylim=(-1.2, 1.2), xlabel=r"Re $\xi$")
axes[0].set_ylabel(r"Im $\xi$")
fig.colorbar(shown, ax=axes, label="curvature over the edge")
plt.show()
