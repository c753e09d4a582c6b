"""How a derivation, a claim and an erratum are told."""
