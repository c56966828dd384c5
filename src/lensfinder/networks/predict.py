"""Scores of a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from lensfinder.errors import UserError
from lensfinder.networks import backend
from lensfinder.networks.forms import forms_of
from lensfinder.networks.inputs import Batches
from lensfinder.params import Model
from lensfinder.typing import AnyArray, Float32Array


def predict_scores(
    model_path: Path,
    model: Model,
    images: Sequence[AnyArray],
    rows: AnyArray,
    batch_size: int = 256,
    threads: int = 0,
) -> Float32Array:
    """Return the probability that each object is a lens, of shape (len(rows),).

    Parameters
    ----------
    model_path
        ``model.keras`` as training wrote it.
    model
        The parameters it was trained with: they tell how the images are normalised.
    images
        float16 arrays of all objects, as in training; one batch is in memory at a time.
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
    given = {
        form.name: array.shape[1:] for form, array in zip(forms_of(model.representation), images, strict=True)
    }
    wanted = {tensor.name: tuple(tensor.shape[1:]) for tensor in network.inputs}
    if len(wanted) == len(given) == 1:  # the name of the only input says nothing
        wanted = dict(zip(given, wanted.values(), strict=True))
    if wanted != given:
        raise UserError(f"{model_path}: reads images of shape {wanted}, not {given}")
    batches = Batches(images, rows, np.zeros(len(rows)), model, batch_size)
    scores = np.empty(len(rows), dtype=np.float32)
    for index in range(len(batches)):
        batch, _ = batches[index]
        part = slice(index * batch_size, (index + 1) * batch_size)
        scores[part] = network.predict_on_batch(batch)[:, 0]
    return scores
