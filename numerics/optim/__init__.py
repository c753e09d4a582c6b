"""Optimisers perturbed in the last floating-point bit."""
