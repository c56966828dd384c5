"""Folds of a cross-validation: each is held out once by networks that learn from all others.

A fold is the catalogue with its column ``sample`` rewritten: the objects held out are the test sample, all
others the training sample. Whatever makes the parts of an ordinary training makes those of a fold.

Folds are unions of sky tiles, like all parts; they hold tiles of both samples, whose mixes of kinds may
differ, so that tiles are grouped with an eye on every kind. To deal out objects at random instead is the
usual mistake: then the network has seen the galaxy, or the quasar, of the object that it is judged by. Where
objects share nothing (surveys without tiles) random folds are right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lensfinder.datasets.splits import group_tiles, split_catalogue, split_table
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.typing import AnyArray, BoolArray, IntArray

_STREAM = 0x666F6C64
"""First number of the spawn keys (stream, repeat, …)."""

_DEALT_AT_RANDOM = 0
"""Stands where a fold's number, from 1, does."""


@dataclass(frozen=True, order=True)
class Fold:
    """One fold of one repeat, both counted from 1."""

    repeat: int
    number: int

    @property
    def key(self) -> str:
        """Name of its files."""
        return f"repeat_{self.repeat}-fold_{self.number}"


def folds_of(cv: CrossValidation) -> list[Fold]:
    """Return all folds of all repeats, in their order."""
    return [Fold(repeat, number) for repeat in cv.repeats for number in cv.folds]


def fold_seed(seed: int, fold: Fold) -> int:
    """Return the seed of all that is random about a fold: its validation part, and the training.

    Folds differ, so that their scatter holds that of initial weights; all models of one fold share it.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(_STREAM, fold.repeat, fold.number))
    return int(sequence.generate_state(1)[0])


def assign_folds(
    catalogue: pd.DataFrame, n_folds: int, repeat: int, seed: int, at_random: bool = False
) -> IntArray:
    """Return the number of the fold that holds each object out, from 1, of shape (n_objects,).

    Parameters
    ----------
    catalogue
        With ``object_id``, ``kind``, ``label`` and, if objects share what tiles hold, ``tile``.
    repeat
        Another repeat draws other folds.
    at_random
        Deal objects instead of tiles, and so let galaxies and spectra leak from fold to fold.

    Returns
    -------
    Folds that hold equal parts of every kind and label, as far as tiles allow; to the object, if objects
    are dealt.

    Raises
    ------
    UserError
        If there are fewer tiles than folds.
    """
    if "tile" in catalogue and not at_random:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM, repeat)))
        table = pd.crosstab(catalogue["tile"], _strata(catalogue)).sort_index()
        groups = group_tiles(table.to_numpy(dtype=float), np.full(n_folds, 1 / n_folds), rng, by_class=True)
        place = np.searchsorted(table.index.to_numpy(), catalogue["tile"].to_numpy())
        return np.asarray(groups[place] + 1)
    key = (_STREAM, repeat, _DEALT_AT_RANDOM)
    order = _random_order(catalogue, np.random.SeedSequence(seed, spawn_key=key))
    numbers = np.empty(len(catalogue), dtype=np.int64)
    numbers[order] = np.arange(len(order)) % n_folds + 1
    return numbers


def held_out(catalogue: pd.DataFrame, numbers: IntArray, fold: Fold) -> pd.DataFrame:
    """Return the catalogue as one fold sees it: ``sample`` is "test" where it is held out, else "train"."""
    return catalogue.assign(sample=np.where(numbers == fold.number, "test", "train"))


def fold_splits(
    catalogue: pd.DataFrame, fold: Fold, validation_fraction: float, seed: int, at_random: bool = False
) -> pd.DataFrame:
    """Cut what a fold learns from into training and validation; what it holds out is the test part.

    Parameters
    ----------
    catalogue
        As :func:`held_out` gives it, of a survey with tiles.
    at_random
        As in :func:`assign_folds`.

    Returns
    -------
    One row an object, in the catalogue's order, with the columns of ``SPLIT_COLUMNS``.
    """
    if not at_random:
        return split_catalogue(catalogue, validation_fraction, fold_seed(seed, fold), by_class=True)
    learned = np.flatnonzero(catalogue["sample"] == "train")
    order = _random_order(catalogue.iloc[learned], np.random.SeedSequence(fold_seed(seed, fold)))
    validation: BoolArray = np.zeros(len(catalogue), dtype=bool)
    marks = np.floor(np.arange(len(order) + 1) * validation_fraction + 0.5)
    validation[learned[order]] = np.diff(marks) > 0
    return split_table(catalogue, validation)


def _strata(catalogue: pd.DataFrame) -> pd.Series[str]:
    return catalogue["kind"] + catalogue["label"].astype(str)


def _random_order(objects: pd.DataFrame, sequence: np.random.SeedSequence) -> AnyArray:
    """Places of the objects, stratum after stratum, each in random order; rows do not matter, names do."""
    by_name = np.argsort(objects["object_id"].to_numpy(dtype=str), kind="stable")
    drawn = np.random.default_rng(sequence).permutation(by_name)
    return drawn[np.argsort(_strata(objects).to_numpy(dtype=str)[drawn], kind="stable")]
