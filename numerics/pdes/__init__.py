"""The PDEs simulated: correlation with an image, spectra, time steps, verdicts, edges."""
