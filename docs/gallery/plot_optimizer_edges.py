"""The edge of the optimisers against momentum
===========================================

How sharp may a loss be before a step makes it grow? Momentum moves the edge out for the heavy ball, and in for Nesterov's;
Adam's averages move it further than either.
"""

# %%
# Each formula is derived from the recurrence; parameters carry torch's names.
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from derive import maximal_curvature
from experiments.style import CYCLE

NAMES = ("gd", "heavy-ball", "nesterov", "adam", "nadam", "schedule-free")
for name in NAMES:
    print(f"{name:14} curvature < {maximal_curvature(name)}")

# %%
# In units of the step size: what is drawn is lr times the largest stable curvature.
numbers = {"lr": 1, "denominator": 1, "weight_decay": 0, "averaging": 0.01}
weights = np.linspace(0, 0.97, 300)
fig, ax = plt.subplots(figsize=(7, 3.8))
for name, colour in zip(NAMES, CYCLE, strict=False):
    edge = maximal_curvature(name)
    edge = edge.subs({s: numbers[s.name] for s in edge.free_symbols if s.name in numbers})
    (momentum, *_) = [*edge.free_symbols, sp.Symbol("momentum")]
    values = np.broadcast_to(sp.lambdify(momentum, edge)(weights), weights.shape)
    ax.plot(weights, values, color=colour, lw=1.8)
    ax.annotate(name, (weights[-1], values[-1]), xytext=(5, 0), textcoords="offset points", va="center", color=colour)
ax.set(yscale="log", xlabel=r"momentum, $\beta_1$", ylabel="lr times largest stable curvature", xlim=(0, 0.97))
plt.show()
