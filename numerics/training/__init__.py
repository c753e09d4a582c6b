"""Training runs that are reproducible to the last bit: recipes, groups of members, their hash trails."""
