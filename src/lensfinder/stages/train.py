"""Stage ``train``: one network, logged to MLflow epoch by epoch, resumed after a kill."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd

from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.representation import Representation
from lensfinder.datasets.store import open_images
from lensfinder.errors import UserError
from lensfinder.params import Model, Params
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.contents import INPUTS_HASH_KEY, TrainingLog
from lensfinder.tracking.log import training_log
from lensfinder.typing import AnyArray
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import ModelPaths, SurveyPaths
from lensfinder.workspace.pipeline import stage_inputs_hash

OpenLog = Callable[[str], AbstractContextManager[TrainingLog]]
"""From the hash of a stage's inputs, the log of its training."""


def train_model(paths: SurveyPaths, params: Params, name: str) -> None:
    """Train model ``name`` of the survey and write network, history and summary.

    Raises
    ------
    UserError
        If there is no such model in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    survey, definition = survey_of(paths.survey), model_of(paths, params, name)
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
    work = train_on_parts(
        paths,
        params,
        read_parts(survey.parts.files(paths.splits, name)),
        definition,
        survey.representations[definition.representation],
        params.seed,
        paths.stage(f"train-{paths.survey}@{name}"),
        paths.model(name),
        lambda inputs_hash: training_log(paths.root, paths.survey, name, inputs_hash, params),
    )
    shutil.rmtree(work)


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


def train_on_parts(
    paths: SurveyPaths,
    params: Params,
    parts: pd.DataFrame,
    definition: Model,
    representation: Representation,
    seed: int,
    stage: str,
    out: ModelPaths,
    open_log: OpenLog,
) -> Path:
    """Train one network on given parts and write network, history and summary.

    Returns
    -------
    The work folder, to be deleted when the stage has nothing left to do: killed before, it finds its training
    finished.

    Parameters
    ----------
    parts
        ``object_id, row, label, part`` of all objects.
    seed
        Of this training.
    stage
        Its name as DVC prints it: the hash of its inputs names the work folder from which it resumes, and
        the run.
    out
        Where network, history and summary go.

    Raises
    ------
    UserError
        If an array of images is missing, or lacks a row that a part names.
    CheckFailed
        If the training diverges.
    """
    images = _open_all(representation.files(paths.root), parts)
    inputs_hash = stage_inputs_hash(paths.root, stage, params)
    title = stage.replace("/", "_").replace(":", "_")
    work = paths.work(title, inputs_hash)
    # An interrupted training on other inputs will never be continued.
    for other in work.parent.glob(f"{title}-*"):
        if other != work:
            shutil.rmtree(other)

    from lensfinder.networks.training import train  # imports TensorFlow

    with open_log(inputs_hash) as log:
        train(
            images,
            *_part(parts, "train"),
            *_part(parts, "validation"),
            definition,
            representation,
            params.survey(paths.survey).training,
            seed,
            work,
            out,
            log.log_epoch,
        )
        write_json(out.training, {**read_json(out.training), INPUTS_HASH_KEY: inputs_hash})
    return work


def _open_all(files: Sequence[Path], parts: pd.DataFrame) -> list[AnyArray]:
    """Open the arrays of a representation, none of which may lack a row that a part names."""
    images = []
    for path in files:
        images.append(open_images(path))
        outside = parts[~parts["row"].between(0, len(images[-1]) - 1)]
        if len(outside):
            raise UserError(
                f"{path}: has {len(images[-1])} images, and none for row {outside['row'].iloc[0]} "
                f"({outside['object_id'].iloc[0]}); make images and splits again"
            )
    return images


def _part(parts: pd.DataFrame, part: str) -> tuple[AnyArray, AnyArray]:
    """Rows and labels of one part."""
    rows = parts[parts["part"] == part]
    return rows["row"].to_numpy(), rows["label"].to_numpy()
