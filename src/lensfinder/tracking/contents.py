"""What runs hold: parameters, origin, curves, files and measures, as the pipeline knows or wrote them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lensfinder import plugins
from lensfinder.errors import UserError
from lensfinder.params import Model
from lensfinder.tracking.run import RunIdentity, TrackedRun
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import ModelPaths, StudyPaths
from lensfinder.workspace.provenance import flatten, git_state, recorded_outputs

INPUTS_HASH_KEY = "inputs_hash"
"""Entry of ``training.json`` by which a run is found again."""
DATA_TAG = "dvc."
"""How tags begin that hold DVC's hash of data, by path."""
MODEL_HASH_KEY = "model_hash"
"""Entry of ``training.json`` by which the run above all trainings of a model is found again."""

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


def log_training_files(run: TrackedRun, paths: ModelPaths) -> None:
    """Log what a training wrote, history, as curves and as a file, summary and network, and what it read."""
    log, summary = TrainingLog(run), read_json(paths.training)
    read = {tag.removeprefix(DATA_TAG): md5 for tag, md5 in run.tags.items() if tag.startswith(DATA_TAG)}
    run.log_datasets(read, int(summary.get("n_train", 0)) + int(summary.get("n_validation", 0)))
    with paths.history.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            log.log_epoch(int(row["epoch"]), {key: float(value) for key, value in row.items()})
    run.log_files(paths.history, "training")
    run.log_files(paths.training, "training")
    run.log_network(paths.model)


def experiment_of(files: StudyPaths) -> str:
    """Return the name of a study's own experiment."""
    return f"{files.survey.survey}-{files.study}"


def trained_identity(
    experiment: str, model: str, paths: ModelPaths, key: str = INPUTS_HASH_KEY
) -> RunIdentity:
    """Return by what the run of a training is known, from the training's summary; or one above it.

    Raises
    ------
    UserError
        If the summary is missing, or has no hash of the training's inputs.
    """
    training = read_json(paths.training)
    if key not in training:
        raise UserError(f"{paths.training}: {key} is missing; `dvc repro -f` writes the file anew")
    return RunIdentity(experiment, model, str(training[key]))


def params_of(values: Mapping[str, Any], survey: str, model: str) -> dict[str, Any]:
    """Return the parameters by dotted name, without other surveys, other models and studies.

    Those of the own model are named alike for all models, so that a comparison of two runs sets them side by
    side.
    """
    own = f"{survey}.models.{model}."
    others = (f"{other}." for other in plugins.names(plugins.SURVEYS) if other != survey)
    of_others = (f"{survey}.{section}." for section in ("models", *plugins.names(plugins.STUDIES)))
    left_out = (*others, *of_others)
    return {
        key.replace(own, f"{survey}.model.", 1): value
        for key, value in values.items()
        if key.startswith(own) or not key.startswith(left_out)
    }


def study_params_of(values: Mapping[str, Any], files: StudyPaths, definition: Model) -> dict[str, Any]:
    """Return the parameters of a study's model, named as those of a survey's model are."""
    survey = files.survey.survey
    logged = tuple(f"{survey}.{name}." for name in plugins.load(plugins.STUDIES, files.study).logged)
    return {
        **params_of(values, survey, ""),
        **{key: value for key, value in values.items() if key.startswith(logged)},
        **flatten(definition.model_dump(mode="json"), f"{survey}.model."),
    }


def origin(workspace: Path, survey: str, preset: str) -> dict[str, str]:
    """Return tags that say which preset, commit and data a run comes from."""
    tags = {"preset": preset}
    if (state := git_state(workspace)) is not None:
        tags["mlflow.source.git.commit"] = state.commit
        tags["git.dirty"] = str(state.dirty).lower()
    for path, output in recorded_outputs(workspace).items():
        if path.startswith((f"datasets/{survey}", f"splits/{survey}")) and "md5" in output:
            tags[f"{DATA_TAG}{path}"] = str(output["md5"])
    return tags


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
