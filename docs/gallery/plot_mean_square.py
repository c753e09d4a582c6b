"""Small batches leave the edge early
==================================

Where the curvature is drawn anew at each step, the mean of a weight may shrink while its second moment grows. The condition in
mean square is exact too, and much lower with momentum.
"""

# %%
# At deviation 0 it is the edge without noise.
import matplotlib.pyplot as plt
import numpy as np

from derive import mean_square, mean_square_edge
from experiments.style import CYCLE

print(mean_square("heavy-ball").condition)


# %%
# Lines: derived. Dots: the step is a matrix A of weight and buffer; second moments are multiplied by E[A (x) A], written
# out here, whose spectral radius passes 1 where the dot is, by bisection.
def growth(lr, momentum, deviation):
    """By what a step multiplies the second moments."""
    mean = np.array([[1 - lr, -lr * momentum], [1, momentum]])
    noise = deviation * np.array([[-lr, 0], [1, 0]])
    return np.abs(np.linalg.eigvals(np.kron(mean, mean) + np.kron(noise, noise))).max()


noise = np.linspace(0, 3, 60)
fig, ax = plt.subplots(figsize=(6.4, 3.6))
for momentum, colour in zip((0.0, 0.5, 0.9), CYCLE, strict=False):
    values = {"momentum": momentum, "curvature": 1.0}
    edges = [mean_square_edge("heavy-ball", "lr", values | {"deviation": s}) for s in noise]
    ax.plot(noise, edges, color=colour, label=f"momentum {momentum:g}")
    for deviation in (0.0, 0.5, 1.0, 2.0, 3.0):
        low, high = 0.0, 6.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if growth(middle, momentum, deviation) < 1 else (low, middle)
        ax.plot(deviation, low, "o", color=colour, ms=4)
ax.set(yscale="log", xlabel="deviation of the curvature over its mean", ylabel="largest stable lr times curvature")
ax.legend()
plt.show()
