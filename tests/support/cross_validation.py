"""A small made-up cross-validation on disk, as its trainings would have left it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from support.gate_dataset import BANDS, PIXELS, good_dataset, small_params
from support.project import changed

from lensfinder.datasets.table import write_table
from lensfinder.params import Params
from lensfinder.studies.cross_validation import LEAK
from lensfinder.studies.cross_validation.folds import Fold, assign_folds, folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import StudyPaths, SurveyPaths

JPAS_MODELS = ("cube", "pseudo_spectra")
TILES = 30
WHOLE_BYTES = {"cube": 2 * PIXELS**2 * BANDS, "pseudo_spectra": 4 * PIXELS * BANDS}


def cv_params(
    survey: str = "jpas", models: tuple[str, ...] = JPAS_MODELS, folds: int = 3, repeats: int = 1
) -> Params:
    cv = CrossValidation(
        folds=tuple(range(1, folds + 1)), repeats=tuple(range(1, repeats + 1)), models=models
    )
    return changed(small_params(), {f"{survey}.cv": cv})


def make_catalogue(root: Path) -> SurveyPaths:
    """Write catalogue and images of a J-PAS survey."""
    return good_dataset(TILES).write(root)


def write_fold(
    paths: SurveyPaths, study: str, name: str, fold: Fold, objects: pd.DataFrame, score: np.ndarray
) -> None:
    """Write what the training of one fold leaves, less the network; ``objects`` have a ``part``."""
    files = StudyPaths(paths, study).model(f"{name}/{fold.key}")
    columns = survey_of(paths.survey).columns.scores
    scored = objects.assign(score=score.astype(np.float32))[objects["part"] != "train"]
    write_table(files.scores, scored[list(columns)], columns)
    counts = objects["part"].value_counts()
    objects_seen = {f"n_{part}": int(counts[part]) for part in ("train", "validation")}
    write_json(files.training, {**objects_seen, "epochs": 10 + fold.number, "kept_epoch": 5 + fold.number})


def make_folds(
    paths: SurveyPaths, params: Params, study: str, skill: Mapping[str, float], seed: int = 3
) -> None:
    """Write all folds of all models: before noise, log-odds are +``skill`` for a lens and −``skill`` else."""
    catalogue = pd.read_parquet(paths.catalogue)
    cv = params.survey(paths.survey).cv
    objects = catalogue.assign(row=np.arange(len(catalogue)))
    label = objects["label"].to_numpy()
    shared = np.random.default_rng(seed).normal(size=len(objects))
    for fold in folds_of(cv):
        at_random = study == LEAK.name
        number = assign_folds(catalogue, len(cv.folds), fold.repeat, params.seed, at_random)
        held_out, every_fifth = number == fold.number, objects.get("tile", objects["row"]).to_numpy() % 5 == 0
        part = np.select([held_out, every_fifth], ["test", "validation"], "train")
        network = np.random.default_rng((seed, fold.repeat, fold.number))
        for name in cv.models:
            own = network.normal(size=len(objects)) + 0.3 * network.normal()
            odds = skill[name] * (2 * label - 1) + shared + own
            write_fold(paths, study, name, fold, objects.assign(part=part), 1 / (1 + np.exp(-odds)))
