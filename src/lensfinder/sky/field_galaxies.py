"""What faint galaxies of the field look like: sizes, shapes, colours and star-forming clumps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc, gammaincinv

from lensfinder.sky.bulges import DISC_FLATTENING
from lensfinder.sky.field_counts import PIVOT_MAG
from lensfinder.sky.galaxy_photometry import MixturePhotometry
from lensfinder.sky.galaxy_spectra import draw_field_mixtures, draw_young_mixtures
from lensfinder.sky.passbands import flux_of_magnitude_ujy
from lensfinder.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from lensfinder.params.populations import FaintGalaxies, FieldGalaxies

# Half-light radius of an exponential disc in scale lengths, and of a round Gaussian in standard deviations.
DISC_HALF_LIGHT = float(gammaincinv(2.0, 0.5))
GAUSSIAN_HALF_LIGHT = float(np.sqrt(2 * np.log(2.0)))
CLUMP_REACH = 2.0
"""Clumps lie within so many half-light radii of the disc, where it has 85 % of its light."""
_LIGHT_IN_REACH = float(gammainc(2.0, CLUMP_REACH * DISC_HALF_LIGHT))


@dataclass(frozen=True)
class Discs:
    """Exponential discs without their clumps, each array of shape (n,), fluxes (n, bands)."""

    r_eff_arcsec: FloatArray
    axis_ratio: FloatArray
    pa_rad: FloatArray
    flux_ujy: FloatArray


@dataclass(frozen=True)
class Clumps:
    """Round Gaussian clumps, each array of shape (c,), fluxes (c, bands).

    ``owner`` is the disc that a clump belongs to, rising; ``x_arcsec`` and ``y_arcsec`` count from its
    centre.
    """

    owner: IntArray
    x_arcsec: FloatArray
    y_arcsec: FloatArray
    sigma_arcsec: FloatArray
    flux_ujy: FloatArray


class FieldDiscs:
    """Gives galaxies of known redshift and magnitude in one band their light."""

    def __init__(self, params: FaintGalaxies, photometry: MixturePhotometry, band: str) -> None:
        self._params, self._photometry = params, photometry
        self._cube = np.flatnonzero(photometry.filters.in_cube)
        self._band = photometry.filters.index(band)

    def draw_discs(self, mag: FloatArray, z: FloatArray, rng: np.random.Generator) -> Discs:
        """Draw smooth discs, of shape (n,).

        Radii are lognormal about a median that goes as a power of the flux; discs of intrinsic flattening 0.2
        are seen at random inclinations, q² = cos² i + 0.2² sin² i (Hubble 1926).
        """
        params, n = self._params, len(mag)
        log_median = np.log10(params.r_eff_arcsec_at_24) + params.r_eff_slope_dex_per_mag * (mag - PIVOT_MAG)
        cos2 = rng.random(n) ** 2
        return Discs(
            r_eff_arcsec=10 ** (log_median + params.r_eff_scatter_dex * rng.normal(size=n)),
            axis_ratio=np.sqrt(cos2 + DISC_FLATTENING**2 * (1 - cos2)),
            pa_rad=rng.uniform(0.0, np.pi, n),
            flux_ujy=self._fluxes_ujy(mag, z, draw_field_mixtures(n, self._photometry.templates, rng)),
        )

    def _fluxes_ujy(self, mag: FloatArray, z: FloatArray, weights: FloatArray) -> FloatArray:
        flux = self._photometry.fluxes_ujy(z, weights)
        flux *= (flux_of_magnitude_ujy(mag) / flux[:, self._band])[:, None]
        return flux[:, self._cube]


class FieldGalaxyLooks(FieldDiscs):
    """Gives galaxies of known VIS magnitude and redshift their light, star-forming clumps included."""

    def __init__(self, params: FieldGalaxies, photometry: MixturePhotometry) -> None:
        super().__init__(params, photometry, "VIS")
        self._clumps = params

    def draw_clumpy_discs(
        self, mag: FloatArray, z: FloatArray, rng: np.random.Generator
    ) -> tuple[Discs, Clumps]:
        """Draw discs, a part of whose VIS light is in clumps of younger stars."""
        params, n = self._clumps, len(mag)
        discs = self.draw_discs(mag, z, rng)
        count = rng.integers(0, params.clumps_max, n, endpoint=True)
        limits = params.clump_light_fraction
        in_clumps = rng.uniform(limits.low, limits.high, n) * (count > 0)
        owner = np.repeat(np.arange(n), count)
        # Exponential numbers over their sum cut the light of all clumps uniformly at random.
        share = rng.exponential(size=len(owner))
        share /= np.bincount(owner, share, minlength=n)[owner]
        young = self._fluxes_ujy(mag, z, draw_young_mixtures(n, self._photometry.templates, rng))
        x, y = _positions(discs, owner, rng)
        size = params.clump_r_eff_arcsec
        clumps = Clumps(
            owner=owner,
            x_arcsec=x,
            y_arcsec=y,
            sigma_arcsec=rng.uniform(size.low, size.high, len(owner)) / GAUSSIAN_HALF_LIGHT,
            flux_ujy=(in_clumps[owner] * share)[:, None] * young[owner],
        )
        smooth = Discs(
            discs.r_eff_arcsec, discs.axis_ratio, discs.pa_rad, (1 - in_clumps)[:, None] * discs.flux_ujy
        )
        return smooth, clumps


def _positions(discs: Discs, owner: IntArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw positions that follow the discs' light out to :data:`CLUMP_REACH`, of shape (c,) each."""
    # The light inside r scale lengths is γ(2, r).
    radius = gammaincinv(2.0, rng.random(len(owner)) * _LIGHT_IN_REACH) / DISC_HALF_LIGHT
    angle = rng.uniform(0.0, 2 * np.pi, len(owner))
    root = np.sqrt(discs.axis_ratio[owner])
    along = discs.r_eff_arcsec[owner] * radius * np.cos(angle) / root
    across = discs.r_eff_arcsec[owner] * radius * np.sin(angle) * root
    cos, sin = np.cos(discs.pa_rad[owner]), np.sin(discs.pa_rad[owner])
    return cos * along - sin * across, sin * along + cos * across
