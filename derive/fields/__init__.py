"""What is differentiated: symbols, fields over space, networks and their losses, the first variation."""
