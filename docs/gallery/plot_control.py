"""A learning rate that is far too high, made harmless
===================================================

``EdgeController`` measures the edge as the training goes and caps the learning rate inside the step alone. Where the cap
does not bind, it writes nothing. It makes too high a rate harmless; it finds no better optimum, and replaces no decay.

In its unit c, which is lr times sharpness over 2 (1 - momentum), the cap is 2 for batches of 64; the noise-free edge would
be at (1 + momentum) / (1 - momentum), here 19, and mini-batches fail far below that.
"""

# %%
import matplotlib.pyplot as plt
import torch

from experiments.style import BLUE, CYCLE, VERMILION
from numerics.control import EdgeController
from numerics.control.unit import limit
from numerics.datasets import batches, load

digits, loss_fn = load("digits"), torch.nn.CrossEntropyLoss()


def train(lr, controlled):
    """Losses, and the controller's log."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 48), torch.nn.ReLU(), torch.nn.Linear(48, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    control, losses = EdgeController(model, optimizer, loss_fn, every=20) if controlled else None, []
    for epoch in range(8):
        for images, labels in batches(digits.train, 64, order_seed=0, augment_seed=None, epoch=epoch):
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            if control:
                control.step(images, labels)
            optimizer.step()
            losses.append(loss.item())
    return losses, control and control.dataset()


# %%
# The same far too high rate with and without the cap.
LR = 8.0
fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.8, 4.6), sharex=True)
for controlled, colour, name in ((False, VERMILION, f"lr = {LR:g}"), (True, BLUE, f"lr = {LR:g}, capped")):
    losses, log = train(LR, controlled)
    top.plot(losses, color=colour, lw=0.9, label=name)
bottom.plot(log.step, log.wanted, color=VERMILION, label="wanted")
bottom.plot(log.step, log.applied, color=BLUE, label=f"applied: c = {limit(64):g}")
bottom.plot(log.step, log.edge, ".", ms=2, color=CYCLE[2], label="measured: c = 1")
top.set(yscale="log", ylabel="loss of the batch")
bottom.set(yscale="log", xlabel="step", ylabel="learning rate")
for ax in (top, bottom):
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
