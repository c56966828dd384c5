"""What is expected of the folds of a cross-validation, each alone and all of a repeat together."""

from __future__ import annotations

import great_expectations.expectations as gxe

from lensfinder.gate.checks import mean_between

LEAKS = tuple(f"{name}_in_one_part" for name in ("tile", "galaxy", "quasar"))
"""Expectations that fail if objects, not tiles, were dealt to the folds."""


def held_out_size(n_folds: int, tolerance: float) -> gxe.Expectation:
    """Return that a fold holds out its part of the objects; thresholds ``held_out_min`` and ``_max``."""
    checks = f"the fold holds out {1 / n_folds:.4f} ± {tolerance} of the objects"
    return mean_between("held_out_fraction", checks, "held_out", "held_out_min", "held_out_max")
