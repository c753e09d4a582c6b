"""Figures and tables at the edge of stability."""
