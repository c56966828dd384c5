"""Which objects train, validate and test one model: the same question to the splits of every survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pandas as pd

from lensfinder.datasets.table import Column, read_table
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.workspace.paths import SurveyPaths

PART_COLUMNS = {
    "object_id": Column("str", "", "name of the object"),
    "row": Column("int64", "", "its row in catalogue and images"),
    "label": Column("int8", "", "1 for a lens, 0 for a non-lens"),
    "part": Column("str", "", "train, validation or test"),
}
"""Columns that the splits of every survey have, among others."""


class Parts(Protocol):
    """How the samples of a survey become parts: :class:`.splits.TileParts`, or the survey's own way."""

    columns: Mapping[str, Column]
    """Of each of its tables; :data:`PART_COLUMNS` and others."""

    def make(self, paths: SurveyPaths, params: Params) -> None:
        """Write the parts of all of a survey's models, below ``paths.splits``.

        Raises
        ------
        UserError
            If the catalogue is missing or cannot be read, or if a part would be too small.
        """

    def files(self, base: Path, model: str) -> tuple[Path, ...]:
        """Return the tables below ``base`` that together say which object is in which part for one model.

        The first holds what the model learns from.
        """


def training_set(parts: Parts, base: Path, model: str) -> str:
    """Return the name of what a model learns from, that of the table: models may share one."""
    return parts.files(base, model)[0].stem


def read_parts(files: Sequence[Path]) -> pd.DataFrame:
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
