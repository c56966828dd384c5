"""Tables and suites of the J-PAS track for the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lensfinder.datasets.table import read_table
from lensfinder.gate.image_facts import open_array
from lensfinder.params import Params
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.parts import PARTS
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.suites.tables import jpas_tables, r_bands

if TYPE_CHECKING:
    from lensfinder.gate.expectations import Suite
    from lensfinder.surveys.survey import Prepared


def prepare(paths: JpasPaths, params: Params) -> Prepared:
    """Read catalogue, split and images, and make the tables that the suites look at.

    Raises
    ------
    UserError
        If a file is missing or cannot be read.
    """
    filters = read_filters(paths.tables)
    tables = jpas_tables(
        read_table(paths.catalogue, CATALOGUE_COLUMNS),
        read_table(PARTS.files(paths.splits)[0], SPLIT_COLUMNS),
        open_array(paths.cubes),
        open_array(paths.pseudo_spectra),
        r_bands(filters),
        params.seed,
    )
    n_bands = len(filters.cube_names)

    def suites() -> list[Suite]:
        from lensfinder.surveys.jpas.suites.suites import jpas_suites

        return jpas_suites(params.section(Jpas), n_bands)

    return tables, suites
