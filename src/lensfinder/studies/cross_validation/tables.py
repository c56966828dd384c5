"""Tables of a cross-validation for the gate: some for each fold, and one for each repeat.

Which objects a fold holds out is read from its own files, not drawn again: the gate shares no code with what
cut the folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import pandas as pd

from lensfinder.studies.cross_validation.folds import Fold

Content = TypeVar("Content")

FoldTables = dict[str, dict[str, pd.DataFrame]]
"""Tables by their names, for each fold and each repeat by its own name."""


def repeat_name(repeat: int) -> str:
    """Return the name of what all folds of a repeat must fulfil together."""
    return f"repeat_{repeat}"


def table_name(fold: Fold, name: str) -> str:
    """Return the name of one of several tables of a fold."""
    return f"{fold.key}-{name}"


def by_repeat(of_folds: Mapping[Fold, Content]) -> dict[int, list[Content]]:
    """Group what belongs to folds by their repeats."""
    groups: dict[int, list[Content]] = {}
    for fold, content in of_folds.items():
        groups.setdefault(fold.repeat, []).append(content)
    return groups
