"""How good a lens finder is, how sure that is, and whether two of them differ."""
