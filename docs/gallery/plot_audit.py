"""An audit of a training
======================

What ``python -m experiments audit module:function`` measures of a training of your own: how near the whole network is to
its edge, which layer comes nearest, the loss, and how far apart two trainings are that differ in a last bit.
"""

# %%
# Two lines in an ordinary loop: the monitor, and its step. The learning rate warms up into trouble.
import matplotlib.pyplot as plt
import torch

from experiments.audit.drawing import draw
from numerics.datasets import batches, load
from numerics.monitor import StabilityMonitor

torch.manual_seed(0)
digits, loss_fn = load("digits"), torch.nn.CrossEntropyLoss()
model = torch.nn.Sequential(
    torch.nn.Flatten(),
    torch.nn.Linear(64, 48),
    torch.nn.Tanh(),
    torch.nn.Linear(48, 48),
    torch.nn.Tanh(),
    torch.nn.Linear(48, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
warming = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.02**step)
with StabilityMonitor(model, optimizer, loss_fn, every=12, budget=2.0) as monitor:
    for epoch in range(10):
        for images, labels in batches(digits.train, 64, order_seed=1, augment_seed=None, epoch=epoch):
            optimizer.zero_grad()
            loss_fn(model(images), labels).backward()
            optimizer.step()
            monitor.step(images, labels)
            warming.step()

# %%
print(monitor.latest["verdict"], "-", monitor.latest["reason"])
plt.figure(draw(monitor.dataset()))
plt.show()
