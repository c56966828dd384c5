"""Figures, for any survey and study."""
