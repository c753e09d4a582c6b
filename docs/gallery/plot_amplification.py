"""What a scheme does to every wave
================================

Leapfrog for advection keeps three time levels, so each wave has two amplification factors: the physical one, and a
parasitic one that the equation does not have. Within the Courant limit both stay on the circle; beyond it the waves of four
grid points go first.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from derive import dispersion, stability
from derive.gallery import gallery
from experiments.style import BLACK, LINES

SCHEMES = ("upwind", "lax-wendroff", "leapfrog", "fromm")
for name in SCHEMES:
    print(f"{name:14}", stability(gallery[name].scheme).solve("nu"))

# %%
# Each line is one Courant number; dashed are those at which the derived condition says *unstable*.
angles = np.linspace(0, np.pi, 361)
courant = (0.25, 0.5, 0.75, 1.0, 1.15)
colours = plt.get_cmap(LINES)(np.linspace(0, 0.9, len(courant)))
fig, axes = plt.subplots(1, len(SCHEMES), figsize=(9.5, 3.1), sharey=True)
for ax, name in zip(axes, SCHEMES, strict=True):
    scheme = gallery[name].scheme
    found, modes = stability(scheme), dispersion(scheme)
    for nu, colour in zip(courant, colours, strict=True):
        sampled, stable = modes.sample(angles, nu=nu), found.holds(nu=nu)
        ax.plot(angles / np.pi, sampled.damping[:, 0], color=colour, ls="-" if stable else "--", label=rf"$\nu = {nu:g}$")
        if sampled.damping.shape[1] > 1:
            ax.plot(angles / np.pi, sampled.damping[:, 1:], color=colour, ls=":")
    ax.axhline(1, color=BLACK, lw=0.6)
    ax.set(title=name, xlabel=r"phase per grid point $\theta/\pi$", ylim=(0, 1.9), xlim=(0, 1))
axes[0].set_ylabel(r"$|\xi|$ per step")
axes[-1].legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
