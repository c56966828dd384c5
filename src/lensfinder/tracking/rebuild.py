"""The runs of a checkout, made again from outputs of the pipeline and its studies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lensfinder.errors import UserError
from lensfinder.params import SURVEYS
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.tracking.contents import experiment_of
from lensfinder.tracking.log import log_cross_validation, log_evaluation, log_report
from lensfinder.tracking.restored import RecordedStudy, survey_run
from lensfinder.tracking.run import TrackedRun
from lensfinder.tracking.store import PARENT_TAG, RunStore
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import CV, LEAK, StudyPaths, SurveyPaths
from lensfinder.workspace.pipeline import study_hash


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
    for path in sorted(workspace.glob("models/*/*/*/training.json")):
        study, survey, model = path.parts[-4:-1]
        files = StudyPaths(SurveyPaths(workspace, survey), study)
        yield experiment_of(files), RecordedStudy(files).trained_run(store, model)
    for study in (CV, LEAK):
        for survey in SURVEYS:
            files = StudyPaths(SurveyPaths(workspace, survey), study)
            for run in _cross_validation_runs(store, files):
                yield experiment_of(files), run


def _survey_runs(store: RunStore, workspace: Path) -> Iterator[tuple[str, TrackedRun]]:
    surveys: dict[str, list[str]] = {}
    for path in sorted(workspace.glob("models/*/*/training.json")):
        survey, model = path.parts[-3:-1]
        surveys.setdefault(survey, []).append(model)
        if SurveyPaths(workspace, survey).model(model).metrics.exists():
            log_evaluation(workspace, survey, model)
        yield survey, survey_run(store, workspace, survey, model)
    for survey, models in surveys.items():
        log_report(workspace, survey, models)


def _cross_validation_runs(store: RunStore, files: StudyPaths) -> Iterator[TrackedRun]:
    """Give the run of every model's cross-validation, then those of its folds."""
    workspace, survey, study = files.survey.root, files.survey.survey, files.study
    trained: dict[str, list[str]] = {}
    for path in sorted(workspace.glob(f"models/{study}/{survey}/*/*/training.json")):
        trained.setdefault(path.parts[-3], []).append(path.parts[-2])
    if not trained:
        return
    record = RecordedStudy(files)
    hashes = {model: study_hash(workspace, study, survey, model, record.params) for model in trained}
    judged = read_json(files.metrics) if files.metrics.exists() else {"models": {}}
    for model, folds in trained.items():
        parent = record.cross_validation_run(store, model, hashes[model])
        yield parent
        for fold in folds:
            run = record.trained_run(store, f"{model}/{fold}")
            if model not in judged["models"]:
                run.log_tags({PARENT_TAG: parent.run_id})
            yield run
        if model in judged["models"]:
            entries = judged["models"][model]["per_fold"]
            known = [Fold(entry["repeat"], entry["fold"]) for entry in entries]
            log_cross_validation(workspace, study, survey, {model: hashes[model]}, known, judged)
