"""The repository as DVC and git see it: paths, provenance, presets, the guard of the lock file."""
