"""What is measured on training runs beside the distance of their weights: last bits, churn, gradient noise, growth."""
