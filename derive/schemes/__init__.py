"""What steps: a scheme on a grid as a user writes it, the method of lines, optimisers as recurrences."""
