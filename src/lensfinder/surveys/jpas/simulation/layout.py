"""Which tile belongs to which sample, and which kind of object has which index and tile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lensfinder.params import SAMPLES, Params
from lensfinder.simulation.seeds import Population, Streams
from lensfinder.surveys.jpas.params import KINDS, Jpas
from lensfinder.typing import IntArray

STREAMS = Streams(1)


@dataclass(frozen=True)
class SampleLayout:
    """Kind (n,) and tile (n,) of every object of one sample, by its index."""

    kind: NDArray[np.str_]
    tile: IntArray


def tiles_of_samples(params: Params) -> dict[str, IntArray]:
    """Tiles of each sample, drawn at random over the sky; a tile belongs to one sample."""
    sky = params.section(Jpas).sky
    order = STREAMS.population_generator(params.seed, "train", Population.LAYOUT).permutation(sky.tiles)
    return {"train": np.sort(order[sky.test_tiles :]), "test": np.sort(order[: sky.test_tiles])}


def lay_out(params: Params) -> dict[str, SampleLayout]:
    """Lay out both samples; see :func:`deal`."""
    tiles = tiles_of_samples(params)
    layouts = {}
    for sample in SAMPLES:
        counts = params.section(Jpas).counts.of(sample)
        rng = STREAMS.population_generator(params.seed, sample, Population.LAYOUT, tile=1)
        layouts[sample] = deal({name: counts.of(name) for name in KINDS}, tiles[sample], rng)
    return layouts


def deal(counts: Mapping[str, int], tiles: IntArray, rng: np.random.Generator) -> SampleLayout:
    """Lay out so many objects of each kind: tiles get equal numbers of every kind (±1), in random order.

    Neither an index nor a tile tells the kind.
    """
    kind = np.repeat(np.array(list(counts)), list(counts.values()))
    # Dealt round the tiles kind after kind without a break, so that remainders spread too.
    tile = rng.permutation(tiles)[np.arange(len(kind)) % len(tiles)]
    order = rng.permutation(len(kind))
    return SampleLayout(kind[order], tile[order])
