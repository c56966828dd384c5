"""Runs of models, as the stages of the pipeline log them.

Where DVC restored a training from its cache, there is no run to log to; :mod:`.restored` makes it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lensfinder.params import Model, Params
from lensfinder.tracking.contents import (
    TrainingLog,
    experiment_of,
    log_training_files,
    measures_of,
    origin,
    params_of,
    study_params_of,
)
from lensfinder.tracking.restored import survey_run
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
    files: StudyPaths,
    model: str,
    inputs_hash: str,
    params: Params,
    definition: Model,
    parent_hash: str | None = None,
) -> Iterator[TrainingLog]:
    """Open the run of a study's training, in the study's own experiment; else as :func:`training_log`.

    With ``parent_hash`` it is one of several trainings of the model before the slash in ``model``, and its
    run lies below that of all of them, which is found by this hash and stays RUNNING until the study ends it.
    """
    store, experiment = RunStore(files.survey.root), experiment_of(files)
    with ExitStack() as stack:
        described, tags = [], {}
        if parent_hash is not None:
            parent = store.resume(RunIdentity(experiment, model.partition("/")[0], parent_hash))
            stack.enter_context(ended_by_error(parent))
            described, tags = [parent], {PARENT_TAG: parent.run_id}
        run = stack.enter_context(store.training(RunIdentity(experiment, model, inputs_hash)))
        values = flatten(params.model_dump(mode="json"))
        for one in (*described, run):
            one.log_params(study_params_of(values, files, definition))
            one.log_tags(origin(files.survey.root, files.survey.survey, params.preset))
        run.log_tags(tags)
        yield TrainingLog(run)
        log_training_files(run, files.model(model))


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
    log_metrics(run, metrics)
    log_existing(run, {paths.metrics: "metrics", paths.figures: "figures"})
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
        log_existing(
            run,
            {
                paths.validation: "validation",
                paths.data_docs: "validation/docs",
                paths.comparison: "report",
                paths.report_dir: "report",
            },
        )


def log_metrics(run: TrackedRun, metrics: Mapping[str, Any]) -> None:
    """Log the measures of a metrics file, and its confusion matrix."""
    run.log_measures(measures_of(metrics))
    run.log_json({key: metrics[key] for key in ("tp", "fp", "fn", "tn")}, "confusion_matrix.json")


def log_existing(run: TrackedRun, folders: Mapping[Path, str]) -> None:
    """Log those files and folders that exist, each into a folder of the run's artifacts."""
    for path, folder in folders.items():
        if path.exists():
            run.log_files(path, folder)
