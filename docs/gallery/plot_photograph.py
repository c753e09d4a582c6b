"""The weight decay that a photograph asks for
===========================================

A one-layer network that sees this picture through a small kernel is stable for a range of weight decays. The range comes
from the picture's own spectrum: the exact eigenvalues of the windowed operator, put into the derived condition.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_sample_image

from derive import theorem
from experiments.pictures.bounds import largest_useful_lr
from experiments.style import BLUE, REGION_COLOURS, VERMILION
from numerics.pdes.correlation import Correlation
from numerics.pdes.spectrum import bounds_of, extreme_eigenvalues

photo = load_sample_image("flower.jpg")
grey = photo[::4, ::4].mean(axis=-1) / 255
A, BETA = -0.5, 1.0
print(theorem("5.4").summary())

# %%
# Between the lines a weight decay is stable; to the right of the last step size none is.
extremes = {side: extreme_eigenvalues(Correlation(torch.as_tensor(grey), side, "valid")) for side in (3, 5, 9)}
fig, (left, *axes) = plt.subplots(1, 4, figsize=(9.5, 2.9), width_ratios=[1.5, 1, 1, 1])
left.imshow(photo)
left.axis("off")
for ax, (side, found) in zip(axes, extremes.items(), strict=True):
    largest = largest_useful_lr(found, A, BETA)
    rates = largest * np.geomspace(0.03, 1.6, 200)
    low, high = np.array([bounds_of(found, A, BETA, float(lr)) for lr in rates]).T
    ax.fill_between(rates, low, high, where=low < high, color=REGION_COLOURS[0], label="stable")
    ax.plot(rates, low, color=BLUE, label="least weight decay")
    ax.plot(rates, high, color=VERMILION, label="largest weight decay")
    ax.set(xscale="log", yscale="log", xlabel="step size", title=f"{side}x{side} kernel\nstep size below {largest:.2g}")
axes[0].set_ylabel("weight decay")
axes[-1].legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
