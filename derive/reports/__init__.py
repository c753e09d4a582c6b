"""What is printed of a scheme, of the optimisers, and exported to LaTeX."""
