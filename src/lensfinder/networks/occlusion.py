"""Scores of networks that are shown cubes of which a region is hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from lensfinder.datasets.ablation_images import REPRESENTATIONS
from lensfinder.datasets.occlusions import Region, hidden
from lensfinder.errors import UserError
from lensfinder.networks import backend
from lensfinder.networks.inputs import Batches
from lensfinder.params import Model
from lensfinder.typing import AnyArray, Float32Array

BATCH = 100


@dataclass(frozen=True)
class Trained:
    """A trained network's file, and the parameters that it was trained with."""

    path: Path
    definition: Model


def occluded_scores(
    networks: Mapping[str, Trained],
    cubes: AnyArray,
    regions: Sequence[Region],
    threads: int,
    advance: Callable[[int], None],
) -> Iterator[dict[str, Float32Array]]:
    """Let all networks judge the same cubes, first whole, then with one region after the other hidden.

    Each network's own representation is derived from the cubes with the hidden region.

    Parameters
    ----------
    networks
        By name; each reads what :data:`lensfinder.datasets.ablation_images.REPRESENTATIONS` makes of a cube.
    cubes
        float16 of shape (n, y, x, bands), in memory: regions are hidden in place, and uncovered again.
    regions
        What to hide.
    threads
        As in training; 0 means one per core.
    advance
        Called with 1 after each region.

    Yields
    ------
    Scores (n,) of each network: of the whole cubes, then one for each region.

    Raises
    ------
    UserError
        If a file is missing or no network.
    """
    backend.use_threads(threads)
    loaded = {name: _load(network.path) for name, network in networks.items()}

    def scores() -> dict[str, Float32Array]:
        return {name: _scores(loaded[name], network.definition, cubes) for name, network in networks.items()}

    yield scores()
    for region in regions:
        with hidden(cubes, region):
            judged = scores()
        advance(1)
        yield judged


def _load(path: Path) -> keras.Model:
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a network that can be read: {error}") from None


def _scores(network: keras.Model, definition: Model, cubes: AnyArray) -> Float32Array:
    images = REPRESENTATIONS[definition.representation](cubes)
    rows = np.arange(len(cubes))
    batches = Batches([images], rows, np.zeros(len(rows)), definition, BATCH)
    predicted = [network.predict_on_batch(batches[index][0])[:, 0] for index in range(len(batches))]
    return np.concatenate(predicted)
