"""J-PAS: folds are unions of sky tiles, the same for both representations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.params.base import Section, SurveySection
from lensfinder.studies.cross_validation.folds import Fold, fold_splits, folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.parts import PARTS
from lensfinder.workspace.paths import StudyPaths

if TYPE_CHECKING:
    from lensfinder.gate.expectations import Suite
    from lensfinder.studies.cross_validation.design import Prepared


def cut(section: SurveySection) -> Section:
    """Return the fraction of tiles for validation."""
    assert isinstance(section, Jpas)
    return section.split


def write(base: Path, view: pd.DataFrame, fold: Fold, params: Params, at_random: bool) -> None:
    """Write one table."""
    fraction = params.section(Jpas).split.validation_fraction
    PARTS.write(base, fold_splits(view, fold, fraction, params.seed, at_random))


def prepare(files: StudyPaths, params: Params) -> Prepared:
    """Read catalogue and folds, and make the tables that the suites look at."""
    from lensfinder.studies.cross_validation.jpas.tables import fold_tables

    jpas = params.section(Jpas)
    catalogue = read_table(files.survey.catalogue, CATALOGUE_COLUMNS)
    splits = {
        fold: read_table(PARTS.files(files.splits_dir / fold.key)[0], SPLIT_COLUMNS)
        for fold in folds_of(jpas.study(CrossValidation))
    }

    def suites(tables: dict[str, pd.DataFrame]) -> list[Suite]:
        from lensfinder.studies.cross_validation.jpas.suites import fold_suites

        return fold_suites(jpas, catalogue)

    return fold_tables(catalogue, splits), suites
