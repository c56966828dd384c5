"""Redshifts, magnitudes and fluxes of galaxies, drawn from the luminosity functions of their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lensfinder.errors import UserError
from lensfinder.sky.distances import Distances
from lensfinder.sky.galaxy_photometry import MixturePhotometry
from lensfinder.sky.galaxy_relations import luminosity_function
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.sky.luminosity import ROUNDS_MAX, WHOLE_SKY_SR, DensitySampler
from lensfinder.sky.passbands import ab_magnitude, flux_of_magnitude_ujy
from lensfinder.typing import FloatArray

if TYPE_CHECKING:
    from lensfinder.params import Galaxies

R_MAG_MARGIN = 0.4
"""K-corrections of single galaxies differ from the mean of their type by less than this."""
ABS_MAG_BRIGHT = -25.5


class StarDraw(Protocol):
    """What draws the stars of galaxies of a type."""

    def __call__(
        self, early: bool, n: int, templates: GalaxyTemplates, rng: np.random.Generator
    ) -> FloatArray:
        """Return the part of the light at 6000 Å of each template in each component.

        Of shape (n, components, n_templates); all parts of a galaxy sum to 1.
        """


@dataclass(frozen=True)
class LitGalaxies:
    """Galaxies of one type: redshift, r and M_r of shape (n,), ``stars`` as :class:`StarDraw` gives them, and
    fluxes in µJy of each component, of shape (n, components, bands).
    """

    z: FloatArray
    r_mag: FloatArray
    r_abs_mag: FloatArray
    stars: FloatArray
    flux_ujy: FloatArray


class LuminosityDraws:
    """Draws galaxies whose r and M_r are in range."""

    def __init__(
        self, params: Galaxies, distances: Distances, photometry: MixturePhotometry, draw_stars: StarDraw
    ) -> None:
        """Integrate the luminosity functions.

        Raises
        ------
        UserError
            If no galaxy has a redshift and magnitudes in the ranges of ``params``.
        """
        self._params, self._distances, self._draw_stars = params, distances, draw_stars
        self._photometry = photometry
        self._r_photometry = photometry.band("rSDSS")
        self._r = photometry.filters.index("rSDSS")
        self._samplers = {early: self._build_sampler(early) for early in (True, False)}

    def draw(self, early: bool, n: int, rng: np.random.Generator) -> LitGalaxies:
        """Draw ``n`` galaxies of a type."""
        limits = self._params.r_mag
        parts: list[LitGalaxies] = []
        found = 0
        for _ in range(ROUNDS_MAX):
            if found == n:
                break
            candidates = int(1.6 * (n - found)) + 8
            z, abs_mag = self._samplers[early].draw(candidates, rng)
            stars = self._draw_stars(early, candidates, self._photometry.templates, rng)
            modulus = self._distances.distance_modulus(z)
            r_mag = abs_mag + modulus + self._k_correction(z, stars.sum(axis=1))
            good = np.flatnonzero((r_mag >= limits.low) & (r_mag <= limits.high))[: n - found]
            flux = self._fluxes_ujy(z[good], r_mag[good], stars[good])
            parts.append(LitGalaxies(z[good], r_mag[good], abs_mag[good], stars[good], flux))
            found += len(good)
        else:
            raise self._none_in_range()
        return LitGalaxies(
            z=np.concatenate([part.z for part in parts]),
            r_mag=np.concatenate([part.r_mag for part in parts]),
            r_abs_mag=np.concatenate([part.r_abs_mag for part in parts]),
            stars=np.concatenate([part.stars for part in parts]),
            flux_ujy=np.concatenate([part.flux_ujy for part in parts]),
        )

    def _fluxes_ujy(self, z: FloatArray, r_mag: FloatArray, stars: FloatArray) -> FloatArray:
        flux = np.stack([self._photometry.fluxes_ujy(z, stars[:, k]) for k in range(stars.shape[1])], axis=1)
        flux *= (flux_of_magnitude_ujy(r_mag) / flux[:, :, self._r].sum(axis=1))[:, None, None]
        return flux

    def _k_correction(self, z: FloatArray, weights: FloatArray) -> FloatArray:
        """Return K in r = M_r + DM + K for rSDSS observed and at rest, of mixtures of templates."""
        seen, rest = (self._r_photometry.fluxes_ujy(at, weights)[:, 0] for at in (z, np.zeros_like(z)))
        correction: FloatArray = ab_magnitude(seen) - ab_magnitude(rest)
        return correction

    def _build_sampler(self, early: bool) -> DensitySampler:
        params = self._params
        function = luminosity_function(early, params)
        grid = np.linspace(params.redshift.low, params.redshift.high, 100)
        # The mean mixture of a type stands for it here: the exact K-correction is applied to every galaxy
        # drawn.
        stars = self._draw_stars(early, 2000, self._photometry.templates, np.random.default_rng(0))
        mixture = stars.sum(axis=1).mean(axis=0)
        mean_k = self._k_correction(grid, np.tile(mixture, (grid.size, 1)))

        def density(z: FloatArray, abs_mag: FloatArray) -> FloatArray:
            r_mag = abs_mag + self._distances.distance_modulus(z) + np.interp(z, grid, mean_k)
            visible = (r_mag > params.r_mag.low - R_MAG_MARGIN) & (r_mag < params.r_mag.high + R_MAG_MARGIN)
            number: FloatArray = (
                function.density(z, abs_mag) * self._distances.volume_per_redshift(z) * visible
            )
            return number

        sampler = DensitySampler(
            density,
            (params.redshift.low, params.redshift.high),
            (ABS_MAG_BRIGHT, params.r_abs_mag_faint_limit),
        )
        if sampler.total * WHOLE_SKY_SR < 1:
            raise self._none_in_range()
        return sampler

    def _none_in_range(self) -> UserError:
        z, r, faint = self._params.redshift, self._params.r_mag, self._params.r_abs_mag_faint_limit
        return UserError(
            f"galaxies: none has redshift {z.low}–{z.high}, r {r.low}–{r.high} and M_r < {faint}; "
            "widen galaxies.redshift, galaxies.r_mag or galaxies.r_abs_mag_faint_limit"
        )
