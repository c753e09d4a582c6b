"""What capping the step size by a measured edge is worth, beside what there is: `python -m experiments.benchmarks control`.

Small real nets, a grid of step sizes three decades wide, several seeds; equal steps, and equal cost. The rows in which the cap
loses are in the same table.
"""
