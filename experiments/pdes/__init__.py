"""Figures and tables of simulated PDEs."""
