"""Massive galaxies of a bulge and a disc each, with fluxes in a few broad bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.sky.bulges import bulge_and_disc, bulge_axis_ratios, component_radii, draw_radius_ratios
from lensfinder.sky.galaxies import DrawnGalaxies, GalaxyDraws
from lensfinder.sky.galaxy_photometry import MixturePhotometry
from lensfinder.sky.luminosity import ROUNDS_MAX

if TYPE_CHECKING:
    from lensfinder.params import Cosmology, Galaxies

_EXPECTED_KEPT = 0.2
"""Part of the galaxies that is massive enough, as a guess for how many to draw at once."""


class DeflectorPopulation:
    """The galaxies of :class:`~lensfinder.sky.galaxies.GalaxyDraws` above a velocity dispersion."""

    def __init__(
        self,
        params: Galaxies,
        sigma_v_min_km_s: float,
        cosmology: Cosmology,
        photometry: MixturePhotometry,
    ) -> None:
        """Integrate the luminosity functions.

        Raises
        ------
        UserError
            If no galaxy has a redshift and magnitudes in the ranges of ``params``.
        """
        self._draws = GalaxyDraws(params, cosmology, photometry, bulge_and_disc)
        self._sigma_v_min_km_s = sigma_v_min_km_s
        self._bands = photometry.filters.cube_names

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` galaxies.

        Returns
        -------
        DataFrame
            The columns of :class:`~lensfinder.sky.galaxies.DrawnGalaxies`, then bulge_fraction (of the flux
            in the first band), bulge_r_eff_arcsec, disc_r_eff_arcsec, bulge_axis_ratio, disc_axis_ratio, and
            bulge_flux_<BAND>, disc_flux_<BAND> in µJy. Radii are along the geometric-mean axis; r_eff_arcsec
            holds half of the light of both in the first band.

        Raises
        ------
        UserError
            If hardly any galaxy reaches the velocity dispersion.
        """
        parts: list[DrawnGalaxies] = []
        found = 0
        for _ in range(ROUNDS_MAX):
            if found == n:
                break
            drawn = self._draws.draw(int((n - found) / _EXPECTED_KEPT) + 8, rng)
            heavy = np.flatnonzero(drawn.table["sigma_v_km_s"].to_numpy() >= self._sigma_v_min_km_s)
            parts.append(drawn.take(heavy[: n - found]))
            found += len(parts[-1].table)
        else:
            raise UserError(
                f"deflectors: hardly any galaxy has sigma_v >= {self._sigma_v_min_km_s} km/s; lower "
                "systems.sigma_v_min_km_s"
            )
        return self._with_components(DrawnGalaxies.together(parts), rng)

    def _with_components(self, galaxies: DrawnGalaxies, rng: np.random.Generator) -> pd.DataFrame:
        table, flux_ujy = galaxies.table, galaxies.flux_ujy
        early = (table["type"] == "early").to_numpy()
        bulge_fraction = flux_ujy[:, 0, 0] / flux_ujy[:, :, 0].sum(axis=1)
        bulge_r_eff, disc_r_eff = component_radii(
            table["r_eff_arcsec"].to_numpy(), bulge_fraction, draw_radius_ratios(early, rng)
        )
        axis_ratio = table["axis_ratio"].to_numpy()
        components = {
            f"{component}_flux_{band}": flux_ujy[:, c, k]
            for c, component in enumerate(("bulge", "disc"))
            for k, band in enumerate(self._bands)
        }
        return table.assign(
            bulge_fraction=bulge_fraction,
            bulge_r_eff_arcsec=bulge_r_eff,
            disc_r_eff_arcsec=disc_r_eff,
            bulge_axis_ratio=bulge_axis_ratios(early, axis_ratio),
            disc_axis_ratio=axis_ratio,
            **components,
        )
