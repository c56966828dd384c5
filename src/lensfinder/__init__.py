"""lensfinder: train, compare and trust neural networks that find strong gravitational lenses."""

__version__ = "0.1.0"
