"""Euclid: the training sets are selected anew from the other folds, the test set from the fold held out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.params.base import Section, SurveySection
from lensfinder.studies.cross_validation.folds import Fold, fold_seed, folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, SET_COLUMNS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.selection import ASSESSABLE, assessable_set, training_sets
from lensfinder.workspace.paths import StudyPaths

if TYPE_CHECKING:
    from lensfinder.gate.expectations import Suite
    from lensfinder.studies.cross_validation.design import Prepared


def cut(section: SurveySection) -> Section:
    """Return the rules of the selection."""
    assert isinstance(section, Euclid)
    return section.selection


def write(base: Path, view: pd.DataFrame, fold: Fold, params: Params, at_random: bool) -> None:
    """Write a table for each set; stamps share nothing, so that all folds are random ones."""
    selection = params.section(Euclid).selection
    sets = training_sets(view, selection, fold_seed(params.seed, fold))
    PARTS.write(base, sets, assessable_set(view, selection))


def prepare(files: StudyPaths, params: Params) -> Prepared:
    """Read catalogue and sets, and make the tables that the suites look at."""
    from lensfinder.studies.cross_validation.euclid.tables import fold_tables

    euclid = params.section(Euclid)
    catalogue = read_table(files.survey.catalogue, CATALOGUE_COLUMNS)
    sets = {
        fold: {
            name: read_table(files.splits_dir / fold.key / f"{name}.parquet", SET_COLUMNS)
            for name in (*euclid.models, ASSESSABLE)
        }
        for fold in folds_of(euclid.study(CrossValidation))
    }

    def suites(tables: dict[str, pd.DataFrame]) -> list[Suite]:
        from lensfinder.studies.cross_validation.euclid.suites import fold_suites

        return fold_suites(euclid, catalogue, tables)

    return fold_tables(catalogue, sets), suites
