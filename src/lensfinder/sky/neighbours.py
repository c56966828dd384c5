"""Galaxies and stars of the field that stand beside a target by chance, in numbers as counted on the sky."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.sky.field_counts import FieldRedshifts
from lensfinder.sky.field_galaxies import FieldDiscs
from lensfinder.sky.galaxies import WAVELENGTH_A
from lensfinder.sky.galaxy_photometry import SpectralPhotometry
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.sky.passbands import FilterSet
from lensfinder.sky.stars import StarPhotometry
from lensfinder.typing import FloatArray

if TYPE_CHECKING:
    from lensfinder.params.populations import Neighbours

GALAXY_COUNTS = {
    17.0: 24.32, 17.5: 44.71, 18.0: 81.69, 18.5: 145.6, 19.0: 250.4, 19.5: 507.8, 20.0: 700.6, 20.5: 1159.5,
    21.0: 1677.1, 21.5: 2450.1, 22.0: 3650.7, 22.5: 5606.7, 23.0: 8600.8, 23.5: 13514.7, 24.0: 20815.1,
    24.5: 31343.4, 25.25: 57620.7, 25.75: 76630.6,
}  # fmt: skip
"""Galaxies per deg² and 0.5 mag at r (Driver et al. 2016, ApJ 827, 108, table 3: SDSS r to 19.0, Subaru r to
24.5, HST F606W beyond)."""

STAR_COUNTS = {18.6: 949.0, 19.6: 1439.0, 20.6: 2061.0, 21.6: 2811.0, 22.1: 3234.0, 22.6: 3688.0}
"""Stars per deg² brighter than r at the galactic pole (Bahcall & Soneira 1980, ApJS 44, 73, the fit to N(<V),
with V = r + 0.4): 15 % accurate, and beyond the last the slope of the last interval."""

ARCSEC2_PER_DEG2 = 3600.0**2
_STEP_MAG = 0.01


class NeighbourPopulation:
    """Field galaxies, exponential discs with spectra and sizes of their magnitude, and stars of the locus.

    Sizes follow the relation of faint galaxies at all magnitudes.
    """

    def __init__(self, params: Neighbours, filters: FilterSet, templates: GalaxyTemplates) -> None:
        self._params = params
        self._redshifts = FieldRedshifts(params)
        self._discs = FieldDiscs(params, SpectralPhotometry(WAVELENGTH_A, filters, templates), "rSDSS")
        self._stars, self._bands = StarPhotometry(filters), filters.cube_names
        self._mag = np.linspace(
            params.r_mag.low,
            params.r_mag.high,
            1 + int(np.ceil((params.r_mag.high - params.r_mag.low) / _STEP_MAG)),
        )
        self._galaxies_below, self._stars_below = galaxies_brighter(self._mag), stars_brighter(self._mag)

    @property
    def density_arcsec2(self) -> float:
        """Number of galaxies and stars in the range of magnitudes per square arcsec."""
        return float(np.ptp(self._galaxies_below) + np.ptp(self._stars_below)) / ARCSEC2_PER_DEG2

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` neighbours.

        Returns
        -------
        DataFrame
            Columns type ("galaxy" or "star"), r_mag, z, r_eff_arcsec, sersic_n, axis_ratio, pa_deg (NaN of
            stars), star_g_i (NaN of galaxies), and ``flux_<BAND>`` in µJy for the bands of a cube.
        """
        stars = np.ptp(self._stars_below) / (np.ptp(self._stars_below) + np.ptp(self._galaxies_below))
        n_stars = int((rng.random(n) < stars).sum())
        table = pd.concat(
            [self._draw_galaxies(n - n_stars, rng), self._draw_stars(n_stars, rng)], ignore_index=True
        )
        return table.iloc[rng.permutation(n)].reset_index(drop=True)

    def _draw_galaxies(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        r_mag = self._draw_mags(self._galaxies_below, n, rng)
        z = self._redshifts.draw_redshifts(r_mag, rng)
        discs = self._discs.draw_discs(r_mag, z, rng)
        shape = {
            "z": z,
            "r_eff_arcsec": discs.r_eff_arcsec,
            "sersic_n": np.ones(n),
            "axis_ratio": discs.axis_ratio,
            "pa_deg": np.degrees(discs.pa_rad),
        }
        return self._table("galaxy", r_mag, {**shape, "star_g_i": np.full(n, np.nan)}, discs.flux_ujy)

    def _draw_stars(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        r_mag = self._draw_mags(self._stars_below, n, rng)
        g_i = rng.uniform(self._params.star_g_i.low, self._params.star_g_i.high, n)
        shape = dict.fromkeys(("z", "r_eff_arcsec", "sersic_n", "axis_ratio", "pa_deg"), np.full(n, np.nan))
        return self._table("star", r_mag, {**shape, "star_g_i": g_i}, self._stars.fluxes_ujy(g_i, r_mag))

    def _draw_mags(self, below: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
        return np.interp(rng.uniform(below[0], below[-1], n), below, self._mag)

    def _table(
        self, kind: str, r_mag: FloatArray, columns: dict[str, FloatArray], flux_ujy: FloatArray
    ) -> pd.DataFrame:
        fluxes = {f"flux_{band}": flux_ujy[:, k] for k, band in enumerate(self._bands)}
        named = {"type": np.full(len(r_mag), kind, dtype=object), "r_mag": r_mag}
        return pd.DataFrame({**named, **columns, **fluxes})


def galaxies_brighter(r_mag: FloatArray) -> FloatArray:
    """Galaxies per deg² brighter than r and fainter than 16.5, of :data:`GALAXY_COUNTS`."""
    grid = np.arange(16.5, 30.0, _STEP_MAG)
    places, counts = np.array(list(GALAXY_COUNTS)), np.log(list(GALAXY_COUNTS.values()))
    per_mag = 2 * np.exp(_extended(grid, places, counts))
    return np.interp(r_mag, grid, _STEP_MAG * np.append(0.0, np.cumsum(0.5 * (per_mag[1:] + per_mag[:-1]))))


def stars_brighter(r_mag: FloatArray) -> FloatArray:
    """Stars per deg² brighter than r, of :data:`STAR_COUNTS`."""
    places, counts = np.array(list(STAR_COUNTS)), np.log(list(STAR_COUNTS.values()))
    number: FloatArray = np.exp(_extended(r_mag, places, counts))
    return number


def _extended(x: FloatArray, places: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate linearly, beyond the ends with the slopes of the last intervals."""
    within = np.interp(x, places, values)
    first, last = ((values[i + 1] - values[i]) / (places[i + 1] - places[i]) for i in (0, -2))
    beyond: FloatArray = first * np.minimum(x - places[0], 0) + last * np.maximum(x - places[-1], 0)
    return within + beyond
