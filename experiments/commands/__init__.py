"""The command line of `experiments`."""
