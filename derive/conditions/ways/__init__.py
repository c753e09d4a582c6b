"""How the frequency is eliminated, one file a way."""
