"""Which tile belongs to which sample, and which kind of object has which index and tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lensfinder.params import KINDS, SAMPLES, Params
from lensfinder.simulation.seeds import Population, population_generator
from lensfinder.typing import IntArray


@dataclass(frozen=True)
class SampleLayout:
    """Kind (n,) and tile (n,) of every object of one sample, by its index."""

    kind: NDArray[np.str_]
    tile: IntArray


def tiles_of_samples(params: Params) -> dict[str, IntArray]:
    """Tiles of each sample, drawn at random over the sky; a tile belongs to one sample."""
    sky = params.jpas.sky
    order = population_generator(params.seed, "jpas", "train", Population.LAYOUT).permutation(sky.tiles)
    return {"train": np.sort(order[sky.test_tiles :]), "test": np.sort(order[: sky.test_tiles])}


def lay_out(params: Params) -> dict[str, SampleLayout]:
    """Lay out both samples: tiles get equal numbers of every kind (±1), and the order of objects is random.

    Neither an index nor a tile tells the kind.
    """
    tiles = tiles_of_samples(params)
    layouts = {}
    for sample in SAMPLES:
        counts = params.jpas.counts.of(sample)
        rng = population_generator(params.seed, "jpas", sample, Population.LAYOUT, tile=1)
        kind = np.repeat(np.array(KINDS), [counts.of(name) for name in KINDS])
        # Dealt round the tiles kind after kind without a break, so that remainders spread too.
        tile = rng.permutation(tiles[sample])[np.arange(len(kind)) % len(tiles[sample])]
        order = rng.permutation(len(kind))
        layouts[sample] = SampleLayout(kind[order], tile[order])
    return layouts
