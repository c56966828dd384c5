"""Measures, intervals and comparisons: numbers in, numbers out."""
