"""Results of groups as a sweep gives them, without any training."""

from __future__ import annotations

import numpy as np
import xarray as xr

from numerics.training.recipe import Group

IMAGES = 400


def fabricated(group: Group, seed: int = 0, records: int = 0) -> xr.Dataset:
    """Random numbers of the right shapes; the trail is decided by k's odd part, as it should be."""
    generator, ks, epochs = np.random.default_rng(seed), group.ks, group.recipe.epochs
    shape = (len(ks), epochs)
    perturbed = np.array([k != group.unperturbed for k in ks])[:, None]
    grown = perturbed * np.geomspace(1e-7, 1e-1, epochs)
    trails = [[f"{k // (k & -k) if k else 0:08x}-{epoch:04x}" for epoch in range(epochs)] for k in ks]
    data = {
        "accuracy": (("k", "epoch"), generator.normal(90, 0.3, shape), {"units": "percent"}),
        "loss": (("k", "epoch"), generator.uniform(0, 1, shape), {"units": "nats"}),
        "rel_l1": (("k", "epoch", "layer"), grown[..., None] * np.ones(3), {"units": "1"}),
        "rel_l1_net": (("k", "epoch"), grown, {"units": "1"}),
        "changed": (("k", "epoch"), perturbed * np.full(shape, 0.5), {"units": "1"}),
        "churn": (("k", "epoch"), perturbed * np.full(shape, 0.02), {"units": "1"}),
        "trail": (("k", "epoch"), np.array(trails)),
        "right": (("k", "image"), (generator.random((len(ks), IMAGES)) < 0.9).astype(np.int8)),
        "status": (("k",), np.array(["finished"] * len(ks))),
        "unstable_epoch": (("k",), [0] * len(ks)),
    }
    coordinates = {"k": list(ks), "epoch": np.arange(1, epochs + 1), "layer": ["a", "b", "c"]}
    if records:
        rows = perturbed * np.ones((len(ks), records))
        data["rel_l1_step"] = (("k", "step"), rows * 1e-7, {"units": "1"})
        data["loss_step"] = (("k", "step"), rows, {"units": "nats"})
        coordinates["step"] = np.arange(1, records + 1) * max(1, group.recipe.trace)
    if group.recipe.fluctuation:
        for name in ("fluctuation", "fluctuation_median", "fluctuation_ratio"):
            data[name] = (("k", "epoch"), generator.uniform(1, 9, shape), {"units": "1"})
    if group.recipe.probe:
        for name in ("lr", "normalised"):
            data[name] = (("k", "epoch"), generator.uniform(0.1, 2, shape), {"units": "1"})
    return xr.Dataset(data, coordinates, {"mode": "one after another", "hardware": "paper and pencil"})
