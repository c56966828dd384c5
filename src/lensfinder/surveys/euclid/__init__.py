"""The Euclid-like survey: four-band stamps of galaxies and what they lens."""
