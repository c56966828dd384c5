"""Simulation of J-PAS-like cubes."""
