"""What is measured on training runs beside the distance of their weights: last bits, churn, gradient noise, growth."""

from __future__ import annotations

from numerics.measures.churn import Churn, churn_rates
from numerics.measures.distance import Distances, distances

__all__ = ["Churn", "Distances", "churn_rates", "distances"]
