"""Study ``cv``: refuse folds from which no network should learn.

The images were checked by the pipeline's own gate; here it is about who is in which part.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from lensfinder.datasets.table import read_table
from lensfinder.errors import CheckFailed
from lensfinder.params import Params
from lensfinder.studies.cross_validation.folds import folds_of
from lensfinder.studies.cross_validation.tables import FoldTables, euclid_fold_tables, jpas_fold_tables
from lensfinder.surveys.euclid import columns as euclid_columns
from lensfinder.surveys.euclid.selection import ASSESSABLE
from lensfinder.surveys.jpas import columns as jpas_columns
from lensfinder.workspace.paths import LEAK, StudyPaths, SurveyPaths

if TYPE_CHECKING:
    import pandas as pd

    from lensfinder.gate.expectations import Suite

    Prepared = tuple[FoldTables, Callable[[dict[str, pd.DataFrame]], list[Suite]]]


def validate_folds(paths: SurveyPaths, params: Params, study: str) -> None:
    """Check all folds; write the outcome of each, of each repeat, and whatever they are the HTML report.

    Of random folds (study ``cv_leak``) the checks for leaks are expected to fail, and no others.

    Raises
    ------
    UserError
        If a file is missing or cannot be read.
    CheckFailed
        If an expectation is not met, or one is met that was to fail. There is no outcome file then, so that
        nothing after this stage can run.
    """
    files = StudyPaths(paths, study)
    shutil.rmtree(files.validation_dir, ignore_errors=True)
    groups, make_suites = {"jpas": _jpas, "euclid": _euclid}[paths.survey](files, params)
    tables = {name: table for group in groups.values() for name, table in group.items()}

    # Only now: Great Expectations takes seconds to load.
    from lensfinder.gate.run import Gate
    from lensfinder.studies.cross_validation.suites import LEAKS

    gate = Gate(f"{paths.survey}-{study}")
    outcome = gate.check(make_suites(tables), tables, LEAKS if study == LEAK else ())
    report = gate.write_report(outcome, files.data_docs)
    if not outcome.success:
        raise CheckFailed(outcome.message(report))
    for name, group in groups.items():
        outcome.of_tables(group).write(files.validation_dir / f"{name}.json")


def _jpas(files: StudyPaths, params: Params) -> Prepared:
    catalogue = read_table(files.survey.catalogue, jpas_columns.CATALOGUE_COLUMNS)
    splits = {
        fold: read_table(files.splits_dir / f"{fold.key}.parquet", jpas_columns.SPLIT_COLUMNS)
        for fold in folds_of(params.jpas.cv)
    }

    def suites(tables: dict[str, pd.DataFrame]) -> list[Suite]:
        from lensfinder.studies.cross_validation.suites import jpas_fold_suites

        return jpas_fold_suites(params.jpas, catalogue)

    return jpas_fold_tables(catalogue, splits), suites


def _euclid(files: StudyPaths, params: Params) -> Prepared:
    catalogue = read_table(files.survey.catalogue, euclid_columns.CATALOGUE_COLUMNS)
    names = [*params.euclid.models, ASSESSABLE]
    sets = {
        fold: {
            name: read_table(files.splits_dir / fold.key / f"{name}.parquet", euclid_columns.SET_COLUMNS)
            for name in names
        }
        for fold in folds_of(params.euclid.cv)
    }

    def suites(tables: dict[str, pd.DataFrame]) -> list[Suite]:
        from lensfinder.studies.cross_validation.suites import euclid_fold_suites

        return euclid_fold_suites(params.euclid, catalogue, tables)

    return euclid_fold_tables(catalogue, sets), suites
