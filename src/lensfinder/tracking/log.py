"""Runs of models, as the stages of the pipeline log them.

Where DVC restored a training from its cache, there is no run to log to; :mod:`.restored` makes it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lensfinder.params import Model, Params
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.tracking.contents import (
    TrainingLog,
    experiment_of,
    log_training_files,
    measures_of,
    origin,
    params_of,
    study_params_of,
)
from lensfinder.tracking.restored import RecordedStudy, survey_run
from lensfinder.tracking.run import EVALUATED_TAG, RunIdentity, TrackedRun
from lensfinder.tracking.store import PARENT_TAG, RunStore, ended_by_error
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import StudyPaths, SurveyPaths
from lensfinder.workspace.provenance import flatten


@contextmanager
def training_log(
    workspace: Path, survey: str, model: str, inputs_hash: str, params: Params
) -> Iterator[TrainingLog]:
    """Open the run of a training; at the end log what the training wrote, and close the run.

    The training must have written its files, with :data:`.contents.INPUTS_HASH_KEY` in ``training.json``,
    when the context ends.
    """
    with RunStore(workspace).training(RunIdentity(survey, model, inputs_hash)) as run:
        values = flatten(params.model_dump(mode="json"))
        run.log_params(params_of(values, survey, model))
        run.log_tags(origin(workspace, survey, params.preset))
        yield TrainingLog(run)
        log_training_files(run, SurveyPaths(workspace, survey).model(model))


@contextmanager
def study_log(
    workspace: Path,
    study: str,
    survey: str,
    model: str,
    inputs_hash: str,
    params: Params,
    definition: Model,
) -> Iterator[TrainingLog]:
    """Open the run of a study's model, in the study's own experiment; else as :func:`training_log`."""
    files = StudyPaths(SurveyPaths(workspace, survey), study)
    identity = RunIdentity(experiment_of(files), model, inputs_hash)
    with RunStore(workspace).training(identity) as run:
        _describe(run, files, params, definition)
        yield TrainingLog(run)
        log_training_files(run, files.model(model))


@contextmanager
def fold_log(
    workspace: Path,
    study: str,
    survey: str,
    model: str,
    fold: Fold,
    inputs_hash: str,
    parent_hash: str,
    params: Params,
    definition: Model,
) -> Iterator[TrainingLog]:
    """Open the run of one fold, below that of the model's cross-validation; else as :func:`training_log`.

    The run above, found by ``parent_hash`` (see :func:`.pipeline.study_hash`), stays RUNNING until
    :func:`log_cross_validation`.
    """
    files = StudyPaths(SurveyPaths(workspace, survey), study)
    experiment, name = experiment_of(files), f"{model}/{fold.key}"
    store = RunStore(workspace)
    parent = store.resume(RunIdentity(experiment, model, parent_hash))
    with ended_by_error(parent), store.training(RunIdentity(experiment, name, inputs_hash)) as run:
        for described in (parent, run):
            _describe(described, files, params, definition)
        run.log_tags({PARENT_TAG: parent.run_id})
        yield TrainingLog(run)
        log_training_files(run, files.model(name))


def log_evaluation(workspace: Path, survey: str, model: str) -> None:
    """Add to the run of a model what the evaluation wrote: measures, confusion matrix and figures.

    Raises
    ------
    UserError
        If a file is missing.
    """
    paths = SurveyPaths(workspace, survey).model(model)
    run = survey_run(RunStore(workspace), workspace, survey, model)
    metrics = read_json(paths.metrics)
    _log_metrics(run, metrics)
    _log_existing(run, {paths.metrics: "metrics", paths.figures: "figures"})
    run.log_tags({EVALUATED_TAG: "true"})


def log_report(workspace: Path, survey: str, models: list[str]) -> None:
    """Add the outcome of the gate, the comparison and the report to the runs of the models.

    Raises
    ------
    UserError
        If a model was not trained.
    """
    store = RunStore(workspace)
    paths = SurveyPaths(workspace, survey)
    for model in models:
        run = survey_run(store, workspace, survey, model)
        _log_existing(
            run,
            {
                paths.validation: "validation",
                paths.data_docs: "validation/docs",
                paths.comparison: "report",
                paths.report_dir: "report",
            },
        )


def log_cross_validation(
    workspace: Path,
    study: str,
    survey: str,
    parent_hashes: Mapping[str, str],
    folds: Sequence[Fold],
    results: Mapping[str, Any],
) -> None:
    """Log what was judged: measures of each fold with its run, what follows from all of them above these.

    Below the run of a model's cross-validation are then the runs of its folds, one each: what was trained
    on other inputs before is taken out of there. Repeated, it changes nothing.

    Parameters
    ----------
    parent_hashes
        Result of :func:`.pipeline.study_hash` of each model.
    results
        What the study's metrics file holds: for each of ``models`` its measures over folds, ``per_fold`` and
        ``pooled``.

    Raises
    ------
    UserError
        If a fold was not trained.
    """
    store = RunStore(workspace)
    record = RecordedStudy(StudyPaths(SurveyPaths(workspace, survey), study))
    files = record.files
    for model, parent_hash in parent_hashes.items():
        measured = results["models"][model]
        of_fold = {Fold(entry["repeat"], entry["fold"]): entry for entry in measured["per_fold"]}
        parent = record.cross_validation_run(store, model, parent_hash)
        children = []
        for fold in folds:
            run = record.trained_run(store, f"{model}/{fold.key}")
            _log_metrics(
                run, {key: of_fold[fold][key] for key in of_fold[fold] if key not in ("repeat", "fold")}
            )
            run.log_tags({PARENT_TAG: parent.run_id, EVALUATED_TAG: "true"})
            children.append(run)
        store.keep_children(parent, children)
        pooled = measures_of(measured["pooled"])
        parent.log_measures(measures_of(measured) | {f"pooled/{key}": pooled[key] for key in pooled})
        _log_existing(
            parent,
            {
                files.validation_dir: "validation",
                files.data_docs: "validation/docs",
                files.metrics: "metrics",
                files.report_dir: "report",
            },
        )
        parent.log_tags({EVALUATED_TAG: "true"})
        if parent.status != "FINISHED":
            parent.end()


def _describe(run: TrackedRun, files: StudyPaths, params: Params, definition: Model) -> None:
    values = flatten(params.model_dump(mode="json"))
    run.log_params(study_params_of(values, files, definition))
    run.log_tags(origin(files.survey.root, files.survey.survey, params.preset))


def _log_metrics(run: TrackedRun, metrics: Mapping[str, Any]) -> None:
    run.log_measures(measures_of(metrics))
    run.log_json({key: metrics[key] for key in ("tp", "fp", "fn", "tn")}, "confusion_matrix.json")


def _log_existing(run: TrackedRun, folders: Mapping[Path, str]) -> None:
    """Log those files and folders that exist, each into a folder of the run's artifacts."""
    for path, folder in folders.items():
        if path.exists():
            run.log_files(path, folder)
