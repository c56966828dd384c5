"""Gravitational lensing of point sources by a softened isothermal ellipsoid with external shear."""
