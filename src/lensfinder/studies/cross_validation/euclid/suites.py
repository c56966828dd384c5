"""What is expected of folds in which the training sets are selected anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import mean_between, one_of
from lensfinder.gate.expectations import Suite
from lensfinder.gate.split_checks import around
from lensfinder.studies.cross_validation.euclid.tables import HELD_OUT
from lensfinder.studies.cross_validation.folds import folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.studies.cross_validation.suites import held_out_size
from lensfinder.studies.cross_validation.tables import repeat_name, table_name
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.suites.sets import set_suites


def fold_suites(euclid: Euclid, catalogue: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> list[Suite]:
    """Return what must hold of ``tables``, those of :func:`.tables.fold_tables`.

    Of the sets of a fold it is what holds of those of the survey; the size of the control is taken from the
    smallest set.
    """
    smallest = next(iter(euclid.selection.training_n_pix_above))
    suites = []
    for fold in folds_of(euclid.study(CrossValidation)):
        size = len(tables[table_name(fold, smallest)])
        of_fold = [*set_suites(euclid, size), _held_out(euclid, catalogue)]
        suites += [replace(suite, table=table_name(fold, suite.table)) for suite in of_fold]
    return [*suites, *(_repeat(repeat) for repeat in euclid.study(CrossValidation).repeats)]


def _held_out(euclid: Euclid, catalogue: pd.DataFrame) -> Suite:
    gate, n_folds = euclid.gate, len(euclid.study(CrossValidation).folds)
    lenses = float((catalogue.loc[catalogue["label"] >= 0, "label"] == 1).mean())
    balance = mean_between(
        "balance_held_out",
        f"the fraction of lenses held out is that of all stamps, {lenses:.4f} ± {gate.balance_tolerance}",
        "label",
        "balance_min",
        "balance_max",
        Column("held_out") == 1,
    )
    thresholds = {
        **around("held_out", 1 / n_folds, gate.size_tolerance),
        **around("balance", lenses, gate.balance_tolerance),
    }
    expectations = (held_out_size(n_folds, gate.size_tolerance), balance)
    return Suite(HELD_OUT, ("object_id", "kind"), expectations, thresholds)


def _repeat(repeat: int) -> Suite:
    lens, left = (
        "every lens and non-lens is held out by one fold",
        "no stamp that is neither is held out by a fold",
    )
    expectations = (
        one_of("held_out_once", lens, "times_held_out", [1], Column("label") >= 0),
        one_of("left_out", left, "times_held_out", [0], Column("label") == -1),
    )
    return Suite(repeat_name(repeat), ("object_id", "kind", "mag_eff"), expectations, {})
