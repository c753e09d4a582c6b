"""Training steps side by side: each member's step is recorded as a CUDA graph and replayed in a lane of its own.

The kernels of a step and their order are those of the eager step, so are its bits. What is gained: a small net's step is
hundreds of short kernels, which a replay starts without Python, and the members' kernels share the device.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from numerics.training.lane import Lane, Step, now
from numerics.training.member import Member


class Recording:
    """One member's step on a batch that is always in the same place."""

    def __init__(self, member: Member, device: torch.device) -> None:
        self.member, self.lane = member, Lane(device)
        self.warm, self.lr, self.replay = False, member.lr, None

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """The loss; `images` and `labels` must be the same tensors each time."""
        if not self.warm:
            # The first step makes what later ones use: momentum buffers, handles and workspaces of the libraries.
            self.warm = True
            return self.member.step(images, labels)
        if self.replay is None or self.lr != self.member.lr:
            self.replay = None  # gives the old graph's memory back first
            self.replay, self.lr = self._recorded(images, labels), self.member.lr
        return self.replay()

    def _recorded(self, images: Tensor, labels: Tensor) -> Step:
        """The step size is a number inside the graph, as are the addresses of weights and optimiser state."""
        return self.lane.recorded(lambda: self.member.step(images, labels))


class GraphStepper:
    """All members at once. A batch smaller than the first one, as the last of an epoch may be, is stepped on eagerly."""

    def __init__(self, members: Sequence[Member], device: torch.device) -> None:
        self.device = device
        self.recordings = [Recording(member, device) for member in members]
        self.images = self.labels = torch.empty(0)

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """See Stepper."""
        if not self.images.numel():
            self.images, self.labels = torch.empty_like(images), torch.empty_like(labels)
        whole = images.shape == self.images.shape
        if whole:
            self.images.copy_(images)
            self.labels.copy_(labels)
        ready, losses = now(self.device), []
        for recording in self.recordings:
            with recording.lane.running(ready):
                losses.append(self._one(recording, images, labels, whole))
        # The next batch is put in place by the current stream, so not before every member is done with this one.
        for recording in self.recordings:
            recording.lane.join()
        return torch.stack(losses)

    def _one(self, recording: Recording, images: Tensor, labels: Tensor, whole: bool) -> Tensor:
        if whole:
            return recording.step(self.images, self.labels)
        return recording.member.step(images, labels)
