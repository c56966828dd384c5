"""Opens what populations are made of: tables, templates, and the user's own spectra."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.neighbours import NeighbourPopulation
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.sky.sdss import ReadReport, read_quasar_spectra
from lensfinder.sky.sdss_quasars import SdssQuasars
from lensfinder.sky.sdss_redshifts import read_redshifts
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.few_quasars import too_few_quasars
from lensfinder.surveys.jpas.simulation.populations import Galaxies, Quasars
from lensfinder.workspace.paths import SurveyPaths


def open_populations(paths: SurveyPaths, params: Params) -> tuple[Galaxies, Quasars]:
    """Return what draws galaxies and quasars, as ``jpas.quasars.source`` says.

    Raises
    ------
    UserError
        If a table is missing, or there are fewer quasars with spectra than tiles.
    """
    filters = read_filters(paths.tables)
    galaxies = GalaxyPopulation(
        params.section(Jpas).galaxies, params.cosmology, filters, read_galaxy_templates()
    )
    synthetic = open_quasar_population(paths.tables, params)
    jpas = params.section(Jpas)
    if jpas.quasars.source == "synthetic":
        return galaxies, synthetic
    report = read_spectra(paths.root / jpas.quasars.sdss_folder, jpas)
    print(report.summary(), flush=True)
    if len(report.used) < jpas.sky.tiles:
        raise UserError(too_few_quasars(len(report.used), params))
    # A stream of its own: which tile a quasar goes to must not move with anything else.
    rng = np.random.default_rng(np.random.SeedSequence(params.seed, spawn_key=(1,)))
    return galaxies, SdssQuasars(synthetic, filters, report.used, jpas.sky.tiles, rng)


def open_neighbours(paths: SurveyPaths, params: Params) -> NeighbourPopulation:
    """Return what draws the unrelated galaxies and stars in the stamps."""
    return NeighbourPopulation(
        params.section(Jpas).neighbours, read_filters(paths.tables), read_galaxy_templates()
    )


def read_spectra(folder: Path, jpas: Jpas) -> ReadReport:
    """Read a folder of spectra as ``jpas.quasars`` says.

    Raises
    ------
    UserError
        If the folder or the table of redshifts is missing or cannot be read.
    """
    limits = jpas.quasars.redshift
    redshifts = read_redshifts(folder, jpas.quasars.sdss_redshifts)
    return read_quasar_spectra(folder, (limits.low, limits.high), redshifts)


def open_quasar_population(tables: Path, params: Params) -> QuasarPopulation:
    """Return the synthetic quasars of the parameters, by the tables in a folder."""
    return QuasarPopulation(
        params.section(Jpas).quasars,
        params.cosmology,
        read_filters(tables),
        read_composite_lines(tables),
        read_line_trends(tables),
    )
