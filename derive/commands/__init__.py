"""The command line of `derive`."""
