"""Runs of models, as the stages of the pipeline log them.

Where DVC restored a training from its cache, there is no run to log to; :mod:`.restored` makes it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from lensfinder.tracking.restored import committee_run, replica_run, survey_run
from lensfinder.tracking.run import EVALUATED_TAG, RunIdentity, TrackedRun
from lensfinder.tracking.store import PARENT_TAG, RunStore, ended_by_error
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import ModelPaths, StudyPaths, SurveyPaths
from lensfinder.workspace.provenance import flatten


@contextmanager
def training_log(
    workspace: Path,
    survey: str,
    model: str,
    replica: int,
    inputs_hash: str,
    model_hash: str,
    params: Params,
) -> Iterator[TrainingLog]:
    """Open the run of one training of a model, below the run of all; else as :func:`study_log`."""
    values = flatten(params.model_dump(mode="json"))
    paths = SurveyPaths(workspace, survey).model(model).replica(replica)
    with _log_below(
        RunStore(workspace),
        RunIdentity(survey, f"{model}/{paths.model_dir.name}", inputs_hash),
        RunIdentity(survey, model, model_hash),
        params_of(values, survey, model),
        origin(workspace, survey, params.preset),
        paths,
    ) as log:
        yield log


@contextmanager
def study_log(
    files: StudyPaths,
    model: str,
    inputs_hash: str,
    params: Params,
    definition: Model,
    parent_hash: str | None = None,
) -> Iterator[TrainingLog]:
    """Open the run of a study's training, in the study's own experiment.

    At the end log what the training wrote, and close the run. The training must have written its files, with
    :data:`.contents.INPUTS_HASH_KEY` in ``training.json``, when the context ends.

    With ``parent_hash`` it is one of several trainings of the model before the slash in ``model``, and its
    run lies below that of all of them, which is found by this hash and stays RUNNING until all are measured.
    """
    survey, experiment = files.survey, experiment_of(files)
    parent = None if parent_hash is None else RunIdentity(experiment, model.partition("/")[0], parent_hash)
    values = flatten(params.model_dump(mode="json"))
    with _log_below(
        RunStore(survey.root),
        RunIdentity(experiment, model, inputs_hash),
        parent,
        study_params_of(values, files, definition),
        origin(survey.root, survey.survey, params.preset),
        files.model(model),
    ) as log:
        yield log


@contextmanager
def _log_below(
    store: RunStore,
    identity: RunIdentity,
    above: RunIdentity | None,
    params: Mapping[str, Any],
    tags: Mapping[str, str],
    paths: ModelPaths,
) -> Iterator[TrainingLog]:
    with ExitStack() as stack:
        described, own_tags = [], {}
        if above is not None:
            parent = store.resume(above)
            stack.enter_context(ended_by_error(parent))
            described, own_tags = [parent], {PARENT_TAG: parent.run_id}
        run = stack.enter_context(store.training(identity))
        for one in (*described, run):
            one.log_params(params)
            one.log_tags(tags)
        run.log_tags(own_tags)
        yield TrainingLog(run)
        log_training_files(run, paths)


def log_evaluation(workspace: Path, survey: str, model: str) -> None:
    """Add to the runs of a model what the evaluation wrote.

    Its own run gets the means over its trainings, with intervals and figures; the run of each training below
    it the measures of that one; and beside these stands a run of the committee. What was trained on other
    inputs before is taken out of there. Repeated, it changes nothing.

    Raises
    ------
    UserError
        If a file is missing.
    """
    paths, store = SurveyPaths(workspace, survey).model(model), RunStore(workspace)
    metrics = read_json(paths.measures)
    run = survey_run(store, workspace, survey, model)
    children = []
    for number, of in enumerate(metrics["single"], 1):
        child = replica_run(store, workspace, survey, model, number)
        log_metrics(child, of, metrics["shown"])
        child.log_tags({PARENT_TAG: run.run_id, EVALUATED_TAG: "true"})
        children.append(child)
    committee = committee_run(store, workspace, survey, model)
    log_metrics(committee, metrics["committee"], metrics["shown"])
    committee.log_tags({PARENT_TAG: run.run_id, EVALUATED_TAG: "true"})
    committee.end()
    store.keep_children(run, [*children, committee])
    log_metrics(run, metrics, metrics["shown"])
    log_existing(run, {paths.measures: "metrics", paths.figures: "figures"})
    run.log_tags({EVALUATED_TAG: "true"})
    run.end()


def log_report(workspace: Path, survey: str, models: list[str]) -> None:
    """Add the outcome of the gate, the comparison, the report and its verdict to the runs of the models.

    Raises
    ------
    UserError
        If a model was not trained.
    """
    store = RunStore(workspace)
    paths = SurveyPaths(workspace, survey)
    verdict = read_json(paths.comparison)["verdict"] if paths.comparison.is_file() else ""
    page = (paths.report_dir / "report.html").relative_to(workspace)
    for model in models:
        run = survey_run(store, workspace, survey, model)
        run.describe(f"{verdict}\n\nThe whole report: `{page}`, and among the artifacts.")
        log_existing(
            run,
            {
                paths.validation: "validation",
                paths.data_docs: "validation/docs",
                paths.comparison: "report",
                paths.report_dir: "report",
            },
        )


def log_metrics(run: TrackedRun, metrics: Mapping[str, Any], shown: Sequence[str] | None = None) -> None:
    """Log measures of a metrics file, its confusion matrix, and all of it as a file.

    ``shown`` are those that the list of runs is to show, which is not made for more than some forty.
    """
    run.log_measures(measures_of({key: metrics[key] for key in shown or metrics if key in metrics}))
    run.log_json({key: metrics[key] for key in ("tp", "fp", "fn", "tn")}, "confusion_matrix.json")
    run.log_json(metrics, "measures.json")


def log_existing(run: TrackedRun, folders: Mapping[Path, str]) -> None:
    """Log those files and folders that exist, each into a folder of the run's artifacts."""
    for path, folder in folders.items():
        if path.exists():
            run.log_files(path, folder)
