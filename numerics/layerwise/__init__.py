"""Layers of a chain: their bounds, and the edges found by simulation."""
