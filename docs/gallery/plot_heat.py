"""The step that is a little too long
==================================

Heat spreading from a few hot spots, by forward Euler in the plane, at steps just below and just above the derived bound. The
shortest wave wins: a checkerboard, which no eye would have put there.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp

from derive import stability
from derive.gallery import gallery

found = stability(gallery["heat-ftcs-2d"].scheme)
print(found)
r = sp.Symbol("r", positive=True)
same = found.in_terms_of({"r_x": r, "r_y": r})
print("on a square grid:", same.solve("r"))

# %%
# The bound is 1/4 on a square grid. Both rows start from the same seven spots.
random = np.random.default_rng(3)
start = np.zeros((64, 64))
for row, column in random.integers(10, 54, (7, 2)):
    start[row - 3 : row + 3, column - 3 : column + 3] = random.uniform(0.6, 1)


def stepped(u, ratio):
    """One step, periodic."""
    return u + ratio * (sum(np.roll(u, shift, axis) for shift in (1, -1) for axis in (0, 1)) - 4 * u)


fig, axes = plt.subplots(2, 4, figsize=(8.4, 4.4))
for row, ratio in zip(axes, (0.249, 0.258), strict=True):
    u, done = start, 0
    for ax, steps in zip(row, (0, 40, 150, 290), strict=True):
        for _ in range(steps - done):
            u = stepped(u, ratio)
        done = steps
        ax.imshow(u, cmap="magma", vmin=0, vmax=0.5, interpolation="nearest")
        ax.set(xticks=[], yticks=[], title=f"{steps} steps" if row is axes[0] else None)
    row[0].set_ylabel(f"r = {ratio}: {'stable' if same.holds(r=ratio) else 'unstable'}")
plt.show()
