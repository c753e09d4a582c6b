"""Text that is there without a network, and a small transformer that predicts its next letter.

The text is English prose on data sets, which scikit-learn ships: 40 kB. Letters count in lower case, all else as a blank.
"""

from __future__ import annotations

from importlib.resources import files

import torch
from torch import Tensor, nn

WIDTH, HEADS, WINDOW, LETTERS = 24, 2, 12, 27


def letters() -> Tensor:
    """(n,) int64 from 0, a blank, to 26; runs of blanks are one."""
    folder = files("sklearn.datasets").joinpath("descr")
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.iterdir(), key=lambda f: f.name) if ".rst" in file.name]
    kept = "".join(c if "a" <= c <= "z" else " " for c in " ".join(texts).lower())
    return torch.tensor([0 if c == " " else ord(c) - ord("a") + 1 for c in " ".join(kept.split())])


def windows(text: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """(count, WINDOW) letters, at places spread evenly, and those that follow each."""
    starts = torch.linspace(0, len(text) - WINDOW - 1, count).long()
    rows = text[starts[:, None] + torch.arange(WINDOW + 1)]
    return rows[:, :-1], rows[:, 1:]


class Transformer(nn.Module):
    """One block, norms first; attention written out, as its fused kernels have no second derivative."""

    def __init__(self) -> None:
        super().__init__()
        self.letters, self.places = nn.Embedding(LETTERS, WIDTH), nn.Embedding(WINDOW, WIDTH)
        self.before, self.between, self.last = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.asked, self.mixed = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.inner = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.out = nn.Linear(WIDTH, LETTERS)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T) letters -> (B, T, LETTERS) logits."""
        h = self.letters(x) + self.places.weight[: x.shape[1]]
        h = h + self._attended(self.before(h))
        return self.out(self.last(h + self.inner(self.between(h))))

    def _attended(self, h: Tensor) -> Tensor:
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.asked(h).chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        later = torch.ones(h.shape[1], h.shape[1], dtype=torch.bool, device=h.device).triu(1)
        return self.mixed((scores.masked_fill(later, -torch.inf).softmax(-1) @ v).transpose(1, 2).flatten(2))
