"""A net climbs to its edge, and stays there
=========================================

Trained by full batches, a network grows sharper until the largest eigenvalue of its Hessian meets the edge derived for its
optimiser; then the loss is no longer monotone, and the sharpness hovers (Cohen et al., 2021). The three rates are those of
the tried that get there in these steps; at 0.06 and 0.04 the sharpness was still climbing after 1350.
"""

# %%
# The edge is derived; the sharpness is measured by Lanczos.
import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits

from derive import maximal_curvature
from experiments.style import CYCLE
from numerics.sharpness import sharpness

edge = maximal_curvature("gd")
print("gradient descent is stable for curvatures below", edge)

# %%
images, labels = load_digits(return_X_y=True)
x = torch.as_tensor(images[:300] / 16 - 0.3, dtype=torch.float64)
y = torch.nn.functional.one_hot(torch.as_tensor(labels[:300]), 10).double()


def loss_fn(outputs, targets):
    """Squared error, a mean over the samples."""
    return (outputs - targets).square().sum(1).mean()


# %%
fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.8, 4.6), sharex=True)
for lr, colour in zip((0.2, 0.13, 0.1), CYCLE, strict=False):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses, steps, values = [], [], []
    for step in range(1400):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % 40 == 0:
            steps.append(step)
            values.append(float(sharpness(model, loss_fn, [(x, y)], k=1)))
    top.plot(losses, color=colour, lw=0.8)
    bottom.plot(steps, values, "o-", ms=2, color=colour, label=f"lr = {lr:g}")
    bottom.axhline(float(edge.subs({s: lr for s in edge.free_symbols})), color=colour, ls="--", lw=0.9)
top.set(yscale="log", ylabel="loss")
bottom.set(ylabel="largest eigenvalue\nof the Hessian", xlabel="step")
bottom.legend(title="dashed: edge", loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
