"""The first run on a new device: does everything work there, to the last bit, and how fast."""
