"""Leak-free parts: unions of sky tiles.

One galaxy hosts several systems and one spectrum serves several quasars, but none leaves its tile. So parts
that share no tile share no galaxy and no spectrum either.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.typing import BoolArray, FloatArray, IntArray


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
