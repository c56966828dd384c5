"""Opens what populations are made of: tables, templates, and the user's own spectra."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.sky.sdss import ReadReport, read_quasar_spectra
from lensfinder.sky.sdss_quasars import SdssQuasars
from lensfinder.sky.sdss_redshifts import read_redshifts
from lensfinder.sky.tables import read_composite_lines, read_galaxy_templates, read_line_trends
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import TILES_MIN, Jpas
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
        raise UserError(too_few_quasars(len(report.used), jpas))
    # A stream of its own: which tile a quasar goes to must not move with anything else.
    rng = np.random.default_rng(np.random.SeedSequence(params.seed, spawn_key=(1,)))
    return galaxies, SdssQuasars(synthetic, filters, report.used, jpas.sky.tiles, rng)


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


def too_few_quasars(n: int, jpas: Jpas) -> str:
    """Say that ``n`` quasars are fewer than tiles, and which numbers of tiles would do."""
    fitting = fitting_tiles(jpas)
    fault = (
        f"jpas.quasars.source is sdss: {n} quasars cannot be dealt to jpas.sky.tiles = {jpas.sky.tiles}, no "
        "two of which share one"
    )
    most = max((tiles for tiles in fitting if tiles <= n), default=None)
    if most is None:
        return f"{fault}; add files to jpas.quasars.sdss_folder: at least {min(fitting)} quasars are needed"
    return (
        f"{fault}; set jpas.sky.tiles to {most} and jpas.sky.test_tiles to {fitting[most]}, or add files to "
        "jpas.quasars.sdss_folder"
    )


def fitting_tiles(jpas: Jpas) -> dict[int, int]:
    """Return numbers of tiles up to today's, and of test tiles in the same ratio, that make good parts.

    Whole tiles must make up the fraction of validation so well that no part is off by more than half of the
    gate's tolerance: objects are not spread quite evenly.
    """
    sky, fraction = jpas.sky, jpas.split.validation_fraction
    fitting = {}
    for tiles in range(TILES_MIN, sky.tiles + 1):
        test = min(max(1, round(tiles * sky.test_tiles / sky.tiles)), tiles - 2)
        learning = tiles - test
        validation = max(1, round(fraction * learning))
        if abs(validation / learning - fraction) <= 0.5 * jpas.gate.size_tolerance or tiles == sky.tiles:
            fitting[tiles] = test
    return fitting


def open_quasar_population(tables: Path, params: Params) -> QuasarPopulation:
    """Return the synthetic quasars of the parameters, by the tables in a folder."""
    return QuasarPopulation(
        params.section(Jpas).quasars,
        params.cosmology,
        read_filters(tables),
        read_composite_lines(tables),
        read_line_trends(tables),
    )
