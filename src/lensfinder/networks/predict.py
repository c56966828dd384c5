"""Scores of a trained network."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from lensfinder.errors import UserError
from lensfinder.networks import backend
from lensfinder.networks.inputs import Batches
from lensfinder.params import Model
from lensfinder.typing import AnyArray, Float32Array


def predict_scores(
    model_path: Path, model: Model, images: AnyArray, rows: AnyArray, batch_size: int = 256, threads: int = 0
) -> Float32Array:
    """Return the probability that each object is a lensed quasar, of shape (len(rows),).

    Parameters
    ----------
    model_path
        ``model.keras`` as training wrote it.
    model
        The parameters it was trained with: they tell how the images are normalised.
    images
        float16 array of all objects, usually memory-mapped; one batch is in memory at a time.
    rows
        Rows of ``images`` to judge, in the order of the result.
    batch_size
        Objects judged together; it changes no more than the last bits.
    threads
        As in training; 0 means one per core.

    Raises
    ------
    UserError
        If the file is missing or no network, or if it reads images of another shape.
    """
    backend.use_threads(threads)
    try:
        network = keras.models.load_model(model_path, compile=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{model_path}: not a network that can be read: {error}") from None
    if network.input_shape[1:] != images.shape[1:]:
        raise UserError(
            f"{model_path}: reads images of shape {network.input_shape[1:]}, not {images.shape[1:]}"
        )
    batches = Batches(images, rows, np.zeros(len(rows)), model, batch_size)
    scores = np.empty(len(rows), dtype=np.float32)
    for index in range(len(batches)):
        batch, _ = batches[index]
        scores[index * batch_size : index * batch_size + len(batch)] = network.predict_on_batch(batch)[:, 0]
    return scores
