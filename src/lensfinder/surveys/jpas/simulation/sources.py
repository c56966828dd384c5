"""Opens what populations are made of: tables, templates, and the user's own spectra."""

from __future__ import annotations

import numpy as np

from lensfinder.params import Params
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.neighbours import NeighbourPopulation
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.sky.sdss import read_quasar_spectra
from lensfinder.sky.sdss_quasars import SdssQuasars
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.populations import Galaxies, Quasars
from lensfinder.workspace.paths import SurveyPaths


def open_populations(paths: SurveyPaths, params: Params) -> tuple[Galaxies, Quasars]:
    """Return what draws galaxies and quasars, as ``jpas.quasars.source`` says.

    Raises
    ------
    UserError
        If a table is missing, or the spectra do not suffice for the tiles.
    """
    filters = read_filters(paths.tables)
    galaxies = GalaxyPopulation(
        params.section(Jpas).galaxies, params.cosmology, filters, read_galaxy_templates()
    )
    synthetic = open_quasar_population(paths, params)
    if params.section(Jpas).quasars.source == "synthetic":
        return galaxies, synthetic
    limits = params.section(Jpas).quasars.redshift
    spectra, report = read_quasar_spectra(
        paths.root / params.section(Jpas).quasars.sdss_folder, (limits.low, limits.high)
    )
    print(report.summary(), flush=True)
    # A stream of its own: which tile a spectrum goes to must not move with anything else.
    rng = np.random.default_rng(np.random.SeedSequence(params.seed, spawn_key=(1,)))
    return galaxies, SdssQuasars(synthetic, filters, spectra, params.section(Jpas).sky.tiles, rng)


def open_neighbours(paths: SurveyPaths, params: Params) -> NeighbourPopulation:
    """Return what draws the unrelated galaxies and stars in the stamps."""
    return NeighbourPopulation(
        params.section(Jpas).neighbours, read_filters(paths.tables), read_galaxy_templates()
    )


def open_quasar_population(paths: SurveyPaths, params: Params) -> QuasarPopulation:
    """Return the synthetic quasars of the parameters."""
    return QuasarPopulation(
        params.section(Jpas).quasars,
        params.cosmology,
        read_filters(paths.tables),
        read_composite_lines(paths.tables),
        read_line_trends(paths.tables),
    )
