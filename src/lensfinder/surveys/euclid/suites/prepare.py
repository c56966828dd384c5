"""Tables and suites of the Euclid track for the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lensfinder.datasets.table import read_table
from lensfinder.gate.image_facts import open_array
from lensfinder.params import Params
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, SET_COLUMNS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.euclid.suites.tables import euclid_tables

if TYPE_CHECKING:
    from lensfinder.gate.expectations import Suite
    from lensfinder.surveys.survey import Prepared


def prepare(paths: EuclidPaths, params: Params) -> Prepared:
    """Read catalogue, sets and images, and make the tables that the suites look at.

    Raises
    ------
    UserError
        If a file is missing or cannot be read.
    """
    euclid = params.section(Euclid)
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    files = {name: PARTS.files(paths.splits, name) for name in euclid.models}
    sets = {name: read_table(own, SET_COLUMNS) for name, (own, _) in files.items()}
    _, shared = next(iter(files.values()))
    arrays = {"vis": open_array(paths.vis), "nisp": open_array(paths.nisp)}
    tables = euclid_tables(catalogue, sets, read_table(shared, SET_COLUMNS), arrays)

    def suites() -> list[Suite]:
        from lensfinder.surveys.euclid.suites.suites import euclid_suites

        return euclid_suites(euclid, tables)

    return tables, suites
