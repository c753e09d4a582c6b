"""Conditions for every value of a parameter in a range."""
