"""What every simulator shares: random streams, noise, point-spread functions."""
