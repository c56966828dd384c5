"""What stands in the sky: galaxies and quasars, their spectra, and their fluxes in a survey's bands."""
