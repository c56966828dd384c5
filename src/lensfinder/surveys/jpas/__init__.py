"""J-PAS: lensed quasars in 56 bands."""
