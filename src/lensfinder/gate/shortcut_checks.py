"""What is expected of single numbers, whatever the survey: that those named tell nothing of the class."""

from __future__ import annotations

from collections.abc import Sequence

from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import between
from lensfinder.gate.expectations import Suite
from lensfinder.gate.shortcuts import P_MIN, Gated


def shortcuts_suite(gated: Sequence[Gated]) -> Suite:
    """Return what is expected of :func:`~lensfinder.gate.shortcuts.shortcuts_table`, by gated number."""
    expectations = [
        between(
            f"{of.number}_tells_nothing",
            f"{of.words} alone tells no lens: its AUC lies within "
            f"{f'{of.tolerance:g} of ' if of.tolerance else 'chance of '}½ (p ≥ {P_MIN:g}, Holm)",
            "p_holm",
            low="p_min",
            where=Column("number") == of.number,
        )
        for of in gated
    ]
    names = ("number", "auc", "standard_error", "n")
    return Suite("shortcuts", names, tuple(expectations), {"p_min": P_MIN}, shown=True)
