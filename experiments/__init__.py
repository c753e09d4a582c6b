"""Every figure and table: one file each."""
