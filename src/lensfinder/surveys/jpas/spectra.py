"""Tools for quasar spectra in the SDSS layout: check a folder, write a synthetic one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lensfinder.params import Params
from lensfinder.sky.sdss import DOUBTFUL
from lensfinder.sky.sdss_writer import write_synthetic_library
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.few_quasars import too_few_quasars
from lensfinder.surveys.jpas.simulation.sources import open_quasar_population, read_spectra
from lensfinder.surveys.jpas.spectra_pages import draw_spectra_with_bands
from lensfinder.workspace.paths import SurveyPaths


def check_spectra(paths: SurveyPaths, params: Params, folder: Path, figure: Path) -> None:
    """Say what reading ``folder`` gives, file by file, and draw all spectra with their narrow-band fluxes.

    The figure begins with the spectra whose redshift is doubtful.

    Raises
    ------
    UserError
        If the folder is missing or holds no spectra.
    """
    jpas = params.section(Jpas)
    report = read_spectra(folder, jpas)
    print(f"{report.listing()}\n\n{report.summary()}")
    n = len(report.used)
    if n < jpas.sky.tiles:
        print(too_few_quasars(n, params))
    else:
        print(f"{n} quasars suffice for jpas.sky.tiles = {jpas.sky.tiles}")
    drawn = sorted(
        (file for file in report.files if file.spectrum),
        key=lambda file: [DOUBTFUL, "", file.reason].index(file.reason),
    )
    if drawn:
        n_drawn = draw_spectra_with_bands(figure, drawn, read_filters(_tables(paths)))
        print(
            f"{figure}: {n_drawn} of {len(drawn)} spectra with their narrow-band fluxes, doubtful ones first"
        )


def write_spectra(paths: SurveyPaths, params: Params, folder: Path, count: int) -> None:
    """Write ``count`` synthetic quasars as ``spec-*.fits`` into ``folder``."""
    rng = np.random.default_rng(np.random.SeedSequence(params.seed, spawn_key=(2,)))
    write_synthetic_library(folder, count, open_quasar_population(_tables(paths), params), rng)
    print(f"{folder}: {count} spectra")


def _tables(paths: SurveyPaths) -> Path:
    """Return the pipeline's tables or, where it has not brought them yet, those it takes them from."""
    return paths.tables if paths.tables.is_dir() else paths.root / "catalogs"
