"""The runs of a checkout, made again from outputs of the pipeline and its studies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lensfinder import plugins
from lensfinder.errors import UserError
from lensfinder.tracking.contents import experiment_of
from lensfinder.tracking.log import log_evaluation, log_report
from lensfinder.tracking.restored import RecordedStudy, replica_run, survey_run
from lensfinder.tracking.run import TrackedRun
from lensfinder.tracking.store import RunStore
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def rebuild_runs(workspace: Path) -> list[str]:
    """Make the run of every model whose outputs are there, or complete it; return their names.

    Repeated, it changes nothing.

    Raises
    ------
    UserError
        If there is no output of a training at all, or if a file that belongs to one is missing.
    """
    store = RunStore(workspace)
    names = [f"lensfinder-{experiment}/{run.name}" for experiment, run in _rebuilt(store, workspace)]
    if not names:
        raise UserError(
            f"{workspace / 'models'}: no trained model; `dvc checkout` or `dvc repro` brings them"
        )
    return names


def _rebuilt(store: RunStore, workspace: Path) -> Iterator[tuple[str, TrackedRun]]:
    """Give the experiment, and the run, of everything that was trained."""
    yield from _survey_runs(store, workspace)
    for study in plugins.names(plugins.STUDIES):
        if (rebuild := plugins.load(plugins.STUDIES, study).rebuild) is not None:
            yield from rebuild(study, store, workspace)
            continue
        models = workspace / "models" / study
        for path in sorted(models.glob("*/**/training.json")):
            survey, *name = path.parent.relative_to(models).parts
            files = StudyPaths(SurveyPaths(workspace, survey), study)
            yield experiment_of(files), RecordedStudy(files).trained_run(store, "/".join(name))


def _survey_runs(store: RunStore, workspace: Path) -> Iterator[tuple[str, TrackedRun]]:
    surveys: dict[str, list[str]] = {}
    for path in sorted(workspace.glob("models/*/*/replica_1/training.json")):
        survey, model = path.parts[-4:-2]
        if survey in plugins.names(plugins.SURVEYS):
            surveys.setdefault(survey, []).append(model)
    for survey, models in surveys.items():
        for model in models:
            paths = SurveyPaths(workspace, survey).model(model)
            for number in range(1, len(list(paths.model_dir.glob("replica_*"))) + 1):
                yield survey, replica_run(store, workspace, survey, model, number)
            if paths.measures.exists():
                log_evaluation(workspace, survey, model)
            yield survey, survey_run(store, workspace, survey, model)
        log_report(workspace, survey, models)
