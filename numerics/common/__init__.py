"""What everything here uses: checks of input, the search for an edge, datasets as netCDF, the setting of cuBLAS."""
