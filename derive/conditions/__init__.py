"""When no wave grows: from an amplification polynomial to a condition in the parameters alone."""
