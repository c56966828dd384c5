"""Tables of folds in which the training sets are selected anew."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lensfinder.gate.tables import named, times_used
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.tables import FoldTables, by_repeat, repeat_name, table_name
from lensfinder.surveys.euclid.selection import ASSESSABLE
from lensfinder.surveys.euclid.suites.tables import set_tables

HELD_OUT = "held_out"
"""Table of all stamps that a fold could hold out."""


def fold_tables(catalogue: pd.DataFrame, sets: Mapping[Fold, Mapping[str, pd.DataFrame]]) -> FoldTables:
    """Put beside the sets of each fold what the catalogue says, and count how often each stamp is held out.

    The tables of a fold are those of :func:`~lensfinder.surveys.euclid.suites.tables.set_tables`, whose
    ``sample`` is the fold's, and :data:`HELD_OUT`: the catalogue's lenses and non-lenses, with ``held_out``
    (1.0 or 0.0). A repeat has all stamps, with ``times_held_out``.

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
    for repeat, of_repeat in by_repeat(sets).items():
        rows = pd.concat([of_fold[ASSESSABLE] for of_fold in of_repeat])
        groups[repeat_name(repeat)] = {
            repeat_name(repeat): stamps.assign(times_held_out=times_used(stamps, rows))
        }
    return groups
