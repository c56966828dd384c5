"""Stage ``train``: one network, logged to MLflow epoch by epoch, resumed after a kill."""

from __future__ import annotations

import shutil

import pandas as pd

from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.store import open_images
from lensfinder.errors import UserError
from lensfinder.jsonfiles import read_json, write_json
from lensfinder.params import Params
from lensfinder.paths import SurveyPaths
from lensfinder.pipeline import stage_inputs_hash
from lensfinder.tracking.log import INPUTS_HASH_KEY, training_log
from lensfinder.typing import AnyArray


def train_model(paths: SurveyPaths, params: Params, name: str) -> None:
    """Train model ``name`` of the survey and write network, history and summary.

    Raises
    ------
    UserError
        If there is no such model in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    survey = params.survey(paths.survey)
    if name not in survey.models:
        raise UserError(
            f"params.yaml: {paths.survey} has no model {name!r}; its models are {', '.join(survey.models)}"
        )
    if not paths.validation.is_file():
        raise UserError(
            f"{paths.validation}: no such file; nothing is trained before `lensfinder validate` passed"
        )
    parts = read_parts(paths, name)
    images = _open_all(paths, survey.models[name].representation, parts)
    inputs_hash = stage_inputs_hash(paths.root, f"train-{paths.survey}@{name}", params)
    work = paths.work(f"train-{name}", inputs_hash)
    # An interrupted training on other inputs will never be continued.
    for other in work.parent.glob(f"train-{name}-*"):
        if other != work:
            shutil.rmtree(other)
    out = paths.model(name)

    from lensfinder.networks.training import train  # imports TensorFlow

    with training_log(paths.root, paths.survey, name, inputs_hash, params) as log:
        train(
            images,
            *_part(parts, "train"),
            *_part(parts, "validation"),
            survey.models[name],
            survey.training,
            params.seed,
            work,
            out,
            log.log_epoch,
        )
        write_json(out.training, {**read_json(out.training), INPUTS_HASH_KEY: inputs_hash})
    shutil.rmtree(work)


def _open_all(paths: SurveyPaths, representation: str, parts: pd.DataFrame) -> list[AnyArray]:
    """Open the arrays of a representation, none of which may lack a row that a part names."""
    images = []
    for path in paths.images_of(representation):
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
