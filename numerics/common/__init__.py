"""What everything here uses: checks of input, and the setting of cuBLAS."""
