"""Unrelated galaxies and stars in the stamps: alike in every class, unlensed and not lensing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.params import Params
from lensfinder.simulation.seeds import Population, Streams
from lensfinder.sky.passbands import FilterSet
from lensfinder.surveys.jpas.columns import NEIGHBOUR_COLUMNS, flux_columns
from lensfinder.surveys.jpas.params import Jpas, Observation
from lensfinder.surveys.jpas.simulation.render import Galaxies, Points

if TYPE_CHECKING:
    from lensfinder.sky.neighbours import NeighbourPopulation

MARGIN_ARCSEC = 1.0
"""Neighbours lie up to so far outside the stamp: about the seeing, farther ones hardly shine in."""


def draw_neighbours(
    objects: pd.DataFrame,
    neighbours: NeighbourPopulation,
    params: Params,
    streams: Streams,
    bands: tuple[str, ...],
) -> pd.DataFrame:
    """Draw the neighbours of objects, tile by tile from streams of their own, so that kinds cannot differ.

    Numbers are Poisson's and positions uniform on the stamp and :data:`MARGIN_ARCSEC` around it, whatever
    else is there.

    Parameters
    ----------
    objects
        Columns ``object_id``, ``sample`` and ``tile``, in the order of the rows to come.

    Returns
    -------
    The columns of ``NEIGHBOUR_COLUMNS`` and ``flux_<band>``, by object.
    """
    camera = params.section(Jpas).observation
    half = camera.half_width_arcsec + MARGIN_ARCSEC
    frames = []
    for tile in np.unique(objects["tile"]):
        members = objects[objects["tile"] == tile]
        sample = members["sample"].iloc[0]
        rng = streams.population_generator(params.seed, sample, Population.TILE_NEIGHBOURS, int(tile))
        count = rng.poisson(neighbours.density_arcsec2 * (2 * half) ** 2, len(members))
        x, y = rng.uniform(-half, half, (2, count.sum()))
        frames.append(
            neighbours.draw(int(count.sum()), rng).assign(
                object_id=np.repeat(members["object_id"].to_numpy(), count), x_arcsec=x, y_arcsec=y
            )
        )
    drawn = pd.concat(frames, ignore_index=True)
    order = np.argsort(pd.Index(objects["object_id"]).get_indexer(drawn["object_id"]), kind="stable")
    return drawn.iloc[order].reset_index(drop=True)[[*NEIGHBOUR_COLUMNS, *flux_columns(bands)]]


def add_neighbours(catalogue: pd.DataFrame, neighbours: pd.DataFrame, camera: Observation) -> None:
    """Add to a catalogue how many neighbours have their centre in the stamp, and the brightest one's r."""
    farthest = neighbours[["x_arcsec", "y_arcsec"]].abs().max(axis=1)
    inside = neighbours[farthest <= camera.half_width_arcsec].groupby("object_id")["r_mag"]
    count, brightest = inside.size(), inside.min()
    catalogue["n_neighbours"] = catalogue["object_id"].map(count).fillna(0).astype(np.int16)
    catalogue["neighbour_r_mag"] = catalogue["object_id"].map(brightest).astype(np.float64)


class NeighbourLight:
    """Neighbours of all objects, ready for the camera."""

    def __init__(self, neighbours: pd.DataFrame, filters: FilterSet) -> None:
        self._table = neighbours
        self._flux_ujy = neighbours[list(flux_columns(filters.names))].to_numpy(dtype=float)
        self._rows_of = neighbours.groupby("object_id", sort=False).indices
        self._is_star = (neighbours["type"] == "star").to_numpy()

    def of(self, object_ids: pd.Series) -> tuple[Galaxies, Points]:
        """Galaxies and stars beside these objects; the scenes are the objects in this order."""
        rows = [self._rows_of.get(name, np.empty(0, np.int64)) for name in object_ids]
        owner, row = np.repeat(np.arange(len(rows)), [len(of) for of in rows]), np.concatenate(rows)
        star = self._is_star[row]
        table, flux = self._table.iloc[row], self._flux_ujy[row]
        stars = table.loc[star, ["x_arcsec", "y_arcsec"]].to_numpy().T
        return (
            Galaxies.of_table(owner[~star], flux[~star], table[~star]),
            Points(owner[star], flux[star], *stars),
        )
