"""Which objects train, validate and test one model: the same question to the splits of every survey."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.workspace.paths import SurveyPaths

PART_COLUMNS = {name: SET_COLUMNS[name] for name in ("object_id", "row", "label", "part")}
"""Columns that the splits of every survey have, among others."""


def read_parts(paths: SurveyPaths, model: str) -> pd.DataFrame:
    """Read the objects of all parts of one model of the survey; see :func:`read_parts_of`."""
    return read_parts_of(paths.splits_of(model))


def read_parts_of(files: Sequence[Path]) -> pd.DataFrame:
    """Read the objects of all parts from the tables that hold them, with all columns that these share.

    Objects that are neither lens nor non-lens (a label other than 1 and 0) are left out.

    Raises
    ------
    UserError
        If a table is missing or lacks one of :data:`PART_COLUMNS`, or if two tables name the same row.
    """
    tables = [read_table(path, PART_COLUMNS) for path in files]
    parts = pd.concat(tables, join="inner", ignore_index=True)
    twice = parts[parts["row"].duplicated()]
    if len(twice):
        names = " and ".join(str(path) for path in files)
        raise UserError(
            f"{names}: {len(twice)} row(s) named twice (first: {twice['object_id'].iloc[0]}, row "
            f"{twice['row'].iloc[0]}); make the splits again"
        )
    return parts[parts["label"].isin((0, 1))].reset_index(drop=True)
