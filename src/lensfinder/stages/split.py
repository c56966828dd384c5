"""Stage ``split``: parts that share no sky tile."""

from __future__ import annotations

from lensfinder.datasets.splits import split_catalogue
from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import Params
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.workspace.paths import SurveyPaths


def split(paths: SurveyPaths, params: Params) -> None:
    """Write the part of every object to ``splits/jpas.parquet``."""
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    splits = split_catalogue(catalogue, params.jpas.split.validation_fraction, params.seed)
    write_table(paths.splits, splits, SPLIT_COLUMNS)
    counts = splits.groupby(["part", "kind"]).size().unstack()
    print(counts.to_string(), flush=True)
