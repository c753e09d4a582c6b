"""The stable region of a scheme, and the sampled truth
====================================================

Forward Euler for advection and diffusion. Blue: the condition in closed form, from which the frequency was eliminated.
Dots: whether a root of the amplification polynomial leaves the unit disc, found by brute force on a grid of phases.
"""

# %%
# The condition, exact: it holds where the scheme is stable, and nowhere else.
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from derive import stability
from derive.gallery import gallery
from experiments.style import BLACK, REGION_COLOURS, VERMILION

found = stability(gallery["advection-diffusion-ftcs"].scheme)
print(found)

# %%
# The truth beside it: :math:`|\xi(\theta)|` at 721 phases for each dot, written out by hand.
r, nu = np.meshgrid(np.linspace(0.015, 0.6, 28), np.linspace(-1.15, 1.15, 29))
theta = np.linspace(0, np.pi, 721)[:, None, None]
xi = 1 - 2 * r * (1 - np.cos(theta)) - 1j * nu * np.sin(theta)
sampled = np.abs(xi).max(axis=0) <= 1 + 1e-9

x, y = np.meshgrid(np.linspace(0.001, 0.62, 500), np.linspace(-1.25, 1.25, 500))
condition = " and ".join(f"${sp.latex(part)}$" for part in sp.And.make_args(found.condition))
fig, ax = plt.subplots()
ax.contourf(x, y, found.holds(r=x, nu=y), levels=[0.5, 1.5], colors=[REGION_COLOURS[0]])
ax.contour(x, y, found.margin()(r=x, nu=y), levels=[0], colors=BLACK, linewidths=1.4)
ax.plot(r[sampled], nu[sampled], "o", color="#0072B2", ms=2.5, label="sampled: stable")
ax.plot(r[~sampled], nu[~sampled], "x", color=VERMILION, ms=3, mew=0.8, label="sampled: a wave grows")
ax.set(xlabel=r"diffusion number $r = D\,\Delta t/\Delta x^2$", ylabel=r"Courant number $\nu = a\,\Delta t/\Delta x$")
ax.set(xlim=(0, 0.62), title=f"stable if and only if {condition}")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %%
# They agree at every dot.
assert (found.holds(r=r, nu=nu) == sampled).all()
