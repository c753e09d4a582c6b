"""Two and three phases: forms about the corners of the torus of phases."""
