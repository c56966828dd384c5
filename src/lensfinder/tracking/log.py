"""Runs of models, from what the pipeline knows and from the files that it writes.

The stages log as they go; :func:`rebuild_runs` makes the same runs from outputs that DVC restored from a
cache.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lensfinder.errors import UserError
from lensfinder.jsonfiles import read_json
from lensfinder.params import SURVEYS, Params, read_params
from lensfinder.paths import ModelPaths, SurveyPaths
from lensfinder.provenance import flatten, git_state, recorded_outputs, recorded_params
from lensfinder.tracking.run import EVALUATED_TAG, RunIdentity, TrackedRun
from lensfinder.tracking.store import RunStore

INPUTS_HASH_KEY = "inputs_hash"
"""Entry of ``training.json`` by which a run is found again."""

# Test and training both have an accuracy: curves get the name of their part.
_CURVES = {
    "loss": "train/loss",
    "accuracy": "train/accuracy",
    "val_loss": "validation/loss",
    "val_accuracy": "validation/accuracy",
    "learning_rate": "train/learning_rate",
    "seconds": "train/seconds",
}


class TrainingLog:
    """Log of a training while it goes on."""

    def __init__(self, run: TrackedRun) -> None:
        self.run = run

    def log_epoch(self, epoch: int, row: Mapping[str, float]) -> None:
        """Log a row of the history, with ``"seconds"`` where known."""
        self.run.log_epoch(epoch, {_CURVES[key]: value for key, value in row.items() if key in _CURVES})


@contextmanager
def training_log(
    workspace: Path, survey: str, model: str, inputs_hash: str, params: Params
) -> Iterator[TrainingLog]:
    """Open the run of a training; at the end log what the training wrote, and close the run.

    The training must have written its files, with :data:`INPUTS_HASH_KEY` in ``training.json``, when the
    context ends.
    """
    identity = RunIdentity(survey, model, inputs_hash)
    with RunStore(workspace).training(identity) as run:
        values = flatten(params.model_dump(mode="json"))
        run.log_params(_params_of(values, survey, model))
        run.log_tags(_origin(workspace, survey, params.preset))
        yield TrainingLog(run)
        _log_training_files(run, SurveyPaths(workspace, survey).model(model))


def log_evaluation(workspace: Path, survey: str, model: str) -> None:
    """Add to the run of a model what the evaluation wrote: measures, confusion matrix and figures.

    Where there is no run, because DVC restored the training from its cache, it is made from the training's
    files.

    Raises
    ------
    UserError
        If a file is missing.
    """
    _log_evaluation(RunStore(workspace), workspace, survey, model)


def log_report(workspace: Path, survey: str, models: list[str]) -> None:
    """Add the outcome of the gate, the comparison and the report to the runs of the models.

    Raises
    ------
    UserError
        If a model was not trained.
    """
    store = RunStore(workspace)
    for model in models:
        run = _trained_run(store, workspace, survey, model)
        paths = SurveyPaths(workspace, survey)
        for path, folder in (
            (paths.validation, "validation"),
            (paths.data_docs, "validation/docs"),
            (paths.comparison, "report"),
            (paths.report_dir, "report"),
        ):
            if path.exists():
                run.log_files(path, folder)


def rebuild_runs(workspace: Path) -> list[str]:
    """Make the run of every model whose outputs are there, or complete it; return their names.

    Repeated, it changes nothing.

    Raises
    ------
    UserError
        If there is no output of a training at all.
    """
    trained = sorted(workspace.glob("models/*/*/training.json"))
    if not trained:
        raise UserError(
            f"{workspace / 'models'}: no trained model; `dvc checkout` or `dvc repro` brings them"
        )
    store = RunStore(workspace)
    names: list[str] = []
    surveys: dict[str, list[str]] = {}
    for path in trained:
        survey, model = path.parts[-3:-1]
        surveys.setdefault(survey, []).append(model)
        if SurveyPaths(workspace, survey).model(model).metrics.exists():
            run = _log_evaluation(store, workspace, survey, model)
        else:
            run = _trained_run(store, workspace, survey, model)
        names.append(f"lensfinder-{survey}/{run.name}")
    for survey, models in surveys.items():
        log_report(workspace, survey, models)
    return names


def measures_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a metrics file by name; intervals as ``interval/<name>_low`` and ``_high``."""
    measures: dict[str, float] = {}
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            name = key.replace("_interval", "")
            for bound in ("low", "high"):
                if isinstance(value.get(bound), int | float):
                    measures[f"interval/{name}_{bound}"] = float(value[bound])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            measures[key] = float(value)
    return measures


def _log_evaluation(store: RunStore, workspace: Path, survey: str, model: str) -> TrackedRun:
    paths = SurveyPaths(workspace, survey).model(model)
    run = _trained_run(store, workspace, survey, model)
    metrics = read_json(paths.metrics)
    run.log_measures(measures_of(metrics))
    run.log_json({key: metrics[key] for key in ("tp", "fp", "fn", "tn")}, "confusion_matrix.json")
    run.log_files(paths.metrics, "metrics")
    if paths.figures.is_dir():
        run.log_files(paths.figures, "figures")
    run.log_tags({EVALUATED_TAG: "true"})
    return run


def _trained_run(store: RunStore, workspace: Path, survey: str, model: str) -> TrackedRun:
    paths = SurveyPaths(workspace, survey).model(model)
    identity = _identity(paths, survey, model)
    run = store.find(identity)
    if run is not None and run.status == "FINISHED":
        return run
    run = store.find_or_create(identity)
    preset = read_params(workspace / "params.yaml").preset
    run.log_params(_params_of({"preset": preset} | recorded_params(workspace), survey, model))
    run.log_tags(_origin(workspace, survey, preset) | {"lensfinder.rebuilt": "true"})
    _log_training_files(run, paths)
    run.end()
    return run


def _log_training_files(run: TrackedRun, paths: ModelPaths) -> None:
    log = TrainingLog(run)
    with paths.history.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            log.log_epoch(int(row["epoch"]), {key: float(value) for key, value in row.items()})
    run.log_files(paths.history, "training")
    run.log_files(paths.training, "training")
    run.log_network(paths.model)


def _identity(paths: ModelPaths, survey: str, model: str) -> RunIdentity:
    training = read_json(paths.training)
    if INPUTS_HASH_KEY not in training:
        raise UserError(
            f"{paths.training}: {INPUTS_HASH_KEY} is missing; `dvc repro -f` writes the file anew"
        )
    return RunIdentity(survey, model, str(training[INPUTS_HASH_KEY]))


def _params_of(values: Mapping[str, Any], survey: str, model: str) -> dict[str, Any]:
    """Return the parameters by dotted name, without other surveys and the survey's other models.

    Those of the own model are named alike for all models, so that a comparison of two runs sets them side by
    side.
    """
    models, own = f"{survey}.models.", f"{survey}.models.{model}."
    others = {other for other in SURVEYS if other != survey}
    return {
        key.replace(own, f"{survey}.model.", 1): value
        for key, value in values.items()
        if key.split(".")[0] not in others and (not key.startswith(models) or key.startswith(own))
    }


def _origin(workspace: Path, survey: str, preset: str) -> dict[str, str]:
    tags = {"preset": preset}
    if (state := git_state(workspace)) is not None:
        tags["mlflow.source.git.commit"] = state.commit
        tags["git.dirty"] = str(state.dirty).lower()
    for path, output in recorded_outputs(workspace).items():
        if path.startswith((f"datasets/{survey}", f"splits/{survey}")) and "md5" in output:
            tags[f"dvc.{path}"] = str(output["md5"])
    return tags
