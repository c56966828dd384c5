"""A small made-up survey on disk, as the stages before judging would have left it."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import good_dataset
from support.project import PARAMS

from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import write_table
from lensfinder.params import read_params
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import ModelPaths, SurveyPaths

REPLICAS = read_params(PARAMS).jpas.training.replicas


def make_survey(root: Path) -> SurveyPaths:
    """Write all that judging reads of 30 tiles; the first 20 are the test part, 4 are validation."""
    paths = good_dataset(tiles=30, test=20, validation=4).write(root)
    sizes = {
        "cube": {"bytes_per_object_memory": 280000, "bytes_total_disk": 10**6},
        "pseudo_spectra": {"bytes_per_object_memory": 11200, "bytes_total_disk": 40_000},
        "saving_memory": 25.0,
        "saving_disk": 25.0,
    }
    write_json(paths.sizes, sizes)
    write_json(paths.validation, {})
    densities = {"lensed_quasar": 0.05, "quasar_near_galaxy": 5.0, "quasar_alone": 200.0}
    write_json(JpasPaths(root).densities, densities)
    for name in ("cube", "pseudo_spectra"):
        write_trainings(paths, name, paths.model(name), fake_scores, REPLICAS)
    return paths


def use_network(monkeypatch: pytest.MonkeyPatch, predict_scores: Callable[..., np.ndarray]) -> None:
    """Let a function stand for all of the networks, and for TensorFlow."""
    module = types.ModuleType("lensfinder.networks.predict")
    module.predict_scores = predict_scores  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def fake_scores(paths: SurveyPaths, name: str, rows: np.ndarray, replica: int = 1) -> np.ndarray:
    """Plausible scores: lenses of small θ_E are missed more often; pseudo-spectra are noisier."""
    catalogue = pd.read_parquet(paths.catalogue).iloc[rows]
    rng = np.random.default_rng(7)
    shared = rng.normal(size=len(rows))
    own = np.random.default_rng([replica, len(name)]).normal(size=len(rows)) * (
        0.5 if name == "cube" else 0.9
    )
    hard = np.where(catalogue["label"] == 1, 4.0 * np.nan_to_num(catalogue["theta_e_arcsec"]) - 1.0, -4.0)
    return (1 / (1 + np.exp(-(hard + 1.6 * shared + own)))).astype(np.float32)


FakeScores = Callable[[SurveyPaths, str, np.ndarray, int], np.ndarray]
"""From paths, model, rows and the number of the replica, its scores."""


def write_trainings(
    paths: SurveyPaths, name: str, model: ModelPaths, scores: FakeScores, replicas: int
) -> None:
    """Write what the trainings of a model leave, with made-up scores for those of a network."""
    survey = survey_of(paths.survey)
    columns = survey.columns.scores
    catalogue = pd.read_parquet(paths.catalogue)
    objects = objects_to_score(read_parts(survey.parts.files(paths.splits, name)), catalogue, columns)
    for number in range(1, replicas + 1):
        out = model.replica(number)
        write_training(out)
        given = scores(paths, name, objects["row"].to_numpy(), number)
        write_table(out.scores, with_scores(objects, given), columns)


def write_training(model: ModelPaths) -> None:
    """Write a network's files, as training would have left them."""
    model.model_dir.mkdir(parents=True)
    model.model.write_bytes(b"not a real network")
    epoch = np.arange(1, 26)
    loss = 0.6 * np.exp(-epoch / 5) + 0.03
    validation = loss + 0.02 + 0.002 * np.maximum(epoch - 15, 0) + 0.004 * np.cos(epoch)
    history = {
        "epoch": epoch,
        "loss": loss,
        "accuracy": 1 - loss / 2,
        "val_loss": validation,
        "val_accuracy": 1 - validation / 2,
        "learning_rate": 0.001,
    }
    pd.DataFrame(history).to_csv(model.history, index=False)
