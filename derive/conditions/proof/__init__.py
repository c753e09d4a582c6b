"""Certificates by an SMT solver."""
