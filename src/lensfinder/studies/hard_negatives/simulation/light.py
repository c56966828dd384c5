"""Light of what populations do not hold: stars, a second quasar, a ring, a companion galaxy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lensfinder.params import Params
from lensfinder.sky.distances import Distances
from lensfinder.sky.galaxies import WAVELENGTH_A as GALAXY_WAVELENGTH_A
from lensfinder.sky.galaxy_photometry import SpectralPhotometry
from lensfinder.sky.galaxy_relations import draw_axis_ratios, draw_sersic_indices, draw_sizes_kpc
from lensfinder.sky.galaxy_spectra import GalaxyTemplates, draw_mixtures, draw_young_mixtures
from lensfinder.sky.passbands import FilterSet, Photometer, flux_of_magnitude_ujy
from lensfinder.sky.quasar_spectra import CompositeLines, LineTrends, draw_traits, render
from lensfinder.sky.quasars import WAVELENGTH_A as QUASAR_WAVELENGTH_A
from lensfinder.sky.stars import StarPhotometry
from lensfinder.sky.stellar_masses import StellarMasses
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.typing import FloatArray


@dataclass(frozen=True)
class Extended:
    """A Sérsic component; lengths in arcsec, ``flux_ujy`` of shape (bands,)."""

    flux_ujy: FloatArray
    x_arcsec: float
    y_arcsec: float
    r_eff_arcsec: float
    sersic_n: float
    axis_ratio: float
    pa_rad: float


@dataclass(frozen=True)
class Point:
    """A point source; position in arcsec, ``flux_ujy`` of shape (bands,)."""

    flux_ujy: FloatArray
    x_arcsec: float
    y_arcsec: float


class ImpostorLight:
    """Spectra and shapes of the parts of impostors, by the same templates and relations as populations.

    Parameters
    ----------
    filters
        All filters, rSDSS among them; fluxes are of the bands of a cube.
    """

    def __init__(
        self,
        params: Params,
        filters: FilterSet,
        templates: GalaxyTemplates,
        lines: CompositeLines,
        trends: LineTrends,
    ) -> None:
        self._params, self._templates, self._lines, self._trends = params, templates, lines, trends
        self._stars = StarPhotometry(filters)
        self._galaxies = SpectralPhotometry(GALAXY_WAVELENGTH_A, filters, templates)
        self._masses = StellarMasses(self._galaxies)
        self._quasars = Photometer(QUASAR_WAVELENGTH_A, filters)
        self._distances = Distances(params.cosmology)
        self._r, self._cube = filters.index("rSDSS"), np.flatnonzero(filters.in_cube)

    def star(self, g_i: float, r_mag: float) -> FloatArray:
        """Return fluxes of a star, of shape (bands,)."""
        fluxes: FloatArray = self._stars.fluxes_ujy(np.array([g_i]), np.array([r_mag]))[0]
        return fluxes

    def quasar(self, z: float, i_abs_mag: float, r_mag: float, rng: np.random.Generator) -> FloatArray:
        """Draw a quasar's spectrum at a redshift and return its fluxes; M_i(z=2) acts on its lines alone."""
        quasars = self._params.section(Jpas).quasars
        traits = draw_traits(
            np.array([z]),
            np.array([i_abs_mag]),
            quasars.bal_fraction,
            quasars.dust_ebv_mean,
            self._trends,
            self._lines,
            rng,
        )
        return self._scaled(self._quasars.fluxes_ujy(render(QUASAR_WAVELENGTH_A, traits)), r_mag)

    def young(self, z: float, r_mag: float, rng: np.random.Generator) -> FloatArray:
        """Draw the spectrum of star-forming regions at a redshift and return its fluxes."""
        mixture = draw_young_mixtures(1, self._templates, rng)
        return self._scaled(self._galaxies.fluxes_ujy(np.array([z]), mixture), r_mag)

    def galaxy(
        self, early: bool, z: float, r_abs_mag: float, r_mag: float, rng: np.random.Generator
    ) -> Extended:
        """Draw a galaxy of a type, redshift and brightness; it lies at the origin."""
        mixture = draw_mixtures(early, 1, self._templates, rng)
        redshift, bright = np.array([z]), np.array([r_abs_mag])
        axis_ratio = draw_axis_ratios(early, 1, rng)
        log_msun = self._masses.log_msun(early, redshift, bright, mixture)
        kpc = draw_sizes_kpc(early, redshift, log_msun, axis_ratio, rng)
        return Extended(
            flux_ujy=self._scaled(self._galaxies.fluxes_ujy(redshift, mixture), r_mag),
            x_arcsec=0.0,
            y_arcsec=0.0,
            r_eff_arcsec=float(kpc[0] / self._distances.kpc_per_arcsec(redshift)[0]),
            sersic_n=float(draw_sersic_indices(early, 1, rng)[0]),
            axis_ratio=float(axis_ratio[0]),
            pa_rad=float(rng.uniform(0.0, np.pi)),
        )

    def _scaled(self, fluxes: FloatArray, r_mag: float) -> FloatArray:
        """Fluxes (1, all filters) of any unit, as those of the cube's bands for this rSDSS."""
        scaled: FloatArray = fluxes[0, self._cube] * (
            flux_of_magnitude_ujy(np.array(r_mag)) / fluxes[0, self._r]
        )
        return scaled
