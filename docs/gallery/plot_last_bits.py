"""Two trainings apart by one bit
==============================

The same network, the same batches, and an update multiplied by k and divided by k again: at odd k only the last bits
differ. Below the edge the difference stays where rounding left it; far beyond it, at the second rate, it grows by orders of
magnitude. Of six rates tried these two are drawn; at 2.5, which also starts beyond the edge, the difference stayed near
1e-14 for 400 steps: the edge at the start does not decide it.
"""

# %%
# ``PerturbedSGD`` is torch's SGD to the bit for k = 1.
import matplotlib.pyplot as plt
import torch

from derive import maximal_curvature
from experiments.style import BLUE, VERMILION
from numerics import relative_l1
from numerics.datasets import load
from numerics.optim import PerturbedSGD
from numerics.sharpness import sharpness

digits = load("digits").train
x, y, loss_fn = digits.images[:256].flatten(1).double(), digits.labels[:256], torch.nn.functional.cross_entropy


def fresh():
    """The network at its start."""
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 24), torch.nn.Tanh(), torch.nn.Linear(24, 10)).double()


def trained(lr, k, steps=160):
    """Weights after every second step."""
    model = fresh()
    optimizer = PerturbedSGD(model.parameters(), lr=lr, momentum=0.9, k=k)
    for step in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        if step % 2 == 0:
            yield torch.cat([p.detach().flatten() for p in model.parameters()])


# %%
# How near to the edge each training starts: its sharpness over the derived edge of SGD with momentum.
start, edge = float(sharpness(fresh(), loss_fn, [(x, y)], k=1)), maximal_curvature("heavy-ball")
for lr in (0.02, 4.0):
    value = edge.subs({s: {"lr": lr, "momentum": 0.9}[s.name] for s in edge.free_symbols})
    print(f"lr = {lr:g}: starts at {start / float(value):.2g} of the edge")

fig, ax = plt.subplots(figsize=(6.8, 3.6))
for lr, colour in ((0.02, BLUE), (4.0, VERMILION)):
    for k, style in ((3, "-"), (5, "--"), (7, ":")):
        apart = [float(relative_l1(a, b)) for a, b in zip(trained(lr, k), trained(lr, 1), strict=True)]
        ax.plot(range(0, 160, 2), apart, style, color=colour, label=f"lr = {lr:g}, k = {k}")
ax.axhline(torch.finfo(torch.float64).eps, color="0.5", lw=0.8, label="a unit in the last place")
ax.set(yscale="log", xlabel="step", ylabel="relative distance of the weights")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
