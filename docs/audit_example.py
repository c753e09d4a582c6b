"""Three small trainings to audit: `cd docs && python -m experiments audit audit_example:too_fast`."""

from __future__ import annotations

import torch
from torch import nn

from numerics import nets
from numerics.datasets import batches, load

BATCH = 64


def too_fast(audit, epochs=6):
    """A ResNet under SGD with momentum, at a step size beyond its edge at first."""
    model = nets.build("resnet-8", channels=1, classes=10, size=8)
    train(model, torch.optim.SGD(model.parameters(), lr=0.6, momentum=0.9), audit, epochs)


def with_adam(audit, epochs=6):
    """The same network under Adam, at its default step size."""
    model = nets.build("resnet-8", channels=1, classes=10, size=8)
    train(model, torch.optim.Adam(model.parameters(), lr=1e-3), audit, epochs)


def stable(audit, epochs=6):
    """A small network at a small step size."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
    train(model, torch.optim.SGD(model.parameters(), lr=0.05), audit, epochs)


def train(model, optimizer, audit, epochs):
    """An ordinary loop; the two lines with `audit` and `monitor` are all that the audit asks for."""
    digits = load("digits")
    loss_fn = nn.CrossEntropyLoss()
    monitor = audit(model, optimizer, loss_fn)
    for epoch in range(epochs):
        for images, labels in batches(digits.train, BATCH, order_seed=1, augment_seed=None, epoch=epoch):
            optimizer.zero_grad()
            loss_fn(model(images), labels).backward()
            optimizer.step()
            monitor.step(images, labels)


def untouched():
    """A training that knows nothing of the audit; it is watched by hooks."""
    too_fast(lambda *_: type("Nothing", (), {"step": lambda *_: None})(), epochs=3)
