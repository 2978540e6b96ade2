"""Deletes objects from OSS: exactly what an order names, and nothing else."""

__version__ = "0.1.0"
