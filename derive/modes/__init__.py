"""What a scheme does to one wave: amplification polynomial, dispersion, order of accuracy."""
