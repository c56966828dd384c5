"""The galaxy population: luminosities, shapes, masses, fluxes in every band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.sky.distances import Distances
from lensfinder.sky.galaxy_luminosities import LuminosityDraws, StarDraw
from lensfinder.sky.galaxy_photometry import MixturePhotometry, SpectralPhotometry
from lensfinder.sky.galaxy_relations import (
    draw_axis_ratios,
    draw_sersic_indices,
    draw_sizes_kpc,
    draw_velocity_dispersions,
    truncated_normal,
)
from lensfinder.sky.galaxy_spectra import GalaxyTemplates, draw_mixtures, mixture_names
from lensfinder.sky.passbands import FilterSet
from lensfinder.sky.stellar_masses import StellarMasses
from lensfinder.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from lensfinder.params import Cosmology, Galaxies

WAVELENGTH_A = np.arange(3000.0, 11200.1, 5.0)
"""Observed grid of galaxy spectra."""

MASS_AXIS_RATIO = (0.3, 0.99)


class GalaxyPopulation:
    """Early- and late-type galaxies, each a single mixture of templates.

    Building it integrates luminosity functions and passbands; :meth:`draw` is cheap.
    """

    def __init__(
        self, params: Galaxies, cosmology: Cosmology, filters: FilterSet, templates: GalaxyTemplates
    ) -> None:
        """Build the population.

        Raises
        ------
        UserError
            If no galaxy has a redshift and magnitudes in the ranges of ``params``.
        """
        photometry = SpectralPhotometry(WAVELENGTH_A, filters, templates)
        self._draws = GalaxyDraws(params, cosmology, photometry, one_mixture)
        self._templates, self._bands = templates, filters.cube_names

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` galaxies with r and M_r in range.

        Returns
        -------
        DataFrame
            Columns type, z, r_mag, r_abs_mag, r_eff_arcsec, sersic_n, axis_ratio, pa_deg, sigma_v_km_s,
            theta_g_arcsec, mass_axis_ratio, mass_pa_deg, shear_1, shear_2, template, and ``flux_<BAND>``
            in µJy for the bands of a cube.
        """
        drawn = self._draws.draw(n, rng)
        names = mixture_names(drawn.stars[:, 0], self._templates)
        fluxes = {f"flux_{band}": drawn.flux_ujy[:, 0, k] for k, band in enumerate(self._bands)}
        return drawn.table.assign(template=names, **fluxes)


def one_mixture(early: bool, n: int, templates: GalaxyTemplates, rng: np.random.Generator) -> FloatArray:
    """Draw galaxies of one component; a :class:`~lensfinder.sky.galaxy_luminosities.StarDraw`."""
    return draw_mixtures(early, n, templates, rng)[:, None, :]


@dataclass(frozen=True)
class DrawnGalaxies:
    """Galaxies of one or several components each.

    Attributes
    ----------
    table
        The columns of :meth:`GalaxyPopulation.draw` before ``template``, of n rows.
    stars
        Part of the light at 6000 Å of each template in each component, of shape (n, components, n_templates).
    flux_ujy
        Of shape (n, components, bands of a cube).
    """

    table: pd.DataFrame
    stars: FloatArray
    flux_ujy: FloatArray

    def take(self, rows: IntArray) -> DrawnGalaxies:
        """Return the galaxies of these positions."""
        table = self.table.iloc[rows].reset_index(drop=True)
        return DrawnGalaxies(table, self.stars[rows], self.flux_ujy[rows])

    @staticmethod
    def together(parts: Sequence[DrawnGalaxies]) -> DrawnGalaxies:
        """Return the galaxies of all parts, one part after another."""
        return DrawnGalaxies(
            table=pd.concat([part.table for part in parts], ignore_index=True),
            stars=np.concatenate([part.stars for part in parts]),
            flux_ujy=np.concatenate([part.flux_ujy for part in parts]),
        )


class GalaxyDraws:
    """Galaxies of evolving Schechter luminosity functions in r, of one or several components each."""

    def __init__(
        self, params: Galaxies, cosmology: Cosmology, photometry: MixturePhotometry, draw_stars: StarDraw
    ) -> None:
        """Integrate the luminosity functions.

        Raises
        ------
        UserError
            If no galaxy has a redshift and magnitudes in the ranges of ``params``.
        """
        self._params = params
        self._distances = Distances(cosmology)
        self._luminosities = LuminosityDraws(params, self._distances, photometry, draw_stars)
        self._masses = StellarMasses(photometry)
        self._cube = np.flatnonzero(photometry.filters.in_cube)

    def draw(self, n: int, rng: np.random.Generator) -> DrawnGalaxies:
        """Draw ``n`` galaxies with r and M_r in range."""
        n_early = int((rng.random(n) < self._params.early_fraction).sum())
        parts = [
            self._draw_type(early, count, rng)
            for early, count in ((True, n_early), (False, n - n_early))
            if count
        ]
        return DrawnGalaxies.together(parts).take(rng.permutation(n))

    def _draw_type(self, early: bool, n: int, rng: np.random.Generator) -> DrawnGalaxies:
        params = self._params
        lit = self._luminosities.draw(early, n, rng)
        axis_ratio = draw_axis_ratios(early, n, rng)
        pa_deg = rng.uniform(0.0, 180.0, n)
        shear = rng.normal(0.0, params.shear_sigma, (2, n))
        log_msun = self._masses.log_msun(early, lit.z, lit.r_abs_mag, lit.stars.sum(axis=1))
        kpc = draw_sizes_kpc(early, lit.z, log_msun, axis_ratio, rng)
        columns = {
            "type": np.full(n, "early" if early else "late", dtype=object),
            "z": lit.z,
            "r_mag": lit.r_mag,
            "r_abs_mag": lit.r_abs_mag,
            "r_eff_arcsec": kpc / self._distances.kpc_per_arcsec(lit.z),
            "sersic_n": draw_sersic_indices(early, n, rng),
            "axis_ratio": axis_ratio,
            "pa_deg": pa_deg,
            "sigma_v_km_s": draw_velocity_dispersions(early, lit.z, lit.r_abs_mag, params, rng),
            "theta_g_arcsec": rng.uniform(params.core_radius_arcsec.low, params.core_radius_arcsec.high, n),
            "mass_axis_ratio": truncated_normal(
                axis_ratio, params.mass_axis_ratio_scatter, MASS_AXIS_RATIO, n, rng
            ),
            "mass_pa_deg": (pa_deg + rng.normal(0.0, params.mass_pa_scatter_deg, n)) % 180.0,
            "shear_1": shear[0],
            "shear_2": shear[1],
        }
        return DrawnGalaxies(pd.DataFrame(columns), lit.stars, lit.flux_ujy[:, :, self._cube])
