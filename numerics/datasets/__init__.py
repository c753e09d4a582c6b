"""Data sets that are resident on the device, and their batches."""

from __future__ import annotations

from numerics.datasets.batching import batches
from numerics.datasets.loading import available, check_available, first_available, load
from numerics.datasets.registered import DATASETS
from numerics.datasets.split import Data, Split

__all__ = ["DATASETS", "Data", "Split", "available", "batches", "check_available", "first_available", "load"]
