"""Which cap: c, or a share of the mean-square edge, over batch sizes and momenta: `python -m experiments.benchmarks caps`.

The rule by which a default is chosen, stated before anything was run: of c = 1, c = 2, c = 1 below 64 rows a step and 2 from
there on, a quarter and a half of the mean-square edge, the one whose worst case is least. The worst case is the largest, over
nets, schedules, batch sizes, momenta and step sizes from 1 to 30 times the best fixed one, of the training loss over that of
the best fixed step size with the same schedule (its geometric mean over seeds). Where the interval of the paired difference
from what is the default today holds 0, they are not told apart, and the default stays.
"""
