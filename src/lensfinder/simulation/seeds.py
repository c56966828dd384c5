"""One random stream per object and purpose, whoever computes it and in whatever order.

A stream is the child ``spawn_key=(survey, sample, object index, purpose)`` of the parameters' ``seed``, with
the numbers that a survey's :class:`Streams` gives to the survey and its samples. Populations of sky tiles and
fields and the layout of a sample have streams of their own that no object can share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from lensfinder.typing import FloatArray, IntArray


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
    TILE_NEIGHBOURS = 2**31 + 6
    DENSITIES = 2**31 + 7


@dataclass(frozen=True)
class Streams:
    """Random streams of a survey: its number, which no other survey may have, and those of its samples."""

    survey: int
    samples: Mapping[str, int] = field(default_factory=lambda: {"train": 0, "test": 1})

    def object_sequence(self, seed: int, sample: str, index: int, purpose: Purpose) -> SeedSequence:
        """Return the seed sequence of one object."""
        return SeedSequence(seed, spawn_key=(self.survey, self.samples[sample], int(index), int(purpose)))

    def population_generator(
        self, seed: int, sample: str, population: Population, tile: int = 0
    ) -> Generator:
        """Return the generator of one tile's or field's population, or of a sample's layout."""
        key = (self.survey, self.samples[sample], int(population), tile)
        return Generator(PCG64(SeedSequence(seed, spawn_key=key)))

    def object_uniforms(
        self, seed: int, sample: str, indices: IntArray, purpose: Purpose, count: int
    ) -> FloatArray:
        """Uniform numbers in [0, 1) from each object's own stream, of shape (n_objects, count).

        A larger ``count`` continues the same streams: the first numbers stay what they were.
        """
        out = np.empty((len(indices), count))
        for row, index in enumerate(indices):
            Generator(PCG64(self.object_sequence(seed, sample, index, purpose))).random(out=out[row])
        return out

    def object_states(self, seed: int, samples: NDArray[np.str_], indices: IntArray) -> NDArray[np.uint64]:
        """States of the noise generator of :mod:`lensfinder.simulation.noise`, of shape (n_objects, 4)."""
        out = np.empty((len(indices), 4), dtype=np.uint64)
        for row, (sample, index) in enumerate(zip(samples, indices, strict=True)):
            sequence = self.object_sequence(seed, sample, index, Purpose.NOISE)
            out[row] = sequence.generate_state(4, np.uint64)
        return out
