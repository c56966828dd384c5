"""A small made-up Euclid survey on disk, as the stages before judging would have left it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from support.euclid_dataset import good_euclid_dataset, small_euclid_params
from support.project import PARAMS
from support.survey_evaluation import write_trainings

from lensfinder.params import read_params
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths

SETS = ("set_1", "set_2", "set_3", "set_4", "set_5", "set_6")
MODELS = (*SETS, "control")
REPLICAS = read_params(PARAMS).euclid.training.replicas


def make_euclid(root: Path, n_test: int) -> SurveyPaths:
    """Write all that judging reads."""
    dataset = good_euclid_dataset(small_euclid_params(test=n_test))
    paths = dataset.write(root)
    counts = {}
    for name, table in dataset.sets.items():
        talk = None if name == "control" else 9441
        counts[name] = {"count": len(table) // 2, "scaled_to_100000": 500.0 * len(table), "talk": talk}
    n = len(dataset.assessable)
    counts["assessable_1"] = {"count": n, "scaled_to_100000": 1e5 * n / n_test, "talk": 88910}
    write_json(paths.selection, counts)
    write_json(paths.validation, {})
    for name in MODELS:
        write_trainings(paths, name, paths.model(name), fake_euclid_scores, REPLICAS)
    return paths


def fake_euclid_scores(paths: SurveyPaths, name: str, rows: np.ndarray, replica: int = 1) -> np.ndarray:
    """Plausible scores: small arcs are missed more often, and models trained on few of them miss more."""
    catalogue = pd.read_parquet(paths.catalogue).iloc[rows]
    rng = np.random.default_rng(7)
    shared = rng.normal(size=len(rows))
    place = MODELS.index(name)
    own = np.random.default_rng([replica, place]).normal(size=len(rows)) * (0.8 if name == "control" else 0.4)
    size = np.log10(np.maximum(catalogue["n_pix_source"], 1))
    hard = np.where(catalogue["label"] == 1, 3.0 * size - 6.0 + 0.3 * min(place, 5), -3.0)
    return (1 / (1 + np.exp(-(hard + 1.5 * shared + own)))).astype(np.float32)
