"""Random schemes of the harder kind, and brute force that knows nothing of the engine: `python -m experiments.fuzz`."""
