"""Fixtures of several files."""

from tests.experiments.auditing import run

__all__ = ["run"]
