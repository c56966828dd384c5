"""Figures of spectra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lensfinder.errors import UserError
from lensfinder.sky.passbands import (
    COVERED,
    LIGHT_SPEED_A_S,
    UJY_CGS,
    FilterSet,
    band_fluxes_ujy,
    covered_fraction,
)
from lensfinder.sky.sdss import SDSS_FLUX_CGS, Spectrum, SpectrumFile
from lensfinder.typing import FloatArray

if TYPE_CHECKING:  # it takes a second to import
    from matplotlib.figure import Figure

PANELS = 6
"""Spectra of one page."""

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


def draw_spectra_with_bands(path: Path, files: Sequence[SpectrumFile], filters: FilterSet) -> int:
    """Draw spectra, a panel each, and over them their synthetic fluxes in the bands they cover.

    Into a PDF go all of them, page by page; into another kind of file what fits on the first page. The
    horizontal bar of a point is the width of its band.

    Returns
    -------
    Number of spectra that were drawn.

    Raises
    ------
    UserError
        If matplotlib knows no such kind of file.
    """
    from matplotlib.backend_bases import FigureCanvasBase
    from matplotlib.backends.backend_pdf import PdfPages

    kind, cube = path.suffix[1:].lower(), filters.cube()
    known = FigureCanvasBase.get_supported_filetypes()
    if kind not in known:
        raise UserError(f"{path}: a figure ends in one of .{', .'.join(sorted(known))}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind != "pdf":
        _page(files[:PANELS], cube).savefig(path, dpi=150)
        return min(PANELS, len(files))
    with PdfPages(path) as pages:
        for first in range(0, len(files), PANELS):
            pages.savefig(_page(files[first : first + PANELS], cube))
    return len(files)


def _page(files: Sequence[SpectrumFile], cube: FilterSet) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.1 * len(files) + 0.4), layout="constrained")
    for axes, file in zip(np.atleast_1d(figure.subplots(len(files), 1)), files, strict=True):
        spectrum = file.spectrum
        if spectrum is None:
            raise ValueError(f"{file.name} has no spectrum")
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
        title = f"{spectrum.spectrum_id}, {spectrum.object_class}, z = {spectrum.z:.4f}"
        axes.set_title(f"{title}\nobject {file.quasar_id}: {file.reason or 'used'}", loc="left", fontsize=10)
        axes.legend(loc="upper right", frameon=False, fontsize=8, bbox_to_anchor=(1.0, 1.14), ncols=2)
    axes.set_xlabel("observed wavelength, vacuum [Å]")
    return figure


def covered_bands(spectrum: Spectrum, filters: FilterSet) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean wavelength (Å), width (Å) and mean f_λ (erg/s/cm²/Å) in the bands a spectrum covers."""
    covered = np.flatnonzero(covered_fraction(spectrum.wavelength_A, filters) >= COVERED)
    bands = filters.take(covered)
    flux_ujy = band_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, bands)[0]
    centre = bands.wavelength_mean_A
    return centre, bands.fwhm_A, flux_ujy * UJY_CGS * LIGHT_SPEED_A_S / centre**2
