"""What is expected of folds that are unions of sky tiles, each alone and all of a repeat together."""

from __future__ import annotations

import pandas as pd
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import mean_between, one_of, row_count
from lensfinder.gate.expectations import Suite
from lensfinder.gate.split_checks import (
    PARTS,
    agreement_with_catalogue,
    around,
    class_balance,
    no_leak,
    proportion_thresholds,
    validation_size,
)
from lensfinder.studies.cross_validation.folds import folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.studies.cross_validation.suites import held_out_size
from lensfinder.studies.cross_validation.tables import repeat_name
from lensfinder.surveys.jpas.params import KINDS, Jpas
from lensfinder.surveys.jpas.suites.tables import SPLIT_ATTRIBUTES


def fold_suites(jpas: Jpas, catalogue: pd.DataFrame) -> list[Suite]:
    """Return what must hold of the tables of :func:`.tables.fold_tables`.

    Parameters
    ----------
    catalogue
        Of all objects: its fractions are to be those of every part.
    """
    cv = jpas.study(CrossValidation)
    n_folds = len(cv.folds)
    counts = (("times_held_out", 1, "held out"), ("times_learned_from", n_folds - 1, "learned from"))
    once = [
        one_of(column, f"every object is {words} by {times} of the {n_folds} folds", column, [times])
        for column, times, words in counts
    ]
    return [
        *(_fold(fold.key, n_folds, jpas, catalogue) for fold in folds_of(cv)),
        *(
            Suite(repeat_name(repeat), ("object_id", "kind", "tile"), tuple(once), {})
            for repeat in cv.repeats
        ),
    ]


def _fold(key: str, n_folds: int, jpas: Jpas, catalogue: pd.DataFrame) -> Suite:
    fraction, gate = jpas.split.validation_fraction, jpas.gate
    lensed = dict.fromkeys(PARTS, float((catalogue["label"] == 1).mean()))
    kinds = {kind: float((catalogue["kind"] == kind).mean()) for kind in KINDS}
    thresholds = {
        **proportion_thresholds(fraction, gate.size_tolerance, lensed, gate.balance_tolerance),
        **around("held_out", 1 / n_folds, gate.size_tolerance),
        "n_objects": len(catalogue),
    }
    for kind, of_kind in kinds.items():
        thresholds |= around(kind, of_kind, gate.balance_tolerance)
    of_kinds = [
        mean_between(
            f"{kind}_in_{part}",
            f"the fraction of the kind {kind} in {part} is that of all objects, {kinds[kind]:.4f} ± "
            f"{gate.balance_tolerance}",
            f"is_{kind}",
            f"{kind}_min",
            f"{kind}_max",
            Column("part") == part,
        )
        for part in PARTS
        for kind in KINDS
    ]
    expectations = [
        *agreement_with_catalogue(SPLIT_ATTRIBUTES),
        row_count("all_objects", f"the split has all {len(catalogue)} objects of the catalogue", "n_objects"),
        *no_leak(),
        held_out_size(n_folds, gate.size_tolerance),
        validation_size(fraction, gate.size_tolerance),
        *class_balance(lensed, gate.balance_tolerance, "lensed quasars"),
        *of_kinds,
    ]
    return Suite(key, ("object_id", "part", "kind", "tile"), tuple(expectations), thresholds)
