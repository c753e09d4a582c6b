"""Every claim of the paper against the derivation, and the derivation against direct computation."""
