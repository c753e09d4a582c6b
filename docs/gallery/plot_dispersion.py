"""How fast each wave travels
==========================

Stability keeps a scheme from blowing up; dispersion is what tears its waves apart. Above: the speed of each wave over the exact
one. Below: a pulse after two hundred steps, where the short waves have fallen behind, or have been damped away.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from derive import dispersion, modified_equation
from derive.gallery import gallery
from experiments.style import BLACK, CYCLE

NAMES, NU, STEPS, POINTS = ("upwind", "lax-wendroff", "beam-warming", "fromm"), 0.6, 200, 240
for name in NAMES:
    print(f"{name:13}", modified_equation(gallery[name].scheme).equation)

# %%
# The pulse is moved in frequency, by the very roots that are drawn above it.
angles = np.linspace(1e-3, np.pi, 400)
x = np.arange(POINTS)
pulse = np.exp(-(((x - 40) / 4) ** 2))
frequencies = 2 * np.pi * np.fft.rfftfreq(POINTS)
fig, (top, bottom) = plt.subplots(2, 1, figsize=(7, 5))
for name, colour in zip(NAMES, CYCLE, strict=False):
    modes = dispersion(gallery[name].scheme)
    sampled = modes.sample(angles, nu=NU)
    top.plot(angles / np.pi, sampled.relative_speed[:, 0], color=colour, label=name)
    roots = modes.sample(frequencies, nu=NU).roots[:, 0]
    moved = np.fft.irfft(np.fft.rfft(pulse) * roots**STEPS, POINTS)
    bottom.plot(x, moved, color=colour, label=name)
bottom.plot(x, np.roll(pulse, round(NU * STEPS)), color=BLACK, lw=0.8, ls="--", label="exact")
top.axhline(1, color=BLACK, lw=0.6)
top.set(xlabel=r"phase per grid point $\theta/\pi$", ylabel="speed over the exact one", xlim=(0, 1))
bottom.set(xlabel="grid point", ylabel="u", xlim=(60, POINTS), title=rf"a pulse after {STEPS} steps at $\nu = {NU}$")
for ax in (top, bottom):
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
