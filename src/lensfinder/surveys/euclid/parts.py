"""Parts of the Euclid track: training sets by ever weaker cuts, and the test set that they share."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import Params
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, SET_COLUMNS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.selection import ASSESSABLE, assessable_set, training_sets
from lensfinder.surveys.euclid.selection_counts import selection_counts
from lensfinder.workspace.jsonfiles import write_json


class SetParts:
    """A table for each training set, and one that all share for the test.

    See :class:`~lensfinder.datasets.parts.Parts`.
    """

    columns = SET_COLUMNS

    def make(self, paths: EuclidPaths, params: Params) -> None:
        """Select the sets, write their sizes to ``metrics/euclid/selection.json``, and print them."""
        euclid = params.section(Euclid)
        catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
        sets = training_sets(catalogue, euclid.selection, params.seed)
        assessable = assessable_set(catalogue, euclid.selection)
        counts = selection_counts(catalogue, sets, assessable, euclid.judging.interval_level)

        # A set of other parameters must not stay behind.
        shutil.rmtree(paths.splits, ignore_errors=True)
        self.write(paths.splits, sets, assessable)
        write_json(paths.selection, counts)
        print(_table(counts), flush=True)

    def write(self, base: Path, sets: Mapping[str, pd.DataFrame], assessable: pd.DataFrame) -> None:
        """Write the training sets, by their names, and "assessable 1"."""
        for name, table in {**sets, ASSESSABLE: assessable}.items():
            write_table(base / f"{name}.parquet", table, SET_COLUMNS)

    def files(self, base: Path, model: str) -> tuple[Path, ...]:
        """Return the set that a model learns from, and "assessable 1"."""
        return base / f"{model}.parquet", base / f"{ASSESSABLE}.parquet"


PARTS = SetParts()


def _table(counts: Mapping[str, Mapping[str, Any]]) -> str:
    rows = {}
    for name, entry in counts.items():
        interval = entry["scaled_interval"]
        rows[name] = {
            "count": f"{entry['count']:,}",
            "of 100,000": f"{entry['scaled_to_100000']:,.0f}",
            f"{interval['level']:.0%} interval": f"{interval['low']:,.0f}–{interval['high']:,.0f}",
            "talk": "" if entry["talk"] is None else f"{entry['talk']:,}",
            "ratio": "" if entry["ratio_to_talk"] is None else f"{entry['ratio_to_talk']:.2f}",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").to_string()
    return (
        f"{table}\nTraining sets count their lenses, with as many non-lenses each; the others count stamps."
    )
