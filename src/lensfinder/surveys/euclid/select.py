"""Stage ``select``: training sets by ever weaker cuts, and the test set that they share."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import Params
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, SET_COLUMNS
from lensfinder.surveys.euclid.selection import assessable_set, training_sets
from lensfinder.surveys.euclid.selection_counts import selection_counts
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths


def select(paths: SurveyPaths, params: Params) -> None:
    """Write the sets to ``splits/euclid`` and their sizes to ``metrics/euclid/selection.json``.

    Raises
    ------
    UserError
        If the catalogue is missing or cannot be read, or if a set would be too small.
    """
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    sets = training_sets(catalogue, params.euclid.selection, params.seed)
    assessable = assessable_set(catalogue, params.euclid.selection)
    counts = selection_counts(catalogue, sets, assessable, params.euclid.judging.interval_level)

    # A set of other parameters must not stay behind.
    shutil.rmtree(paths.assessable.parent, ignore_errors=True)
    for name, table in sets.items():
        write_table(paths.training_set(name), table, SET_COLUMNS)
    write_table(paths.assessable, assessable, SET_COLUMNS)
    write_json(paths.selection, counts)
    print(_table(counts), flush=True)


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
