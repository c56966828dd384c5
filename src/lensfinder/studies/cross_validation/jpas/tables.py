"""Tables of folds that are unions of sky tiles."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lensfinder.gate.tables import beside_catalogue, named, times_used
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.tables import FoldTables, by_repeat, repeat_name
from lensfinder.surveys.jpas.params import KINDS
from lensfinder.surveys.jpas.suites.tables import SPLIT_ATTRIBUTES

SHARED = ("galaxy_id", "quasar_id")
"""Columns of the catalogue by which objects of J-PAS belong together, beside the sky tile."""


def fold_tables(catalogue: pd.DataFrame, splits: Mapping[Fold, pd.DataFrame]) -> FoldTables:
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
    for repeat, of_repeat in by_repeat(splits).items():
        rows = pd.concat(of_repeat)
        held_out = rows["part"] == "test"
        groups[repeat_name(repeat)] = {
            repeat_name(repeat): objects.assign(
                times_held_out=times_used(objects, rows[held_out]),
                times_learned_from=times_used(objects, rows[~held_out]),
            )
        }
    return groups
