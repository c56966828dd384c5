"""Galaxies and quasars of every sky tile, each tile from its own random stream."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from lensfinder.datasets.table import Column
from lensfinder.params import Params, Sky
from lensfinder.simulation.seeds import Population, population_generator
from lensfinder.surveys.jpas.columns import GALAXY_COLUMNS, QUASAR_COLUMNS, flux_columns
from lensfinder.surveys.jpas.simulation.layout import tiles_of_samples

RA_CENTRE_DEG, DEC_CENTRE_DEG = 240.0, 43.0
"""The middle of the simulated patch; it names a place, no number depends on it."""


class Galaxies(Protocol):
    """What draws the galaxies of one tile."""

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw n galaxies."""


class Quasars(Protocol):
    """What gives a tile its quasars."""

    def draw_tile(self, tile: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Return the quasars of a tile, n of them where they can be made at will."""


def galaxies_in_tile(sky: Sky, tile: int) -> int:
    """Number of galaxies in a tile: their total, spread evenly (±1)."""
    return sky.galaxies // sky.tiles + (tile < sky.galaxies % sky.tiles)


def draw_populations(
    params: Params, galaxies: Galaxies, quasars: Quasars, bands: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the galaxies and the quasars of all tiles.

    Returns
    -------
    Two frames with the columns of ``GALAXY_COLUMNS`` and ``QUASAR_COLUMNS``, each followed by
    ``flux_<band>``.
    """
    galaxy_frames, quasar_frames = [], []
    for sample, tiles in tiles_of_samples(params).items():
        for tile in tiles:
            rng = population_generator(params.seed, "jpas", sample, Population.TILE_GALAXIES, int(tile))
            frame = galaxies.draw(galaxies_in_tile(params.jpas.sky, int(tile)), rng)
            frame.insert(0, "galaxy_id", [f"gal-{tile:04d}-{i:04d}" for i in range(len(frame))])
            galaxy_frames.append(_place(frame, sample, int(tile), params.jpas.sky, rng))
            rng = population_generator(params.seed, "jpas", sample, Population.TILE_QUASARS, int(tile))
            frame = quasars.draw_tile(int(tile), params.jpas.sky.quasars_per_tile, rng)
            if "spectrum_id" not in frame:
                frame.insert(0, "spectrum_id", [f"qso-{tile:04d}-{i:04d}" for i in range(len(frame))])
            quasar_frames.append(_place(frame, sample, int(tile), params.jpas.sky, rng))
    return _ordered(galaxy_frames, GALAXY_COLUMNS, bands), _ordered(quasar_frames, QUASAR_COLUMNS, bands)


def _place(frame: pd.DataFrame, sample: str, tile: int, sky: Sky, rng: np.random.Generator) -> pd.DataFrame:
    """Give every member a position, uniform in its tile; tiles are the cells of a square grid."""
    per_side = int(np.ceil(np.sqrt(sky.tiles)))
    side_deg = np.sqrt(sky.area_deg2) / per_side
    row, column = divmod(tile, per_side)
    east = (column + rng.random(len(frame)) - 0.5 * per_side) * side_deg
    north = (row + rng.random(len(frame)) - 0.5 * per_side) * side_deg
    dec = DEC_CENTRE_DEG + north
    return frame.assign(
        sample=sample, tile=np.int32(tile), ra_deg=RA_CENTRE_DEG + east / np.cos(np.radians(dec)), dec_deg=dec
    )


def _ordered(frames: list[pd.DataFrame], columns: dict[str, Column], bands: tuple[str, ...]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)[[*columns, *flux_columns(bands)]]
