"""Figures of this survey alone."""
