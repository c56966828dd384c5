"""Scores of a trained network on the validation and the test part of a split."""

from __future__ import annotations

import pandas as pd

from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.representation import Representation
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import ModelPaths, SurveyPaths

PREDICTION_BATCH = 128
"""Objects given to the network at a time: fast on a few cores, and never more than some hundred MB."""


def score_parts(
    paths: SurveyPaths,
    params: Params,
    parts: pd.DataFrame,
    representation: Representation,
    model: ModelPaths,
) -> pd.DataFrame:
    """Write the score of every validation and test object of ``parts``, and return the table.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    CheckFailed
        If the network's output is no probability.
    """
    if not model.model.is_file():
        raise UserError(f"{model.model}: no such file; train the model first (`make repro`)")
    columns = survey_of(paths.survey).columns
    catalogue = read_table(paths.catalogue, columns.catalogue)
    objects = objects_to_score(parts, catalogue, columns.scores)
    images = open_images_of(representation.files(paths.root), len(catalogue))

    from lensfinder.networks.predict import predict_scores  # imports TensorFlow

    threads = params.survey(paths.survey).training.threads
    rows = objects["row"].to_numpy()
    score = predict_scores(model.model, representation, images, rows, PREDICTION_BATCH, threads)
    scores = with_scores(objects, score)
    write_table(model.scores, scores, columns.scores)
    return scores
