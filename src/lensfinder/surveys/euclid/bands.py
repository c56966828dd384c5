"""The bands of a Euclid-like survey: passbands, pixels, PSF, and what a pixel counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensfinder.sky.passbands import Passbands, flux_of_magnitude_ujy
from lensfinder.sky.tables import column, floats, read_ecsv, read_filter_set
from lensfinder.typing import FloatArray, IntArray

EUCLID_BANDS_FILE = "euclid_bands.ecsv"
R_BAND_FILE = "jpas_filters.ecsv"
"""Table that has the broad r band."""


@dataclass(frozen=True, eq=False)
class EuclidBands:
    """Bands of a stamp, VIS first; every array is of shape ``(n_bands,)``.

    ``filters`` has the same bands, and beyond them the broad r band in which the luminosities of galaxies are
    known. ``exposure_s`` and ``read_noise_electrons`` belong to one of ``n_exposures`` exposures,
    ``zero_point_mag`` is the magnitude of 1 e/s.
    """

    filters: Passbands
    pixel_scale_arcsec: FloatArray
    stamp_pixels: IntArray
    psf_fwhm_arcsec: FloatArray
    zero_point_mag: FloatArray
    sky_mag_arcsec2: FloatArray
    exposure_s: FloatArray
    n_exposures: IntArray
    read_noise_electrons: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the bands of a stamp."""
        return self.filters.cube_names

    @property
    def electrons_per_ujy(self) -> FloatArray:
        """Electrons that a source of 1 µJy leaves in all exposures together."""
        electrons: FloatArray = (
            self.n_exposures * self.exposure_s / flux_of_magnitude_ujy(self.zero_point_mag)
        )
        return electrons

    @property
    def background_sigma_electrons(self) -> FloatArray:
        """Noise of a pixel without a source in all exposures together: sky and read noise."""
        sky_ujy = flux_of_magnitude_ujy(self.sky_mag_arcsec2) * self.pixel_scale_arcsec**2
        variance = sky_ujy * self.electrons_per_ujy + self.n_exposures * self.read_noise_electrons**2
        sigma: FloatArray = np.sqrt(variance)
        return sigma

    @property
    def background_sigma_ujy(self) -> FloatArray:
        """The same noise in µJy per pixel."""
        return self.background_sigma_electrons / self.electrons_per_ujy


def read_euclid_bands(folder: Path) -> EuclidBands:
    """Read ``euclid_bands.ecsv``, and the r band of ``jpas_filters.ecsv``.

    Raises
    ------
    UserError
        If a file is missing, cannot be read, or lacks a column.
    """
    path = folder / EUCLID_BANDS_FILE
    table = read_ecsv(path)
    r_band = read_filter_set(folder / R_BAND_FILE).band("rSDSS")
    shapes = {
        field: np.append(floats(table, of, path), getattr(r_band, field))
        for field, of in {
            "wavelength_mean_A": "wavelength_mean",
            "fwhm_A": "fwhm",
            "edge_width_A": "edge_width",
            "peak_throughput": "peak_throughput",
        }.items()
    }
    names = tuple(str(name) for name in column(table, "name", path))
    return EuclidBands(
        filters=Passbands(
            names=names + r_band.names, in_cube=np.arange(len(names) + 1) < len(names), **shapes
        ),
        stamp_pixels=np.array(column(table, "stamp_pixels", path), dtype=np.int64),
        n_exposures=np.array(column(table, "n_exposures", path), dtype=np.int64),
        **{
            field: floats(table, of, path)
            for field, of in {
                "pixel_scale_arcsec": "pixel_scale",
                "psf_fwhm_arcsec": "psf_fwhm",
                "zero_point_mag": "zero_point",
                "sky_mag_arcsec2": "sky",
                "exposure_s": "exposure",
                "read_noise_electrons": "read_noise",
            }.items()
        },
    )
