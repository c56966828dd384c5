"""Tables of a cross-validation for the gate: some for each fold, and one for each repeat.

Which objects a fold holds out is read from its own files, not drawn again: the gate shares no code with what
cut the folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import pandas as pd

from lensfinder.gate.tables import beside_catalogue, named, times_used
from lensfinder.params import KINDS
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.surveys.euclid.selection import ASSESSABLE
from lensfinder.surveys.euclid.suites.tables import set_tables
from lensfinder.surveys.jpas.suites.tables import SPLIT_ATTRIBUTES

SHARED = ("galaxy_id", "spectrum_id")
"""Columns of the catalogue by which objects of J-PAS belong together, beside the sky tile."""

HELD_OUT = "held_out"
"""Table of all stamps that a fold could hold out."""

Content = TypeVar("Content")

FoldTables = dict[str, dict[str, pd.DataFrame]]
"""Tables by their names, for each fold and each repeat by its own name."""


def repeat_name(repeat: int) -> str:
    """Return the name of what all folds of a repeat must fulfil together."""
    return f"repeat_{repeat}"


def table_name(fold: Fold, name: str) -> str:
    """Return the name of one of several tables of a fold."""
    return f"{fold.key}-{name}"


def jpas_fold_tables(catalogue: pd.DataFrame, splits: Mapping[Fold, pd.DataFrame]) -> FoldTables:
    """Put beside each fold's split what the catalogue says, and count how often each object is held out.

    New columns of a fold, beyond those of :func:`~lensfinder.gate.tables.beside_catalogue`: ``held_out``
    (1.0 in the test part, else 0.0) and ``is_<kind>`` (1.0 or 0.0). Columns of a repeat: ``times_held_out``
    and ``times_learned_from``.
    """
    groups: FoldTables = {}
    for fold, split in splits.items():
        table = beside_catalogue(split, catalogue, SPLIT_ATTRIBUTES, SHARED)
        table["held_out"] = (table["part"] == "test").astype(float)
        for kind in KINDS:
            table[f"is_{kind}"] = (table["kind"] == kind).astype(float)
        groups[fold.key] = {fold.key: table}
    objects = named(catalogue)[["object_id", "kind", "tile"]]
    for repeat, of_repeat in _by_repeat(splits).items():
        rows = pd.concat(of_repeat)
        held_out = rows["part"] == "test"
        groups[repeat_name(repeat)] = {
            repeat_name(repeat): objects.assign(
                times_held_out=times_used(objects, rows[held_out]),
                times_learned_from=times_used(objects, rows[~held_out]),
            )
        }
    return groups


def euclid_fold_tables(
    catalogue: pd.DataFrame, sets: Mapping[Fold, Mapping[str, pd.DataFrame]]
) -> FoldTables:
    """Put beside the sets of each fold what the catalogue says, and count how often each stamp is held out.

    The tables of a fold are those of :func:`.euclid.suites.tables.set_tables`, whose ``sample`` is
    the fold's, and :data:`HELD_OUT`: the catalogue's lenses and non-lenses, with ``held_out`` (1.0 or 0.0).
    A repeat has all stamps, with ``times_held_out``.

    Parameters
    ----------
    sets
        Of each fold the training sets from the smallest to the largest, the control, and "assessable 1".
    """
    groups: FoldTables = {}
    stamps = named(catalogue)[["object_id", "kind", "label", "mag_eff"]]
    for fold, of_fold in sets.items():
        assessable = of_fold[ASSESSABLE]
        training = {name: table for name, table in of_fold.items() if name != ASSESSABLE}
        held_out = catalogue["object_id"].isin(assessable["object_id"])
        view = catalogue.assign(sample=held_out.map({True: "test", False: "train"}))
        tables = {
            **set_tables(training, assessable, view),
            HELD_OUT: stamps.assign(held_out=held_out.to_numpy(dtype=float))[
                stamps["label"] >= 0
            ].reset_index(drop=True),
        }
        groups[fold.key] = {table_name(fold, name): table for name, table in tables.items()}
    for repeat, of_repeat in _by_repeat(sets).items():
        rows = pd.concat([of_fold[ASSESSABLE] for of_fold in of_repeat])
        groups[repeat_name(repeat)] = {
            repeat_name(repeat): stamps.assign(times_held_out=times_used(stamps, rows))
        }
    return groups


def _by_repeat(of_folds: Mapping[Fold, Content]) -> dict[int, list[Content]]:
    groups: dict[int, list[Content]] = {}
    for fold, content in of_folds.items():
        groups.setdefault(fold.repeat, []).append(content)
    return groups
