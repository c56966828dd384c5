"""Study ``hard_negatives``: refuse a set that holds a lens or shares anything with training or test."""

from __future__ import annotations

from lensfinder.datasets.table import read_table
from lensfinder.errors import CheckFailed
from lensfinder.gate.image_facts import open_array
from lensfinder.params import Params
from lensfinder.studies.hard_negatives import HARD_NEGATIVES
from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS
from lensfinder.studies.hard_negatives.files import HardNegativeFiles
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths


def validate_impostors(paths: JpasPaths, params: Params) -> None:
    """Check catalogue and images; write the outcome and, whatever it is, the HTML report.

    Raises
    ------
    UserError
        If a file is missing or cannot be read.
    CheckFailed
        If an expectation is not met. There is no outcome file then, so that the models are not asked.
    """
    files = HardNegativeFiles(paths)
    files.validation.unlink(missing_ok=True)
    impostors = read_table(files.catalogue, IMPOSTOR_COLUMNS)
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    n_bands = len(read_filters(paths.tables).cube_names)
    (cubes,), (sums,) = (files.images_of(name) for name in ("cube", "pseudo_spectra"))
    arrays = open_array(cubes), open_array(sums)

    # Only now: Great Expectations takes seconds to load.
    from lensfinder.gate.run import Gate
    from lensfinder.studies.hard_negatives.suites import hard_negative_suites, hard_negative_tables

    gate = Gate(f"{paths.survey}-{HARD_NEGATIVES.name}")
    tables = hard_negative_tables(impostors, catalogue, *arrays, params.seed)
    outcome = gate.check(hard_negative_suites(params.section(Jpas), n_bands), tables)
    report = gate.write_report(outcome, files.data_docs)
    if not outcome.success:
        raise CheckFailed(outcome.message(report))
    outcome.write(files.validation)
