"""Stage ``validate``: refuse a dataset from which no network should learn."""

from __future__ import annotations

from lensfinder.errors import CheckFailed
from lensfinder.params import Params
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import SurveyPaths


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
    tables, make_suites = survey_of(paths.survey).prepare(paths, params)

    # Only now: Great Expectations takes seconds to load.
    from lensfinder.gate.run import Gate

    gate = Gate(paths.survey)
    outcome = gate.check(make_suites(), tables)
    report = gate.write_report(outcome, paths.data_docs)
    if not outcome.success:
        raise CheckFailed(outcome.message(report))
    outcome.write(paths.validation)
