"""Study ``cv``: refuse folds from which no network should learn.

The images were checked by the pipeline's own gate; here it is about who is in which part.
"""

from __future__ import annotations

import shutil

from lensfinder.errors import CheckFailed
from lensfinder.params import Params
from lensfinder.studies.cross_validation import LEAK
from lensfinder.studies.cross_validation.design import design_of
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def validate_folds(paths: SurveyPaths, params: Params, study: str) -> None:
    """Check all folds; write the outcome of each, of each repeat, and whatever they are the HTML report.

    Of random folds (study ``cv_leak``) the checks for leaks are expected to fail, and no others.

    Raises
    ------
    UserError
        If a file is missing or cannot be read.
    CheckFailed
        If an expectation is not met, or one is met that was to fail. There is no outcome file then, so that
        nothing after this stage can run.
    """
    files = StudyPaths(paths, study)
    shutil.rmtree(files.validation_dir, ignore_errors=True)
    groups, make_suites = design_of(paths.survey).prepare(files, params)
    tables = {name: table for group in groups.values() for name, table in group.items()}

    # Only now: Great Expectations takes seconds to load.
    from lensfinder.gate.run import Gate
    from lensfinder.studies.cross_validation.suites import LEAKS

    gate = Gate(f"{paths.survey}-{study}")
    outcome = gate.check(make_suites(tables), tables, LEAKS if study == LEAK.name else ())
    report = gate.write_report(outcome, files.data_docs)
    if not outcome.success:
        raise CheckFailed(outcome.message(report))
    for name, group in groups.items():
        outcome.of_tables(group).write(files.validation_dir / f"{name}.json")
