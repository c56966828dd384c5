"""Tools for quasar spectra in the SDSS layout: check a folder, write a synthetic one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lensfinder.params import Params
from lensfinder.sky.sdss import read_quasar_spectra
from lensfinder.sky.sdss_writer import write_synthetic_library
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.figures_spectra import draw_spectra_with_bands
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.sources import open_quasar_population
from lensfinder.workspace.paths import SurveyPaths

PANELS = 6
"""Spectra that one figure shows at most."""


def check_spectra(paths: SurveyPaths, params: Params, folder: Path, figure: Path) -> None:
    """Say what reading ``folder`` gives, and draw the first quasars with their narrow-band fluxes.

    Raises
    ------
    UserError
        If the folder is missing, or holds no usable quasar.
    """
    spectra, report = read_quasar_spectra(folder, (0.0, np.inf))
    print(report.summary())
    limits = params.section(Jpas).quasars.redshift
    used = sum(limits.low <= spectrum.z <= limits.high for spectrum in spectra)
    print(
        f"{used} of {len(spectra)} lie in jpas.quasars.redshift, {limits.low}–{limits.high}, and would be "
        f"used; {params.section(Jpas).sky.tiles} tiles need at least as many"
    )
    draw_spectra_with_bands(figure, spectra[:PANELS], read_filters(paths.tables))
    print(f"{figure}: {min(PANELS, len(spectra))} quasar(s), narrow-band fluxes over their spectra")


def write_spectra(paths: SurveyPaths, params: Params, folder: Path, count: int) -> None:
    """Write ``count`` synthetic quasars as ``spec-*.fits`` into ``folder``."""
    rng = np.random.default_rng(np.random.SeedSequence(params.seed, spawn_key=(2,)))
    write_synthetic_library(folder, count, open_quasar_population(paths, params), rng)
    print(f"{folder}: {count} spectra")
