"""How an experiment is run, kept, resumed and shared."""
