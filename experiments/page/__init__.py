"""The page of everything."""
