"""Simulation of Euclid-like stamps."""
