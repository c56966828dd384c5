"""Galaxies and quasars of every sky tile, each tile from its own random stream."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from lensfinder.params import Params
from lensfinder.simulation.seeds import Population, Streams
from lensfinder.surveys.jpas.columns import GALAXY_COLUMNS, QUASAR_COLUMNS, flux_columns
from lensfinder.surveys.jpas.params import Jpas, Sky
from lensfinder.surveys.jpas.simulation.layout import STREAMS, tiles_of_samples
from lensfinder.typing import IntArray

RA_CENTRE_DEG, DEC_CENTRE_DEG = 240.0, 43.0
"""The middle of the simulated patch; it names a place, no number depends on it."""


class Galaxies(Protocol):
    """What draws the galaxies of one tile."""

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw n galaxies."""


class Quasars(Protocol):
    """What gives a tile its quasars."""

    def draw_tile(self, tile: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Return n quasars of a tile."""


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
    frames = [
        populate_tiles(params, galaxies, quasars, tiles, STREAMS, sample)
        for sample, tiles in tiles_of_samples(params).items()
    ]
    columns = (GALAXY_COLUMNS, QUASAR_COLUMNS)
    drawn_galaxies, drawn_quasars = (
        pd.concat(of_samples, ignore_index=True)[[*names, *flux_columns(bands)]]
        for of_samples, names in zip(zip(*frames, strict=True), columns, strict=True)
    )
    return drawn_galaxies, drawn_quasars


def populate_tiles(
    params: Params, galaxies: Galaxies, quasars: Quasars, tiles: IntArray, streams: Streams, sample: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the galaxies and the quasars of some tiles of a sample, each tile from its own streams."""
    sky = params.section(Jpas).sky
    galaxy_frames, quasar_frames = [], []
    for tile in map(int, tiles):
        rng = streams.population_generator(params.seed, sample, Population.TILE_GALAXIES, tile)
        frame = galaxies.draw(galaxies_in_tile(sky, tile), rng)
        frame.insert(0, "galaxy_id", [f"gal-{tile:04d}-{i:04d}" for i in range(len(frame))])
        galaxy_frames.append(_place(frame, sample, tile, sky, rng))
        rng = streams.population_generator(params.seed, sample, Population.TILE_QUASARS, tile)
        frame = quasars.draw_tile(tile, sky.quasars_per_tile, rng)
        if "spectrum_id" not in frame:
            names = [f"qso-{tile:04d}-{i:04d}" for i in range(len(frame))]
            frame = frame.assign(quasar_id=names, spectrum_id=names)
        quasar_frames.append(_place(frame, sample, tile, sky, rng))
    return pd.concat(galaxy_frames, ignore_index=True), pd.concat(quasar_frames, ignore_index=True)


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
