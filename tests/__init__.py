"""Tests; they mirror the packages. `oracles` holds slow, obvious references."""
