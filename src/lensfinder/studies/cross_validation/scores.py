"""What the trainings of a cross-validation left: scores and summary of every fold, checked when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lensfinder.datasets.table import Column, read_table, write_table
from lensfinder.errors import UserError
from lensfinder.params import Judging, Model, Params
from lensfinder.studies.cross_validation.folds import Fold, folds_of
from lensfinder.studies.cross_validation.measures import TRAINING_KEYS, CrossValidated, HeldOut, held_out_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import StudyPaths

FOLD_COLUMNS = {
    "model": Column("str", "", "cross-validated model"),
    "repeat": Column("int16", "", "repeat, from 1"),
    "fold": Column("int16", "", "fold of that repeat that held the object out, from 1"),
}
"""Columns that say which network gave a score."""


@dataclass(frozen=True)
class FoldFiles:
    """The files of a cross-validation, of a survey's ``catalogue``."""

    files: StudyPaths
    params: Params
    catalogue: pd.DataFrame

    @property
    def survey(self) -> str:
        """Name of the survey."""
        return self.files.survey.survey

    @property
    def _cv(self) -> CrossValidation:
        return self.params.survey(self.survey).study(CrossValidation)

    @property
    def folds(self) -> list[Fold]:
        """Folds of all repeats."""
        return folds_of(self._cv)

    @property
    def models(self) -> dict[str, Model]:
        """Cross-validated models, in the order of the survey's models."""
        section = self.params.survey(self.survey)
        return {name: model for name, model in section.models.items() if name in self._cv.models}

    @property
    def judging(self) -> Judging:
        """How the survey's models are measured."""
        return self.params.survey(self.survey).judging

    @property
    def columns(self) -> dict[str, Column]:
        """Columns of the table of all held-out objects' scores."""
        shared = survey_of(self.survey).columns.scores.items()
        return {**FOLD_COLUMNS, **{name: column for name, column in shared if name != "part"}}

    def read_trained(self, name: str) -> list[HeldOut]:
        """Read the folds of a model as its trainings left them.

        Raises
        ------
        UserError
            If a fold was not trained to its end, or if one of its files does not fit the others.
        """
        return [self._read_fold(name, fold) for fold in self.folds]

    def read_judged(self, name: str) -> list[HeldOut]:
        """Read the folds of a model from what :func:`.judge.judge_cv` wrote of this cross-validation.

        Raises
        ------
        UserError
            If it was not judged, or with other folds, or if its files do not fit each other.
        """
        metrics, table = read_json(self.files.metrics), read_table(self.files.scores, self.columns)
        self._check_objects(self.files.scores, table)
        entries = metrics.get("models", {}).get(name, {}).get("per_fold", [])
        told = {Fold(entry["repeat"], entry["fold"]): entry for entry in entries}
        if list(told) != self.folds:
            raise UserError(
                f"{self.files.metrics}: its {len(told)} folds of {name} are not the {len(self.folds)} of "
                f"params.yaml ({self.survey}.cv); run `dvc repro {self.files.target}`"
            )
        folds = []
        for fold, entry in told.items():
            chosen = table["model"].eq(name) & table["repeat"].eq(fold.repeat) & table["fold"].eq(fold.number)
            rows = table[chosen].drop(columns=list(FOLD_COLUMNS)).reset_index(drop=True)
            if len(rows) != entry["n_test"]:
                raise UserError(
                    f"{self.files.scores}: {len(rows)} objects in fold {fold.number} of repeat {fold.repeat} "
                    f"of {name}, but {self.files.metrics} says {entry['n_test']}; run "
                    f"`dvc repro {self.files.target}`"
                )
            threshold = entry["validation_threshold"]
            folds.append(HeldOut(fold, rows, float("nan") if threshold is None else threshold, entry))
        return folds

    def write_judged(self, validated: Mapping[str, CrossValidated]) -> None:
        """Write the scores of all models' held-out objects into one table."""
        tables = [
            of.rows.assign(model=name, repeat=of.fold.repeat, fold=of.fold.number)
            for name, model in validated.items()
            for of in model.folds
        ]
        table = pd.concat(tables, ignore_index=True)[list(self.columns)]
        write_table(self.files.scores, table, self.columns)

    def _read_fold(self, name: str, fold: Fold) -> HeldOut:
        files = self.files.model(f"{name}/{fold.key}")
        for path in (files.scores, files.training):
            if not path.is_file():
                raise UserError(
                    f"{path}: no such file; fold {fold.number} of repeat {fold.repeat} of {name} was not "
                    f"trained to its end: run `dvc repro {self.files.target}`"
                )
        scores = read_table(files.scores, survey_of(self.survey).columns.scores)
        self._check_objects(files.scores, scores)
        training = read_json(files.training)
        missing = [key for key in TRAINING_KEYS if not isinstance(training.get(key), int)]
        if missing:
            raise UserError(f"{files.training}: no number {', '.join(missing)}; train this fold again")
        n_validation = int((scores["part"] == "validation").sum())
        if n_validation != training["n_validation"]:
            raise UserError(
                f"{files.scores}: {n_validation} validation objects, but {files.training} says "
                f"{training['n_validation']}; train this fold again"
            )
        try:
            return held_out_of(fold, scores, training, self.judging)
        except UserError as error:
            raise UserError(f"{files.scores}: {error}") from None

    def _check_objects(self, path: Path, scores: pd.DataFrame) -> None:
        row = scores["row"].to_numpy()
        inside = (row >= 0) & (row < len(self.catalogue))
        known = self.catalogue["object_id"].to_numpy()[row * inside]
        wrong = ~inside | (known != scores["object_id"].to_numpy())
        if wrong.any():
            first = scores[wrong].iloc[0]
            raise UserError(
                f"{path}: {int(wrong.sum())} object(s) are not the catalogue's in the same row (first: "
                f"{first['object_id']}, row {first['row']}); run `dvc repro {self.files.target}`"
            )
