"""Sufficient conditions with a proof: a stencil's symbol enclosed, an integrator stable on the edge of what encloses it."""
