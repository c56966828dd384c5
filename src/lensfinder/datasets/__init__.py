"""Datasets on disk: tables with units, memory-mapped image arrays, representations, splits."""
