"""Study ``cv``, first stage: the parts of every fold."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import Params
from lensfinder.studies.cross_validation.folds import (
    Fold,
    assign_folds,
    fold_seed,
    fold_splits,
    folds_of,
    held_out,
)
from lensfinder.surveys.euclid import columns as euclid_columns
from lensfinder.surveys.euclid.selection import ASSESSABLE, assessable_set, training_sets
from lensfinder.surveys.jpas import columns as jpas_columns
from lensfinder.workspace.paths import LEAK, StudyPaths, SurveyPaths


def split_folds(paths: SurveyPaths, params: Params, study: str) -> None:
    """Write the parts of every fold of every repeat.

    For J-PAS a table a fold, ``splits/<study>/jpas/<fold>.parquet``; for Euclid a folder of them, with the
    training sets selected anew from the other folds, and "assessable 1" from the fold that is held out.

    Raises
    ------
    UserError
        If the catalogue is missing or cannot be read, or if a fold would be too small.
    """
    folder = StudyPaths(paths, study).splits_dir
    # A fold of other parameters must not stay behind.
    shutil.rmtree(folder, ignore_errors=True)
    write = {"jpas": _write_jpas, "euclid": _write_euclid}[paths.survey]
    columns = {"jpas": jpas_columns, "euclid": euclid_columns}[paths.survey].CATALOGUE_COLUMNS
    catalogue = read_table(paths.catalogue, columns)
    cv = params.survey(paths.survey).cv
    sizes = {}
    for repeat in cv.repeats:
        numbers = assign_folds(catalogue, len(cv.folds), repeat, params.seed, at_random=study == LEAK)
        for fold in (fold for fold in folds_of(cv) if fold.repeat == repeat):
            view = held_out(catalogue, numbers, fold)
            write(folder / fold.key, view, fold, params, study)
            sizes[fold.key] = view[view["sample"] == "test"].groupby("kind").size()
    print("Objects held out:", pd.DataFrame(sizes).T.to_string(), sep="\n", flush=True)


def _write_jpas(path: Path, view: pd.DataFrame, fold: Fold, params: Params, study: str) -> None:
    fraction = params.jpas.split.validation_fraction
    splits = fold_splits(view, fold, fraction, params.seed, at_random=study == LEAK)
    write_table(path.with_suffix(".parquet"), splits, jpas_columns.SPLIT_COLUMNS)


def _write_euclid(path: Path, view: pd.DataFrame, fold: Fold, params: Params, study: str) -> None:
    selection = params.euclid.selection
    sets = training_sets(view, selection, fold_seed(params.seed, fold))
    for name, table in {**sets, ASSESSABLE: assessable_set(view, selection)}.items():
        write_table(path / f"{name}.parquet", table, euclid_columns.SET_COLUMNS)
