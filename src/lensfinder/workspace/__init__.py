"""The repository as DVC and git see it: paths, provenance, presets, locks, the guard of the lock file."""
