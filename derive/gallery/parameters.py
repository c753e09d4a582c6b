"""Parameters of the gallery: every scheme is written in the dimensionless numbers that its stability depends on."""

from __future__ import annotations

from derive.fields.symbols import declare
from derive.schemes.grid import GridFunction

r = declare("r", "r", "diffusion number, diffusivity times dt/dx^2", positive=True)
r_x = declare("r_x", "r_x", "diffusion number along x", positive=True)
r_y = declare("r_y", "r_y", "diffusion number along y", positive=True)
r_z = declare("r_z", "r_z", "diffusion number along z", positive=True)
nu = declare("nu", r"\nu", "Courant number, speed times dt/dx; negative for a wave to the left", real=True)
nu_x = declare("nu_x", r"\nu_x", "Courant number along x", real=True)
nu_y = declare("nu_y", r"\nu_y", "Courant number along y", real=True)
nu_z = declare("nu_z", r"\nu_z", "Courant number along z", real=True)
decay = declare("s", "s", "rate of decay times dt", positive=True)
relaxation = declare("omega_r", r"\omega_r", "rate of relaxation times dt, of a lattice Boltzmann scheme", real=True)
mass = declare("m", "m", "mass of the Klein-Gordon equation times dt", positive=True)
dispersion = declare("mu", r"\mu", "dispersion times dt/dx^3, of a third derivative", real=True)
shear = declare("k", "k", "square of the speed of shear waves over that of pressure waves", positive=True)
inertia = declare("tau", r"\tau", "time of relaxation over dt, of a medium", positive=True)
susceptibility = declare("chi", r"\chi", "susceptibility of a medium at rest", positive=True)
filtering = declare("gamma", r"\gamma", "strength of the Robert-Asselin filter", positive=True)

u = GridFunction("u", 1)
v = GridFunction("v", 1)
p = GridFunction("p", 2)
q = GridFunction("q", 2)
