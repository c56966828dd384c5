"""Stage ``train``: one network, logged to MLflow epoch by epoch, resumed after a kill."""

from __future__ import annotations

import shutil

import pandas as pd

from lensfinder.datasets.jpas_columns import SPLIT_COLUMNS
from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
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
        If there is no such model in the parameters, or a file is missing.
    CheckFailed
        If the training diverges.
    """
    models = params.jpas.models
    if name not in models:
        raise UserError(f"params.yaml: {paths.survey}.models has no {name!r}; it has {', '.join(models)}")
    if not paths.validation.is_file():
        raise UserError(
            f"{paths.validation}: no such file; nothing is trained before `lensfinder validate` passed"
        )
    splits = read_table(paths.splits, SPLIT_COLUMNS)
    images = open_images(paths.images_of(models[name].representation))
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
            *_part(splits, "train"),
            *_part(splits, "validation"),
            models[name],
            params.jpas.training,
            params.seed,
            work,
            out,
            log.log_epoch,
        )
        write_json(out.training, {**read_json(out.training), INPUTS_HASH_KEY: inputs_hash})
    shutil.rmtree(work)


def _part(splits: pd.DataFrame, part: str) -> tuple[AnyArray, AnyArray]:
    """Rows and labels of one part."""
    rows = splits[splits["part"] == part]
    return rows["row"].to_numpy(), rows["label"].to_numpy()
