"""Hard negatives: what looks like a lens, is none, and was never trained on."""
