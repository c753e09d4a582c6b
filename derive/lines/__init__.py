"""The method of lines: an equation in space, and the integrators that take it through time."""
