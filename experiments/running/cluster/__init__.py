"""Trainings on a Dask cluster."""
