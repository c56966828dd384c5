"""Analytic passbands and synthetic photometry on the AB system.

A passband is flat between two half-power wavelengths and falls off in logistic edges. Only its shape matters
here: fluxes are weighted averages, the throughput itself acts through zero points and depths.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from lensfinder.typing import AnyArray, BoolArray, FloatArray, IntArray

LIGHT_SPEED_A_S = 2.99792458e18
"""Speed of light in Å/s."""
UJY_CGS = 1e-29
"""One µJy in erg/s/cm²/Hz."""
AB_ZERO_POINT_UJY = 23.9
"""AB magnitude of 1 µJy."""
FAINTEST = 1e-5
"""Where a passband's transmission is below this part of its peak it counts as zero."""
COVERED = 0.999
"""Part of a passband's transmission that a spectrum must cover to have a flux in it."""


@dataclass(frozen=True, eq=False)
class Passbands:
    """Shapes of bands; every array is of shape ``(n_bands,)``.

    Wavelengths are in Å (vacuum). ``in_cube`` tells which bands are imaged: the others only define
    magnitudes.
    """

    names: tuple[str, ...]
    in_cube: BoolArray
    wavelength_mean_A: FloatArray
    fwhm_A: FloatArray
    edge_width_A: FloatArray
    peak_throughput: FloatArray

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Return the position of a band."""
        return self.names.index(name)

    @property
    def cube_names(self) -> tuple[str, ...]:
        """Names of the bands that are imaged, in order of wavelength."""
        return self.cube().names

    def cube(self) -> Self:
        """Return the bands that are imaged."""
        return self.take(np.flatnonzero(self.in_cube))

    def band(self, name: str) -> Self:
        """Return one band."""
        return self.take(np.array([self.index(name)]))

    def take(self, rows: IntArray) -> Self:
        """Return the bands of these positions."""
        arrays = {
            field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "names"
        }
        return replace(self, names=tuple(self.names[row] for row in rows), **arrays)


@dataclass(frozen=True, eq=False)
class FilterSet(Passbands):
    """Bands of a survey with noise; every array is of shape ``(n_bands,)``.

    Magnitudes are AB. ``trays`` tells which bands are exposed together (0: none), ``zero_point_mag`` is the
    magnitude of 1 e/s, ``depth_5s_3arcsec_mag`` that of a source at 5σ in an aperture of 3" diameter.
    """

    trays: IntArray
    zero_point_mag: FloatArray
    sky_mag_arcsec2: FloatArray
    depth_5s_3arcsec_mag: FloatArray


def transmission(wavelength_A: FloatArray, filters: Passbands) -> FloatArray:
    """Return the transmission of every band, up to ``peak_throughput``, of shape ``(n_bands, n_wave)``."""
    half = filters.fwhm_A[:, None] / 2
    edge = filters.edge_width_A[:, None]
    offset = wavelength_A - filters.wavelength_mean_A[:, None]
    shape: FloatArray = expit((offset + half) / edge) * expit((half - offset) / edge)
    return filters.peak_throughput[:, None] * shape


def covered_fraction(wavelength_A: FloatArray, filters: Passbands) -> FloatArray:
    """Return the part of each band's ∫T dλ in the range of ``wavelength_A``, of shape ``(n_bands,)``."""
    low, high = float(wavelength_A[0]), float(wavelength_A[-1])
    fraction = np.empty(len(filters))
    for band in range(len(filters)):
        # Twenty edge widths beyond half power a logistic edge has fallen to 2e-9.
        reach = filters.fwhm_A[band] / 2 + 20 * filters.edge_width_A[band]
        centre = filters.wavelength_mean_A[band]
        grid = np.linspace(centre - reach, centre + reach, 2001)
        curve = transmission(grid, filters.take(np.array([band])))[0]
        inside = (grid >= low) & (grid <= high)
        fraction[band] = curve[inside].sum() / curve.sum()
    return fraction


class Photometer:
    """Synthetic photometry of spectra on one wavelength grid.

    The flux of a band is the photon-weighted mean flux density, f_ν = ∫ f_λ T λ dλ / (c ∫ T dλ/λ) (AB
    system of Oke & Gunn 1983; Fukugita et al. 1996, eq. 7), by the trapezium rule.
    """

    def __init__(self, wavelength_A: FloatArray, filters: Passbands) -> None:
        """Integrate the passbands on a rising grid in Å.

        Raises
        ------
        ValueError
            If the grid does not cover a band; the message names the bands.
        """
        missing = covered_fraction(wavelength_A, filters) < COVERED
        if missing.any():
            names = ", ".join(name for name, lost in zip(filters.names, missing, strict=True) if lost)
            raise ValueError(
                f"{wavelength_A[0]:.0f}–{wavelength_A[-1]:.0f} Å does not cover the band(s) {names}"
            )
        step = np.gradient(wavelength_A)
        step[[0, -1]] = np.diff(wavelength_A)[[0, -1]] / 2
        curves = transmission(wavelength_A, filters)
        curves[curves < FAINTEST * filters.peak_throughput[:, None]] = 0.0
        weight = curves * step
        norm = LIGHT_SPEED_A_S * (weight / wavelength_A).sum(axis=1)
        # Nearly all zero. A sparse product is faster than BLAS, and its sums never depend on threads.
        self._weights = csr_array(weight * wavelength_A / (norm[:, None] * UJY_CGS))

    def fluxes_ujy(self, f_lambda: AnyArray) -> FloatArray:
        """Return fluxes in µJy, ``(n_spectra, n_bands)``, of f_λ in erg/s/cm²/Å, ``(n_spectra, n_wave)``."""
        fluxes: FloatArray = np.ascontiguousarray((self._weights @ np.asarray(f_lambda).T).T)
        return fluxes


def band_fluxes_ujy(wavelength_A: FloatArray, f_lambda: AnyArray, filters: Passbands) -> FloatArray:
    """Return fluxes in µJy, of shape ``(n_spectra, n_bands)``, of spectra of shape ``(n_spectra, n_wave)``.

    ``f_lambda`` is in erg/s/cm²/Å. Where spectra keep coming on one grid, keep a :class:`Photometer`.
    """
    return Photometer(wavelength_A, filters).fluxes_ujy(np.atleast_2d(f_lambda))


def ab_magnitude(flux_ujy: AnyArray) -> FloatArray:
    """Return AB magnitudes of positive fluxes in µJy."""
    magnitude: FloatArray = AB_ZERO_POINT_UJY - 2.5 * np.log10(flux_ujy)
    return magnitude


def flux_of_magnitude_ujy(magnitude: AnyArray) -> FloatArray:
    """Return fluxes in µJy of AB magnitudes."""
    flux: FloatArray = 10 ** (-0.4 * (np.asarray(magnitude) - AB_ZERO_POINT_UJY))
    return flux
