"""Worlds in which a derivation's steps have to hold: numbers and fields that brute force finds, no derivation among them.

One module per part of the theory; each maps a theorem's key to its worlds, by step. `evaluate` says whether a step holds in one.
"""
