"""Stage ``train``: every model several times, side by side; each training resumes after a kill."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lensfinder.cores import cores
from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.representation import Representation
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.params import Model, Params, Training
from lensfinder.stages.side_by_side import run_side_by_side
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.contents import INPUTS_HASH_KEY, MODEL_HASH_KEY, TrainingLog
from lensfinder.tracking.log import training_log
from lensfinder.typing import AnyArray
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import ModelPaths, SurveyPaths
from lensfinder.workspace.pipeline import training_inputs_hash

PREDICTION_BATCH = 128
"""Objects given to the network at a time: fast on a few cores, and never more than some hundred MB."""

_REPLICA = 0x5245504C
"""Spawn key of the seeds of replicas."""

OpenLog = Callable[["Hashes"], AbstractContextManager[TrainingLog]]
"""From what a training is known by, its log."""


@dataclass(frozen=True)
class Hashes:
    """What a training is known by.

    ``model`` is the hash of all that it reads but for its seed, which the trainings of one model have in
    common, ``inputs`` that of everything.
    """

    model: str
    inputs: str


@dataclass(frozen=True)
class OneTraining:
    """One network that is to be trained and asked: what it reads, and where its files go.

    Attributes
    ----------
    name
        ``<model>/<replica>`` or ``<model>/<fold>``, by which messages and runs know it.
    parts
        Tables that together hold ``object_id, row, label, part`` of all objects.
    definition, representation, training, seed
        What to train, on what, how, and the root of all that is random about it.
    stage
        Name that DVC prints of the stage it belongs to, whose code it depends on.
    out
        Where network, history, summary and scores go.
    """

    paths: SurveyPaths
    name: str
    parts: Sequence[Path]
    definition: Model
    representation: Representation
    training: Training
    seed: int
    stage: str
    out: ModelPaths

    def hashes(self) -> Hashes:
        """Hash all that decides the outcome.

        Raises
        ------
        UserError
            If a file is missing.
        """
        # Neither how many replicas there are nor how many cores is any of its business.
        training = self.training.model_dump(mode="json", exclude={"replicas", "seed"})
        read: dict[str, Any] = {"model": self.definition.model_dump(mode="json"), "training": training}
        root = self.paths.root
        files = [self.paths.catalogue, *self.parts, *self.representation.files(root)]
        model = training_inputs_hash(root, self.stage, read, files)
        return Hashes(model, hashlib.sha256(f"{model} {self.seed}".encode()).hexdigest())

    def is_done(self) -> bool:
        """Whether its files are there and made of these very inputs.

        Raises
        ------
        UserError
            If a file that it reads is missing.
        """
        files = (self.out.model, self.out.history, self.out.training, self.out.scores)
        if not all(file.is_file() for file in files):
            return False
        return bool(read_json(self.out.training).get(INPUTS_HASH_KEY) == self.hashes().inputs)

    def run(self, open_log: OpenLog) -> None:
        """Train, or go on where a killed training stopped, and score the validation and test part.

        Raises
        ------
        UserError
            If a file is missing or does not fit the others.
        CheckFailed
            If the training diverges, or the network's output is no probability.
        """
        hashes = self.hashes()
        columns = survey_of(self.paths.survey).columns
        catalogue = read_table(self.paths.catalogue, columns.catalogue)
        parts = read_parts(self.parts)
        objects = objects_to_score(parts, catalogue, columns.scores)
        images = open_images_of(self.representation.files(self.paths.root), len(catalogue))
        title = f"{self.stage}-{self.name}".replace("/", "_").replace(":", "_")
        work = self.paths.work(title, hashes.inputs)
        # An interrupted training on other inputs will never be continued.
        for other in work.parent.glob(f"{title}-*"):
            if other != work:
                shutil.rmtree(other)

        from lensfinder.networks.predict import predict_scores  # imports TensorFlow
        from lensfinder.networks.training import train

        # Those of other inputs must not be taken for this network's.
        self.out.scores.unlink(missing_ok=True)

        def part(name: str) -> tuple[AnyArray, AnyArray]:
            rows = parts[parts["part"] == name]
            return rows["row"].to_numpy(), rows["label"].to_numpy()

        with open_log(hashes) as log:
            train(
                images,
                *part("train"),
                *part("validation"),
                self.definition,
                self.representation,
                self.training,
                self.seed,
                work,
                self.out,
                log.log_epoch,
            )
            known_by = {MODEL_HASH_KEY: hashes.model, INPUTS_HASH_KEY: hashes.inputs}
            write_json(self.out.training, {**read_json(self.out.training), **known_by})
        rows, threads = objects["row"].to_numpy(), self.training.threads
        score = predict_scores(self.out.model, self.representation, images, rows, PREDICTION_BATCH, threads)
        write_table(self.out.scores, with_scores(objects, score), columns.scores)
        shutil.rmtree(work)


def replica_seed(params: Params, training: Training, number: int) -> int:
    """Seed of a replica, from 1: of initial weights, order, augmentation and dropout.

    Replicas of the same number share it in all models of a survey.
    """
    sequence = np.random.SeedSequence(params.seed, spawn_key=(_REPLICA, training.seed, number))
    return int(sequence.generate_state(1)[0])


def replica_of(paths: SurveyPaths, params: Params, name: str, number: int) -> OneTraining:
    """Return one training of a survey's model; ``number`` counts from 1.

    Raises
    ------
    UserError
        If there is no such model in the parameters, or no such replica.
    """
    survey, definition = survey_of(paths.survey), model_of(paths, params, name)
    training = params.survey(paths.survey).training
    if not 1 <= number <= training.replicas:
        raise UserError(
            f"params.yaml: {paths.survey}.training.replicas = {training.replicas}: no replica {number}"
        )
    return OneTraining(
        paths,
        f"{name}/replica_{number}",
        survey.parts.files(paths.splits, name),
        definition,
        survey.representations[definition.representation],
        training,
        replica_seed(params, training, number),
        paths.stage(f"train-{paths.survey}"),
        paths.model(name).replica(number),
    )


def train_replica(paths: SurveyPaths, params: Params, name: str, number: int) -> None:
    """Train one replica of a survey's model, and score its validation and test part; see :meth:`.run`."""
    one = replica_of(paths, params, name, number)
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
    one.run(lambda of: training_log(paths.root, paths.survey, name, number, of.inputs, of.model, params))


