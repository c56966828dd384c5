"""What a network is fed with: batches made beside its steps, from arrays that are never loaded whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import keras
import numpy as np

from lensfinder.datasets.representation import Representation
from lensfinder.networks.augmentation import draw_augmentations, no_augmentations
from lensfinder.networks.kernels import conversion_table, fill_batch
from lensfinder.params import Model
from lensfinder.typing import AnyArray, Float32Array

ALIGNMENT = 64  # bytes

NetworkInput: TypeAlias = Float32Array | dict[str, Float32Array]
"""What a network takes: the images of its only input, or those of each by its name."""


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Normalised batches (images, labels) in a fixed order; Keras makes them ahead, in a thread of its own.

    Parameters
    ----------
    images
        float16 arrays of all objects, one an input of the network: (n, y, x, bands) or (n, 1 or 2, bands,
        pixels).
    rows
        Rows of ``images`` in the order in which they are given out, of shape (m,).
    labels
        0 or 1 for each of ``rows``, of shape (m,).
    model
        Tells normalisation and augmentation.
    representation
        What ``images`` are.
    batch_size
        Objects in a batch; the last one holds what is left.
    augmentations
        One for each of ``rows``; none are applied without.
    """

    def __init__(
        self,
        images: Sequence[AnyArray],
        rows: AnyArray,
        labels: AnyArray,
        model: Model,
        representation: Representation,
        batch_size: int,
        augmentations: AnyArray | None = None,
    ) -> None:
        super().__init__()
        self.images = images
        self.rows = np.asarray(rows, dtype=np.int64)
        self.labels = np.asarray(labels, dtype=np.float32).reshape(-1, 1)
        self.model = model
        self.batch_size = batch_size
        self.augmentations = no_augmentations(len(rows)) if augmentations is None else augmentations
        self.forms = representation.forms
        self.tables = [conversion_table(form, model.normalisation) for form in self.forms]

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[NetworkInput, Float32Array]:
        part = slice(index * self.batch_size, (index + 1) * self.batch_size)
        rows = self.rows[part]
        batch = {}
        for form, images, table in zip(self.forms, self.images, self.tables, strict=True):
            filled = _empty_aligned((len(rows), *images.shape[1:]))
            fill_batch(images, rows, self.augmentations[part], form, self.model.normalisation, table, filled)
            batch[form.name] = filled
        return (batch if len(batch) > 1 else filled), self.labels[part]


def _empty_aligned(shape: tuple[int, ...]) -> Float32Array:
    """Allocate memory that TensorFlow takes over as it is; it copies arrays that start elsewhere."""
    n_bytes = 4 * math.prod(shape)
    memory = np.empty(n_bytes + ALIGNMENT, dtype=np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + n_bytes].view(np.float32).reshape(shape)


def training_batches(
    images: Sequence[AnyArray],
    rows: AnyArray,
    labels: AnyArray,
    model: Model,
    representation: Representation,
    batch_size: int,
    seed: int,
    epoch: int,
) -> Batches:
    """Return the shuffled, augmented batches of one epoch.

    Order and augmentation depend on ``seed`` and ``epoch`` alone, so that an epoch is the same whether or not
    the training was interrupted before it.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))
    order = rng.permutation(len(rows))
    augmentations = draw_augmentations(len(rows), model, rng)
    return Batches(
        images,
        np.asarray(rows)[order],
        np.asarray(labels)[order],
        model,
        representation,
        batch_size,
        augmentations,
    )
