"""What is measured on training runs beside the distance of their weights: last bits, churn, gradient noise, growth."""

from __future__ import annotations

from numerics.measures.churn import Churn, churn_rates

__all__ = ["Churn", "churn_rates"]
