"""Figures and tables of trainings perturbed in the last bit."""
