"""Flows of images and layers as generated torch code."""
