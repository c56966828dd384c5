"""Leak-free parts: unions of sky tiles.

One galaxy hosts several systems and one quasar serves several of them, but none leaves its tile. So parts
that share no tile share no galaxy and no quasar either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lensfinder.datasets.table import Column, read_table, write_table
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.params.base import TiledSection
from lensfinder.typing import BoolArray, FloatArray, IntArray
from lensfinder.workspace.paths import SurveyPaths


def split_columns(positive: str) -> dict[str, Column]:
    """Columns of a split by tiles; ``positive`` says what a lens is called, with its article."""
    return {
        "object_id": Column("str", "", "name of the object"),
        "row": Column("int64", "", "its row in catalogue and images"),
        "label": Column("int8", "", f"1 for {positive}, else 0"),
        "kind": Column("str", "", "kind of object"),
        "tile": Column("int32", "", "sky tile"),
        "part": Column("str", "", "train, validation or test"),
    }


@dataclass(frozen=True)
class TileParts:
    """Parts that are unions of sky tiles, one table for all models.

    They are a survey's :class:`~lensfinder.datasets.parts.Parts` if its section is a
    :class:`~lensfinder.params.base.TiledSection`.
    """

    catalogue_columns: Mapping[str, Column]
    columns: Mapping[str, Column]

    def make(self, paths: SurveyPaths, params: Params) -> None:
        """Cut the training sample's tiles into training and validation, and print the counts."""
        section = params.section(TiledSection)
        catalogue = read_table(paths.catalogue, self.catalogue_columns)
        splits = split_catalogue(catalogue, section.split.validation_fraction, params.seed)
        self.write(paths.splits, splits)
        counts = splits.groupby(["part", "kind"]).size().unstack()
        print(counts.to_string(), flush=True)

    def write(self, base: Path, splits: pd.DataFrame) -> None:
        """Write the one table."""
        write_table(self.files(base)[0], splits, self.columns)

    def files(self, base: Path, model: str = "") -> tuple[Path, ...]:
        """Return the one table."""
        return (base.with_name(f"{base.name}.parquet"),)


def group_tiles(
    counts: FloatArray, fractions: FloatArray, rng: np.random.Generator, by_class: bool = False
) -> IntArray:
    """Assign tiles to groups so that every group gets its fraction of every class.

    Tiles are taken in random order, each to the group that then lacks most.

    Parameters
    ----------
    counts
        Objects of each class in each tile, of shape (n_tiles, n_classes).
    fractions
        Wanted fraction of the objects in each group, of shape (n_groups,), summing to 1.
    by_class
        Look at what a group lacks of every class, not only of all together: where the mix of classes differs
        from tile to tile.

    Returns
    -------
    Group of each tile, of shape (n_tiles,).

    Raises
    ------
    UserError
        If there are fewer tiles than groups.
    """
    if len(counts) < len(fractions):
        raise UserError(f"{len(counts)} tile(s) cannot be cut into {len(fractions)} parts that share no tile")
    share = counts / counts.sum(axis=0)
    filled = np.zeros((len(fractions), counts.shape[1]))
    groups = np.empty(len(counts), dtype=np.int64)
    for tile in rng.permutation(len(counts)):
        # What a group lacks counts in units of its own size: small groups fill at the pace of large ones.
        lacking = (fractions[:, None] - filled) / fractions[:, None]
        if by_class:
            left = lacking - share[tile] / fractions[:, None]
            lack = (fractions[:, None] * (lacking**2 - left**2)).sum(axis=1)
        else:
            lack = lacking.sum(axis=1)
        groups[tile] = int(np.argmax(lack))
        filled[groups[tile]] += share[tile]
    return groups


def split_catalogue(
    catalogue: pd.DataFrame, validation_fraction: float, seed: int, by_class: bool = False
) -> pd.DataFrame:
    """Cut the training sample into training and validation; the test sample is the test part.

    ``by_class`` is that of :func:`group_tiles`.

    Returns
    -------
    One row an object, in the catalogue's order, with the columns of ``SPLIT_COLUMNS``.
    """
    train = catalogue[catalogue["sample"] == "train"]
    table = pd.crosstab(train["tile"], train["kind"]).sort_index()
    groups = group_tiles(
        table.to_numpy(dtype=float),
        np.array([1 - validation_fraction, validation_fraction]),
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,))),
        by_class,
    )
    validation_tiles = table.index.to_numpy()[groups == 1]
    return split_table(catalogue, catalogue["tile"].isin(validation_tiles).to_numpy())


def split_table(catalogue: pd.DataFrame, validation: BoolArray) -> pd.DataFrame:
    """Give every object its part: the test sample test, others validation where marked, else train.

    Parameters
    ----------
    validation
        Marks of shape (n_objects,); those of the test sample say nothing.

    Returns
    -------
    One row an object, in the catalogue's order, with the columns of ``SPLIT_COLUMNS``.
    """
    learned = np.where(validation, "validation", "train")
    return pd.DataFrame(
        {
            "object_id": catalogue["object_id"],
            "row": np.arange(len(catalogue), dtype=np.int64),
            "label": catalogue["label"].astype(np.int8),
            "kind": catalogue["kind"],
            "tile": catalogue["tile"].astype(np.int32),
            "part": np.where(catalogue["sample"] == "test", "test", learned),
        }
    )
