"""Stage ``validate``: refuse a dataset from which no network should learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lensfinder.datasets.table import read_table
from lensfinder.errors import CheckFailed
from lensfinder.gate.arrays import open_array
from lensfinder.params import Params
from lensfinder.surveys.euclid import columns as euclid_columns
from lensfinder.surveys.euclid.suites.tables import euclid_tables
from lensfinder.surveys.jpas import columns as jpas_columns
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.suites.tables import jpas_tables
from lensfinder.workspace.paths import SurveyPaths

if TYPE_CHECKING:
    import pandas as pd

    from lensfinder.gate.expectations import Suite

    Prepared = tuple[dict[str, pd.DataFrame], Callable[[], list[Suite]]]


def validate(paths: SurveyPaths, params: Params) -> None:
    """Check catalogue, splits and images; write the outcome and, whatever it is, the HTML report.

    Raises
    ------
    UserError
        If a file is missing or cannot be read.
    CheckFailed
        If an expectation is not met. There is no outcome file then, so that nothing after this stage can run.
    """
    paths.validation.unlink(missing_ok=True)
    tables, make_suites = {"jpas": _jpas, "euclid": _euclid}[paths.survey](paths, params)

    # Only now: Great Expectations takes seconds to load.
    from lensfinder.gate.run import Gate

    gate = Gate(paths.survey)
    outcome = gate.check(make_suites(), tables)
    report = gate.write_report(outcome, paths.data_docs)
    if not outcome.success:
        raise CheckFailed(outcome.message(report))
    outcome.write(paths.validation)


def _jpas(paths: SurveyPaths, params: Params) -> Prepared:
    catalogue = read_table(paths.catalogue, jpas_columns.CATALOGUE_COLUMNS)
    splits = read_table(paths.splits, jpas_columns.SPLIT_COLUMNS)
    n_bands = len(read_filters(paths.tables).cube_names)
    cubes = open_array(paths.cubes)
    pseudo_spectra = open_array(paths.pseudo_spectra)
    tables = jpas_tables(catalogue, splits, cubes, pseudo_spectra, params.seed)

    def suites() -> list[Suite]:
        from lensfinder.surveys.jpas.suites.suites import jpas_suites

        return jpas_suites(params.jpas, n_bands)

    return tables, suites


def _euclid(paths: SurveyPaths, params: Params) -> Prepared:
    catalogue = read_table(paths.catalogue, euclid_columns.CATALOGUE_COLUMNS)
    sets = {
        name: read_table(paths.training_set(name), euclid_columns.SET_COLUMNS)
        for name in params.euclid.models
    }
    assessable = read_table(paths.assessable, euclid_columns.SET_COLUMNS)
    arrays = {"vis": open_array(paths.vis), "nisp": open_array(paths.nisp)}
    tables = euclid_tables(catalogue, sets, assessable, arrays)

    def suites() -> list[Suite]:
        from lensfinder.surveys.euclid.suites.suites import euclid_suites

        return euclid_suites(params.euclid, tables)

    return tables, suites
