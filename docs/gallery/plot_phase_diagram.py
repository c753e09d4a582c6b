"""Stable, restrained, unstable
============================

The gradient flow of a one-layer network, discretised, is a nonlinear PDE of its kernel. Beyond the linear edge it may
oscillate for ever without blowing up: *restrained*. Colours: simulations. Lines: derived.
"""

# %%
# Only runs between two of different verdict are simulated; the rest lie between two of the same.
import matplotlib.pyplot as plt

from experiments.pdes import phase_diagram
from experiments.pdes.nonlinear_setting import NonlinearSetting
from experiments.running.progress import silent

config = phase_diagram.Config(NonlinearSetting(image=32, kernel=6), (0.05, 1.6, 18), (0.1, 10.0, 33), 240, 8)
results = phase_diagram.compute(config, "cpu", silent)
plt.figure(phase_diagram.render(results))
plt.show()

# %%
print(phase_diagram.caption(results))
