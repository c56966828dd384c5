"""Stage ``validate``: refuse a dataset from which no network should learn."""

from __future__ import annotations

from lensfinder.datasets.jpas_columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.datasets.table import read_table
from lensfinder.errors import CheckFailed
from lensfinder.gate.arrays import open_array
from lensfinder.gate.tables import jpas_tables
from lensfinder.params import Params
from lensfinder.paths import SurveyPaths
from lensfinder.sky.tables import read_filters


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
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    splits = read_table(paths.splits, SPLIT_COLUMNS)
    n_bands = len(read_filters(paths.tables).cube_names)
    cubes = open_array(paths.cubes)
    pseudo_spectra = open_array(paths.pseudo_spectra)
    tables = jpas_tables(catalogue, splits, cubes, pseudo_spectra, params.seed)

    # Only now: Great Expectations takes seconds to load.
    from lensfinder.gate.jpas import jpas_suites
    from lensfinder.gate.run import Gate

    gate = Gate(paths.survey)
    outcome = gate.check(jpas_suites(params.jpas, n_bands), tables)
    report = gate.write_report(outcome, paths.data_docs)
    if not outcome.success:
        raise CheckFailed(outcome.message(report))
    outcome.write(paths.validation)
