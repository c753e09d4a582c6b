"""What is fast, measured against a peer in the same run: `python -m experiments.benchmarks`. Never a timed test."""
