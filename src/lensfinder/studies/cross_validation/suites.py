"""What is expected of the folds of a cross-validation, each alone and all of a repeat together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import Suite, about, threshold
from lensfinder.gate.split_checks import (
    PARTS,
    agreement_with_catalogue,
    class_balance,
    no_leak,
    proportion_thresholds,
    validation_size,
)
from lensfinder.params import CONTROL, KINDS, Euclid, Jpas
from lensfinder.studies.cross_validation.folds import folds_of
from lensfinder.studies.cross_validation.tables import HELD_OUT, repeat_name, table_name
from lensfinder.surveys.euclid.suites.sets import assessable_suite, training_suite
from lensfinder.surveys.euclid.suites.tables import larger_sets
from lensfinder.surveys.jpas.suites.tables import SPLIT_ATTRIBUTES

LEAKS = tuple(f"{name}_in_one_part" for name in ("tile", "galaxy", "spectrum"))
"""Expectations that fail if objects, not tiles, were dealt to the folds."""


def jpas_fold_suites(jpas: Jpas, catalogue: pd.DataFrame) -> list[Suite]:
    """Return what must hold of the tables of :func:`~.fold_tables.jpas_fold_tables`.

    Parameters
    ----------
    catalogue
        Of all objects: its fractions are to be those of every part.
    """
    n_folds = len(jpas.cv.folds)
    counts = (("times_held_out", 1, "held out"), ("times_learned_from", n_folds - 1, "learned from"))
    once = [
        gxe.ExpectColumnValuesToBeInSet(
            column=column,
            value_set=[times],
            **about(column, f"every object is {words} by {times} of the {n_folds} folds"),
        )
        for column, times, words in counts
    ]
    return [
        *(_jpas_fold(fold.key, jpas, catalogue) for fold in folds_of(jpas.cv)),
        *(
            Suite(repeat_name(repeat), ("object_id", "kind", "tile"), tuple(once), {})
            for repeat in jpas.cv.repeats
        ),
    ]


def _jpas_fold(key: str, jpas: Jpas, catalogue: pd.DataFrame) -> Suite:
    fraction, gate = jpas.split.validation_fraction, jpas.gate
    lensed = dict.fromkeys(PARTS, float((catalogue["label"] == 1).mean()))
    kinds = {kind: float((catalogue["kind"] == kind).mean()) for kind in KINDS}
    thresholds = {
        **proportion_thresholds(fraction, gate.size_tolerance, lensed, gate.balance_tolerance),
        **_held_out_thresholds(len(jpas.cv.folds), gate.size_tolerance),
        **{f"{kind}_min": kinds[kind] - gate.balance_tolerance for kind in KINDS},
        **{f"{kind}_max": kinds[kind] + gate.balance_tolerance for kind in KINDS},
        "n_objects": len(catalogue),
    }
    of_kinds = [
        gxe.ExpectColumnMeanToBeBetween(
            column=f"is_{kind}",
            min_value=threshold(f"{kind}_min"),
            max_value=threshold(f"{kind}_max"),
            row_condition=Column("part") == part,
            **about(
                f"{kind}_in_{part}",
                f"the fraction of the kind {kind} in {part} is that of all objects, {kinds[kind]:.4f} ± "
                f"{gate.balance_tolerance}",
            ),
        )
        for part in PARTS
        for kind in KINDS
    ]
    expectations = [
        *agreement_with_catalogue(SPLIT_ATTRIBUTES),
        gxe.ExpectTableRowCountToEqual(
            value=threshold("n_objects"),
            **about("all_objects", f"the split has all {len(catalogue)} objects of the catalogue"),
        ),
        *no_leak(),
        _held_out_size(len(jpas.cv.folds), gate.size_tolerance),
        validation_size(fraction, gate.size_tolerance),
        *class_balance(lensed, gate.balance_tolerance, "lensed quasars"),
        *of_kinds,
    ]
    return Suite(key, ("object_id", "part", "kind", "tile"), tuple(expectations), thresholds)


def euclid_fold_suites(
    euclid: Euclid, catalogue: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> list[Suite]:
    """Return what must hold of ``tables``, those of :func:`~.fold_tables.euclid_fold_tables`.

    Of the sets of a fold it is what holds of those of the survey; the size of the control is taken from the
    smallest set.
    """
    bounds = euclid.selection.training_n_pix_above
    names = list(bounds)
    larger = larger_sets(names)
    suites = []
    for fold in folds_of(euclid.cv):
        size = len(tables[table_name(fold, names[0])])
        of_fold = [
            *(training_suite(euclid, name, bounds[name], larger.get(name), None) for name in names),
            training_suite(euclid, CONTROL, bounds[names[-1]], larger[CONTROL], size),
            assessable_suite(euclid),
            _euclid_held_out(euclid, catalogue),
        ]
        suites += [replace(suite, table=table_name(fold, suite.table)) for suite in of_fold]
    return [*suites, *(_euclid_repeat(repeat) for repeat in euclid.cv.repeats)]


def _euclid_held_out(euclid: Euclid, catalogue: pd.DataFrame) -> Suite:
    gate, n_folds = euclid.gate, len(euclid.cv.folds)
    lenses = float((catalogue.loc[catalogue["label"] >= 0, "label"] == 1).mean())
    balance = gxe.ExpectColumnMeanToBeBetween(
        column="label",
        min_value=threshold("balance_min"),
        max_value=threshold("balance_max"),
        row_condition=Column("held_out") == 1,
        **about(
            "balance_held_out",
            f"the fraction of lenses held out is that of all stamps, {lenses:.4f} ± {gate.balance_tolerance}",
        ),
    )
    thresholds = {
        **_held_out_thresholds(n_folds, gate.size_tolerance),
        "balance_min": lenses - gate.balance_tolerance,
        "balance_max": lenses + gate.balance_tolerance,
    }
    expectations = (_held_out_size(n_folds, gate.size_tolerance), balance)
    return Suite(HELD_OUT, ("object_id", "kind"), expectations, thresholds)


def _euclid_repeat(repeat: int) -> Suite:
    expectations = tuple(
        gxe.ExpectColumnValuesToBeInSet(
            column="times_held_out",
            value_set=[times],
            row_condition=condition,
            **about(name, checks),
        )
        for name, times, condition, checks in (
            ("held_out_once", 1, Column("label") >= 0, "every lens and non-lens is held out by one fold"),
            ("left_out", 0, Column("label") == -1, "no stamp that is neither is held out by a fold"),
        )
    )
    return Suite(repeat_name(repeat), ("object_id", "kind", "mag_eff"), expectations, {})


def _held_out_thresholds(n_folds: int, tolerance: float) -> dict[str, float]:
    return {"held_out_min": 1 / n_folds - tolerance, "held_out_max": 1 / n_folds + tolerance}


def _held_out_size(n_folds: int, tolerance: float) -> gxe.Expectation:
    return gxe.ExpectColumnMeanToBeBetween(
        column="held_out",
        min_value=threshold("held_out_min"),
        max_value=threshold("held_out_max"),
        **about("held_out_fraction", f"the fold holds out {1 / n_folds:.4f} ± {tolerance} of the objects"),
    )
