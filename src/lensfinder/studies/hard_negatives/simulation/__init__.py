"""Simulation of what mimics a lensed quasar."""
