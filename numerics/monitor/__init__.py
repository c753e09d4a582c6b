"""How far a training is from its stability edge, while it runs."""

from __future__ import annotations

from numerics.monitor.monitor import StabilityMonitor
from numerics.monitor.options import Options, Sink, StabilityWarning
from numerics.monitor.verdict import VERDICTS, verdict

__all__ = ["VERDICTS", "Options", "Sink", "StabilityMonitor", "StabilityWarning", "verdict"]
