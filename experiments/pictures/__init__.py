"""Curves, regions and loci of schemes; bounds of a picture."""