def train_models(paths: SurveyPaths, params: Params, names: Sequence[str]) -> None:
    """Train every replica of these models that is not done yet, and remove replicas that nobody asks for.

    Raises
    ------
    UserError
        If there is no such model in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If a training diverges.
    """
    section = params.survey(paths.survey)
    numbers = range(1, section.training.replicas + 1)
    wanted = {
        f"{name} {number}": (["train", paths.survey, name, "--replica", str(number)], one)
        for name in names
        for number in numbers
        if not (one := replica_of(paths, params, name, number)).is_done()
    }
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
    for name in names:
        for folder in paths.model(name).model_dir.glob("replica_*"):
            if folder not in {paths.model(name).replica(number).model_dir for number in numbers}:
                shutil.rmtree(folder)
    train_side_by_side(paths.root, {label: of for label, (of, _) in wanted.items()}, section.training)


def train_side_by_side(root: Path, commands: Mapping[str, Sequence[str]], training: Training) -> None:
    """Run commands that train one network each, as many at a time as there are cores for.

    Raises
    ------
    UserError, CheckFailed
        If one of them does.
    """
    at_a_time = max(1, cores() // training.threads) if training.threads else 1
    if commands:
        print(f"train: {len(commands)} networks, {min(at_a_time, len(commands))} at a time", flush=True)
    run_side_by_side(root, commands, at_a_time)


def model_of(paths: SurveyPaths, params: Params, name: str) -> Model:
    """Return the parameters of a survey's model.

    Raises
    ------
    UserError
        If there is no such model.
    """
    models = params.survey(paths.survey).models
    if name not in models:
        raise UserError(
            f"params.yaml: {paths.survey} has no model {name!r}; its models are {', '.join(models)}"
        )
    return models[name]


def check_validated(outcome: Path, command: str) -> None:
    """Refuse to go on where the gate left no outcome.

    Raises
    ------
    UserError
        If the file is missing.
    """
    if not outcome.is_file():
        raise UserError(f"{outcome}: no such file; nothing is trained before `{command}` passed")
