"""A member's own stream of work on a device; on a CPU work is done where it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

Step = Callable[[], Tensor]


class Lane:
    """Work that runs beside that of other lanes, in the order in which it is given."""

    def __init__(self, device: torch.device) -> None:
        self.stream = torch.cuda.Stream(device) if device.type == "cuda" else None

    @contextmanager
    def running(self, ready: torch.cuda.Event | None) -> Iterator[None]:
        """Work given inside runs in this lane, once `ready` has happened."""
        if self.stream is None or ready is None:
            yield
            return
        self.stream.wait_event(ready)
        with torch.cuda.stream(self.stream):
            yield

    def join(self) -> None:
        """Whatever is given to the current stream from now on waits for this lane's work."""
        if self.stream is not None:
            torch.cuda.current_stream(self.stream.device).wait_stream(self.stream)

    def recorded(self, step: Step) -> Step:
        """The step as a CUDA graph, to be replayed in this lane; on a CPU the step itself. Recording does not take it.

        What the step makes lives in a memory pool of the graph's own, so nothing else is ever put where the graph writes.
        The step must make its gradients anew (`set_to_none`), then they are in that pool too.
        """
        if self.stream is None:
            return step
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on using the device meanwhile; this one may not wait for it.
        with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
            result = step()

        def replay() -> Tensor:
            graph.replay()
            return result

        return replay


def now(device: torch.device) -> torch.cuda.Event | None:
    """The point that the current stream has reached, for lanes to wait for; None on a CPU."""
    return torch.cuda.current_stream(device).record_event() if device.type == "cuda" else None
