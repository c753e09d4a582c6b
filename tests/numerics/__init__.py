"""Tests of `numerics`."""
