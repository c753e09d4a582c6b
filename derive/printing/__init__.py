"""How it is written: text, LaTeX, and the generated NumPy and torch code."""
