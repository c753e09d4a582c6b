"""A scheme typed as text, read without being evaluated."""
