"""A checkout with the files of trainings that nobody trained, for tests of what MLflow is told."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

from support.project import REPOSITORY

from lensfinder.tracking import database
from lensfinder.workspace.paths import ModelPaths


def make_workspace(folder: Path, empty_database: Path) -> Path:
    workspace = folder / "a checkout"
    workspace.mkdir()
    shutil.copy(empty_database, workspace / "mlflow.db")
    shutil.copy(REPOSITORY / "params.yaml", workspace)
    (workspace / "dvc.yaml").write_text("stages: {}\n")
    return workspace


def write_network(path: Path) -> None:
    """Write what MLflow is to copy; nobody builds the network here."""
    layer = {"class_name": "InputLayer", "config": {"name": "images", "batch_shape": [None, 5, 4, 3]}}
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))


def write_model(paths: ModelPaths, inputs_hash: str, epochs: int = 3, model_hash: str | None = None) -> None:
    """Write what a training writes; ``model_hash`` is what it shares with others of its model."""
    paths.model_dir.mkdir(parents=True, exist_ok=True)
    write_network(paths.model)
    with paths.history.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row(1)))
        writer.writeheader()
        writer.writerows(row(epoch) for epoch in range(1, epochs + 1))
    shared = {} if model_hash is None else {"model_hash": model_hash}
    paths.training.write_text(json.dumps({**shared, "inputs_hash": inputs_hash, "epochs": epochs}))


def row(epoch: int) -> dict[str, float]:
    loss = 1 / epoch
    return {"epoch": epoch, "loss": loss, "accuracy": 0.5, "val_loss": loss, "val_accuracy": 0.5}


def runs_of(root: Path, experiment: str = "lensfinder-jpas") -> list[Any]:
    client = database.open_database(root)
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id])) if found else []


def all_of(root: Path, experiment: str = "lensfinder-jpas") -> list[dict[str, Any]]:
    """Everything that is known of the runs."""
    return [run.to_dictionary() for run in runs_of(root, experiment)]


def statuses_of(root: Path, experiment: str = "lensfinder-jpas") -> list[str]:
    return [run.info.status for run in runs_of(root, experiment)]


def statuses(root: Path, experiment: str = "lensfinder-jpas") -> dict[str, str]:
    """Status of every run, by its name."""
    return {run.info.run_name: run.info.status for run in runs_of(root, experiment)}


def families(root: Path, experiment: str = "lensfinder-jpas") -> dict[str, list[str]]:
    """Names of all runs without their hashes: of those at the top, those below them."""
    runs = {run.info.run_id: run for run in runs_of(root, experiment)}
    names = {run_id: run.info.run_name.rpartition("-")[0] for run_id, run in runs.items()}
    found: dict[str, list[str]] = {names[of]: [] for of, run in runs.items() if parent_of(run) is None}
    for run_id, run in runs.items():
        if (parent := parent_of(run)) is not None:
            found[names[parent]] = sorted([*found[names[parent]], names[run_id]])
    return found


def parent_of(run: Any) -> str | None:
    return run.data.tags.get("mlflow.parentRunId")


def write(path: Path, text: str = "{}") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def artifacts(root: Path, run: Any, experiment: str = "lensfinder-jpas") -> set[str]:
    place = root / "mlruns" / experiment / run.info.run_id / "artifacts"
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
