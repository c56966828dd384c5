"""Scores of a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from lensfinder.datasets.representation import Representation
from lensfinder.errors import UserError
from lensfinder.networks import backend
from lensfinder.typing import AnyArray, Float32Array


class Predictor:
    """A trained network that can be asked again and again.

    Parameters
    ----------
    path
        ``model.keras`` as training wrote it.
    representation
        What it reads.
    threads
        As in training; 0 means one per core.

    Raises
    ------
    UserError
        If the file is missing or no network.
    """

    def __init__(self, path: Path, representation: Representation, threads: int = 0) -> None:
        backend.use_threads(threads)
        self.path, self.representation = path, representation
        try:
            self._network = keras.models.load_model(path, compile=False)
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: not a network that can be read: {error}") from None

    def scores(self, images: Sequence[AnyArray], rows: AnyArray, batch_size: int) -> Float32Array:
        """Return the probability that each object is a lens, of shape (len(rows),).

        Parameters
        ----------
        images
            Flux in µJy of all objects, float16 as in training; one batch is in memory at a time.
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
        names = [form.name for form in self.representation.forms]
        scores = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), batch_size):
            part = slice(start, start + batch_size)
            # The network would do the same, but TensorFlow complains of half precision on most processors.
            batch = {
                name: array[rows[part]].astype(np.float32) for name, array in zip(names, images, strict=True)
            }
            scores[part] = self._network.predict_on_batch(batch if len(batch) > 1 else batch[names[0]])[:, 0]
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
    representation: Representation,
    images: Sequence[AnyArray],
    rows: AnyArray,
    batch_size: int = 256,
    threads: int = 0,
) -> Float32Array:
    """Load a network and ask it once: see :class:`Predictor`."""
    return Predictor(model_path, representation, threads).scores(images, rows, batch_size)
