"""One random stream per object and purpose, whoever computes it and in whatever order.

A stream is the child ``spawn_key=(survey, sample, object index, purpose)`` of the parameters' ``seed``;
populations of sky tiles and fields and the layout of a sample have streams of their own that no object can
share.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from lensfinder.typing import FloatArray, IntArray

SURVEY = {"jpas": 1, "euclid": 2}
SAMPLE = {"train": 0, "test": 1, "hard_negative": 2}


class Purpose(IntEnum):
    """What an object's stream is for."""

    CATALOGUE = 0
    OPTICS = 1
    NOISE = 2


class Population(IntEnum):
    """Streams of a sample that belong to no object; above every possible object index."""

    LAYOUT = 2**31
    TILE_GALAXIES = 2**31 + 1
    TILE_QUASARS = 2**31 + 2
    FIELD_DEFLECTORS = 2**31 + 3
    FIELD_SOURCES = 2**31 + 4
    FIELD_NEIGHBOURS = 2**31 + 5


def object_sequence(seed: int, survey: str, sample: str, index: int, purpose: Purpose) -> SeedSequence:
    """Return the seed sequence of one object."""
    return SeedSequence(seed, spawn_key=(SURVEY[survey], SAMPLE[sample], int(index), int(purpose)))


def population_generator(
    seed: int, survey: str, sample: str, population: Population, tile: int = 0
) -> Generator:
    """Return the generator of one tile's or field's population, or of a sample's layout."""
    return Generator(
        PCG64(SeedSequence(seed, spawn_key=(SURVEY[survey], SAMPLE[sample], int(population), tile)))
    )


def object_uniforms(
    seed: int, survey: str, sample: str, indices: IntArray, purpose: Purpose, count: int
) -> FloatArray:
    """Uniform numbers in [0, 1) from each object's own stream, of shape (n_objects, count).

    A larger ``count`` continues the same streams: the first numbers stay what they were.
    """
    out = np.empty((len(indices), count))
    for row, index in enumerate(indices):
        Generator(PCG64(object_sequence(seed, survey, sample, index, purpose))).random(out=out[row])
    return out


def object_states(seed: int, survey: str, samples: NDArray[np.str_], indices: IntArray) -> NDArray[np.uint64]:
    """States of the noise generator of :mod:`lensfinder.simulation.noise`, of shape (n_objects, 4)."""
    out = np.empty((len(indices), 4), dtype=np.uint64)
    for row, (sample, index) in enumerate(zip(samples, indices, strict=True)):
        out[row] = object_sequence(seed, survey, sample, index, Purpose.NOISE).generate_state(4, np.uint64)
    return out
