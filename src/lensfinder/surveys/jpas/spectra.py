"""Tools for quasar spectra in the SDSS layout: check a folder and draw it, write a synthetic one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lensfinder.params import Params
from lensfinder.sky.passbands import (
    COVERED,
    LIGHT_SPEED_A_S,
    UJY_CGS,
    FilterSet,
    band_fluxes_ujy,
    covered_fraction,
)
from lensfinder.sky.sdss import SDSS_FLUX_CGS, Spectrum, read_quasar_spectra
from lensfinder.sky.sdss_writer import write_synthetic_library
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.simulation.sources import open_quasar_population
from lensfinder.typing import FloatArray
from lensfinder.workspace.paths import SurveyPaths

PANELS = 6
"""Spectra that one figure shows at most."""

INK, SPECTRUM_GREY, BAND_BLUE = "#222222", "#9a9a9a", "#1f5fa8"
# Emission lines that are named where they fall into a panel: label, rest wavelength (vacuum, Å).
LINES = (
    ("Lyα", 1215.7),
    ("C IV", 1549.1),
    ("C III]", 1908.7),
    ("Mg II", 2798.8),
    ("[O II]", 3728.5),
    ("Hγ", 4341.7),
    ("Hβ", 4862.7),
    ("[O III]", 5008.2),
    ("Hα", 6564.6),
)


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


def draw_spectra_with_bands(path: Path, spectra: Sequence[Spectrum], filters: FilterSet) -> None:
    """Draw spectra, a panel each, and over them their synthetic fluxes in the bands they cover, into a PNG.

    The horizontal bar of a point is the width of its band.
    """
    from matplotlib.figure import Figure  # here, since it takes a second to import

    cube = filters.cube()
    figure = Figure(figsize=(9.0, 3.1 * len(spectra) + 0.4), layout="constrained")
    for axes, spectrum in zip(np.atleast_1d(figure.subplots(len(spectra), 1)), spectra, strict=True):
        wavelength = spectrum.wavelength_A
        f_lambda = spectrum.f_lambda / SDSS_FLUX_CGS
        centre, width, band_flux = covered_bands(spectrum, cube)
        axes.plot(wavelength, f_lambda, color=SPECTRUM_GREY, lw=0.6, label="spectrum")
        axes.errorbar(
            centre,
            band_flux / SDSS_FLUX_CGS,
            xerr=width / 2,
            fmt="o",
            ms=3.5,
            lw=1.0,
            color=BAND_BLUE,
            label=f"J-PAS bands ({len(centre)} of {len(cube)})",
        )
        top = 1.3 * float(np.percentile(f_lambda, 99.7))
        axes.set(
            xlim=(wavelength[0] - 100, wavelength[-1] + 100),
            ylim=(min(0.0, 1.1 * float(np.percentile(f_lambda, 0.3))), top),
            ylabel="$f_\\lambda$ [10$^{-17}$ erg s$^{-1}$ cm$^{-2}$ Å$^{-1}$]",
        )
        for k, (label, rest) in enumerate(LINES):
            observed = rest * (1 + spectrum.z)
            if wavelength[0] < observed < wavelength[-1]:
                height = (0.985, 0.925)[k % 2] * top  # on two levels: Hβ and [O III] are close
                axes.annotate(label, (observed, height), ha="center", va="top", fontsize=8, color=INK)
        axes.set_title(f"{spectrum.spectrum_id}, z = {spectrum.z:.4f}", loc="left", fontsize=10)
        axes.legend(loc="upper right", frameon=False, fontsize=8, bbox_to_anchor=(1.0, 1.14), ncols=2)
    axes.set_xlabel("observed wavelength, vacuum [Å]")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def covered_bands(spectrum: Spectrum, filters: FilterSet) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean wavelength (Å), width (Å) and mean f_λ (erg/s/cm²/Å) in the bands a spectrum covers."""
    covered = np.flatnonzero(covered_fraction(spectrum.wavelength_A, filters) >= COVERED)
    bands = filters.take(covered)
    flux_ujy = band_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, bands)[0]
    centre = bands.wavelength_mean_A
    return centre, bands.fwhm_A, flux_ujy * UJY_CGS * LIGHT_SPEED_A_S / centre**2
