"""Scores of a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from lensfinder.datasets.representation import Representation
from lensfinder.errors import UserError
from lensfinder.networks import backend
from lensfinder.networks.inputs import Batches
from lensfinder.params import Model
from lensfinder.typing import AnyArray, Float32Array


class Predictor:
    """A trained network that can be asked again and again.

    Parameters
    ----------
    path
        ``model.keras`` as training wrote it.
    model, representation
        What it was trained with: they tell how the images are normalised.
    threads
        As in training; 0 means one per core.

    Raises
    ------
    UserError
        If the file is missing or no network.
    """

    def __init__(self, path: Path, model: Model, representation: Representation, threads: int = 0) -> None:
        backend.use_threads(threads)
        self.path, self.model, self.representation = path, model, representation
        try:
            self._network = keras.models.load_model(path, compile=False)
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: not a network that can be read: {error}") from None

    def scores(self, images: Sequence[AnyArray], rows: AnyArray, batch_size: int) -> Float32Array:
        """Return the probability that each object is a lens, of shape (len(rows),).

        Parameters
        ----------
        images
            float16 arrays of all objects, as in training; one batch is in memory at a time.
        rows
            Rows of ``images`` to judge, in the order of the result.
        batch_size
            Objects judged together; it changes no more than the last bits.

        Raises
        ------
        UserError
            If the network reads images of another shape.
        """
        self._check_shapes(images)
        batches = Batches(images, rows, np.zeros(len(rows)), self.model, self.representation, batch_size)
        scores = np.empty(len(rows), dtype=np.float32)
        for index in range(len(batches)):
            batch, _ = batches[index]
            part = slice(index * batch_size, (index + 1) * batch_size)
            scores[part] = self._network.predict_on_batch(batch)[:, 0]
        return scores

    def _check_shapes(self, images: Sequence[AnyArray]) -> None:
        forms = self.representation.forms
        given = {form.name: array.shape[1:] for form, array in zip(forms, images, strict=True)}
        wanted = {tensor.name: tuple(tensor.shape[1:]) for tensor in self._network.inputs}
        if len(wanted) == len(given) == 1:  # the name of the only input says nothing
            wanted = dict(zip(given, wanted.values(), strict=True))
        if wanted != given:
            raise UserError(f"{self.path}: reads images of shape {wanted}, not {given}")


def predict_scores(
    model_path: Path,
    model: Model,
    representation: Representation,
    images: Sequence[AnyArray],
    rows: AnyArray,
    batch_size: int = 256,
    threads: int = 0,
) -> Float32Array:
    """Load a network and ask it once: see :class:`Predictor`."""
    return Predictor(model_path, model, representation, threads).scores(images, rows, batch_size)
