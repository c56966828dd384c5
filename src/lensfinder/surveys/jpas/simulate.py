"""The J-PAS half of stage ``simulate``: populations and catalogue first, then cubes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lensfinder.datasets.chunks import ImageChunks, cut
from lensfinder.datasets.table import read_table, write_table
from lensfinder.params import Params
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import (
    CATALOGUE_COLUMNS,
    GALAXY_COLUMNS,
    NEIGHBOUR_COLUMNS,
    QUASAR_COLUMNS,
    flux_columns,
)
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.simulation.catalogue import Instrument, SceneBuilder, draw_catalogue
from lensfinder.surveys.jpas.simulation.densities import sky_densities
from lensfinder.surveys.jpas.simulation.populations import draw_populations
from lensfinder.surveys.jpas.simulation.simulator import simulate_chunks
from lensfinder.surveys.jpas.simulation.sources import (
    open_neighbours,
    open_populations,
    open_quasar_population,
)
from lensfinder.workspace.jsonfiles import write_json


def simulate_jpas(work: Path, paths: JpasPaths, params: Params) -> None:
    """Make the catalogue, its populations and the cubes in ``work``."""
    instrument = Instrument.build(params, read_filters(paths.tables))
    catalogue, *populations = _tables(work, paths, params, instrument)
    if not (work / paths.densities.name).is_file():
        galaxies, quasars, _ = populations
        densities = sky_densities(params, galaxies, quasars, open_quasar_population(paths.tables, params))
        write_json(work / paths.densities.name, densities)
    builder = SceneBuilder.build(params, instrument, *populations)
    side, simulation = params.section(Jpas).observation.stamp_pixels, params.section(Jpas).simulation
    with ImageChunks(
        work,
        {"cubes.npy": (side, side, len(instrument.filters))},
        cut(0, len(catalogue), simulation.chunk_size),
        "simulate: cubes",
        "cubes",
    ) as chunks:
        simulate_chunks(catalogue, builder, chunks.waiting, chunks.write, simulation.workers)


def _tables(work: Path, paths: JpasPaths, params: Params, instrument: Instrument) -> list[pd.DataFrame]:
    """Draw populations and catalogue, or read those that an interrupted run left."""
    files = [work / path.name for path in (paths.catalogue, paths.galaxies, paths.quasars, paths.neighbours)]
    bands = instrument.filters.names
    if not all(file.is_file() for file in files):
        print("simulate: drawing galaxies and quasars", flush=True)
        galaxies, quasars = draw_populations(params, *open_populations(paths, params), bands)
        print("simulate: drawing the catalogue", flush=True)
        beside = open_neighbours(paths, params)
        catalogue, neighbours = draw_catalogue(params, galaxies, quasars, beside, instrument)
        write_table(files[1], galaxies, {**GALAXY_COLUMNS, **flux_columns(bands)})
        write_table(files[2], quasars, {**QUASAR_COLUMNS, **flux_columns(bands)})
        write_table(files[3], neighbours, {**NEIGHBOUR_COLUMNS, **flux_columns(bands)})
        write_table(files[0], catalogue, CATALOGUE_COLUMNS)
    return [read_table(file) for file in files]
