"""Which galaxies of the field stand behind or in front of a deflector, where, and how probable that is.

On the sky the galaxies behind a deflector whose unlensed distance β from it is less than ``impact_max`` times
their own θ_E are a Poisson process of density n c(m) p(z|m) 2πβ dm dz dβ: for each (m, z) a zone of area ∝
θ_E². So are those in front of it, if each gets a second redshift, drawn from p(z|m) behind the deflector,
whose θ_E measures its distance in the same way.

Stamps are drawn otherwise: a set part of them has no source, one in front, one behind, or two behind; main
sources, be they behind or in front, are enriched near the deflector and among bright galaxies. The sampling
weight is the ratio of the two probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy.cosmology import FLRW

from lensfinder.errors import UserError
from lensfinder.lensing.distances import einstein_radius_arcsec
from lensfinder.sky.field_counts import FieldCounts
from lensfinder.sky.luminosity import ROUNDS_MAX
from lensfinder.surveys.euclid.params import Deflection
from lensfinder.typing import BoolArray, FloatArray, IntArray

_REFERENCE_KM_S = 200.0
_LENS_CELLS, _MAG_CELLS, _Z_CELLS = 60, 120, 1400
_BLOCK = 16
"""Candidates that are tried at once for each source."""


@dataclass(frozen=True)
class Placed:
    """Galaxies near deflectors, each array of shape (k,).

    Attributes
    ----------
    owner
        Row of the deflector.
    mag, z
        VIS magnitude and redshift.
    zone_theta_e_arcsec
        θ_E that measures the distance: the galaxy's own, or, in front of the deflector, that of its second
        redshift.
    impact
        Unlensed distance from the deflector in that θ_E.
    density_ratio
        Density of galaxies on the sky over the probability density with which main sources are drawn.
    """

    owner: IntArray
    mag: FloatArray
    z: FloatArray
    zone_theta_e_arcsec: FloatArray
    impact: FloatArray
    density_ratio: FloatArray

    @staticmethod
    def together(parts: Sequence[Placed]) -> Placed:
        """Return all parts by owner, what comes first in ``parts`` first."""
        names = ("owner", "mag", "z", "zone_theta_e_arcsec", "impact", "density_ratio")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        order = np.argsort(arrays["owner"], kind="stable")
        return Placed(**{name: array[order] for name, array in arrays.items()})


class Alignments:
    """Draws what stands behind and in front of deflectors, and knows how much of it there is on the sky."""

    def __init__(
        self, counts: FieldCounts, systems: Deflection, cosmology: FLRW, lens_z: tuple[float, float]
    ) -> None:
        """Integrate the field over magnitudes and redshifts, for deflectors with redshifts in ``lens_z``.

        Raises
        ------
        UserError
            If the field does not reach behind the farthest deflector.
        """
        if counts.redshift_max <= lens_z[1]:
            raise UserError(
                f"params.yaml: euclid.field.redshift_max = {counts.redshift_max} must be greater than "
                f"euclid.galaxies.redshift.high = {lens_z[1]}: no source could stand behind such a deflector"
            )
        self._counts, self._systems, self._cosmology = counts, systems, cosmology
        self._density_arcsec2 = counts.density_arcsec2(counts.mag_high)
        self._lens_z = np.linspace(*lens_z, _LENS_CELLS)
        mag_edges = np.linspace(counts.mag_low, counts.mag_high, _MAG_CELLS + 1)
        z_edges = np.linspace(0.0, counts.redshift_max, _Z_CELLS + 1)
        mag, z = (0.5 * (edges[1:] + edges[:-1]) for edges in (mag_edges, z_edges))
        of_sky, of_drawn = (
            counts.mag_density(mag, slope) * np.diff(mag_edges)
            for slope in (counts.slope_dex, systems.source_counts_slope_dex)
        )
        in_cell = np.diff(counts.fraction_below(mag[:, None], z_edges), axis=1)
        in_front, behind = self._in_front_and_behind(mag[:, None], self._lens_z)
        area = np.pi * systems.impact_max**2 * self._reference_theta_e_arcsec(self._lens_z[:, None], z) ** 2
        # No matrix products: their sums would depend on the number of threads.
        zone = np.einsum("mz,lz->ml", in_cell, area)
        self._zone_behind = np.einsum("m,ml->l", of_sky, zone)
        self._zone_in_front = np.einsum("m,ml->l", of_sky, zone * in_front / behind)
        self._zone_drawn = np.einsum("m,ml->l", of_drawn, zone)

    def expected(self, sigma_v_km_s: FloatArray, z_lens: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the mean numbers of galaxies within ``impact_max`` on the sky: behind, and in front."""
        behind, in_front = (
            self._density_arcsec2 * self._zone_arcsec2(zone, sigma_v_km_s, z_lens)
            for zone in (self._zone_behind, self._zone_in_front)
        )
        return behind, in_front

    def draw_behind(
        self,
        owner: IntArray,
        sigma_v_km_s: FloatArray,
        z_lens: FloatArray,
        enriched: bool,
        rng: np.random.Generator,
    ) -> Placed:
        """Draw a source behind each of the deflectors ``owner``: a main source, or as the sky has them.

        ``sigma_v_km_s`` and ``z_lens`` belong to all deflectors.
        """
        counts, systems = self._counts, self._systems
        sigma, lens = sigma_v_km_s[owner], z_lens[owner]
        slope = systems.source_counts_slope_dex if enriched else counts.slope_dex
        mag, z = self._draw_in_zones(lens, slope, rng)
        power = systems.impact_exponent if enriched else 2.0
        impact = systems.impact_max * rng.random(len(owner)) ** (1 / power)
        of_mag = counts.mag_density(mag, counts.slope_dex) / counts.mag_density(
            mag, systems.source_counts_slope_dex
        )
        of_place = (
            2 / systems.impact_exponent * (impact / systems.impact_max) ** (2 - systems.impact_exponent)
        )
        number = self._density_arcsec2 * self._zone_arcsec2(self._zone_drawn, sigma, lens)
        return Placed(
            owner=owner,
            mag=mag,
            z=z,
            zone_theta_e_arcsec=self._theta_e_arcsec(sigma, lens, z),
            impact=impact,
            density_ratio=number * of_mag * of_place,
        )

    def draw_in_front(
        self, owner: IntArray, sigma_v_km_s: FloatArray, z_lens: FloatArray, rng: np.random.Generator
    ) -> Placed:
        """Draw a main source in front of each of the deflectors ``owner``.

        It is drawn as one behind, whose redshift becomes its second redshift.
        """
        placed = self.draw_behind(owner, sigma_v_km_s, z_lens, True, rng)
        in_front, behind = self._in_front_and_behind(placed.mag, z_lens[owner])
        return replace(
            placed,
            z=self._counts.draw_redshifts(placed.mag, rng, z_max=z_lens[owner]),
            density_ratio=placed.density_ratio * in_front / behind,
        )

    def in_zone(
        self,
        distance_arcsec: FloatArray,
        mag: FloatArray,
        z: FloatArray,
        sigma_v_km_s: FloatArray,
        z_lens: FloatArray,
        rng: np.random.Generator,
    ) -> BoolArray:
        """Return which galaxies are within ``impact_max`` of their deflectors; each array of shape (k,)."""
        second_z = self._counts.draw_redshifts(mag, rng, z_min=z_lens)
        theta_e = self._theta_e_arcsec(sigma_v_km_s, z_lens, np.where(z > z_lens, z, second_z))
        return np.asarray(distance_arcsec < self._systems.impact_max * theta_e)

    def _draw_in_zones(
        self, z_lens: FloatArray, slope_dex: float, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Draw magnitude and redshift of a galaxy behind each deflector, with density ∝ p(m) p(z|m) θ_E²."""
        mag, z = np.empty(len(z_lens)), np.empty(len(z_lens))
        largest = self._reference_theta_e_arcsec(z_lens, np.full_like(z_lens, self._counts.redshift_max))
        waiting = np.arange(len(z_lens))
        for _ in range(ROUNDS_MAX):
            if not waiting.size:
                return mag, z
            some_mag = self._counts.draw_mags((waiting.size, _BLOCK), slope_dex, rng)
            some_z = self._counts.draw_redshifts(some_mag, rng)
            radius = self._reference_theta_e_arcsec(z_lens[waiting, None], some_z)
            accepted = rng.random(some_z.shape) < (radius / largest[waiting, None]) ** 2
            first = np.argmax(accepted, axis=1)
            rows = np.arange(waiting.size)
            mag[waiting], z[waiting] = some_mag[rows, first], some_z[rows, first]
            waiting = waiting[~accepted[rows, first]]
        raise UserError(
            "params.yaml: euclid.field: hardly any galaxy has a redshift behind a deflector at z = "
            f"{z_lens[waiting[0]]:.2f}; raise redshift_median_at_24 or lower euclid.galaxies.redshift.high"
        )

    def _in_front_and_behind(self, mag: FloatArray, z_lens: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the parts of the galaxies of a magnitude that are in front and behind."""
        in_front = self._counts.fraction_below(mag, z_lens)
        return in_front, np.maximum(1 - in_front, np.finfo(float).tiny)

    def _zone_arcsec2(self, zone: FloatArray, sigma_v_km_s: FloatArray, z_lens: FloatArray) -> FloatArray:
        """Return mean areas of zones from a table of those of the reference deflector."""
        area: FloatArray = np.interp(z_lens, self._lens_z, zone) * (sigma_v_km_s / _REFERENCE_KM_S) ** 4
        return area

    def _reference_theta_e_arcsec(self, z_lens: FloatArray, z: FloatArray) -> FloatArray:
        return einstein_radius_arcsec(_REFERENCE_KM_S, z_lens, z, self._cosmology)

    def _theta_e_arcsec(self, sigma_v_km_s: FloatArray, z_lens: FloatArray, z: FloatArray) -> FloatArray:
        return einstein_radius_arcsec(sigma_v_km_s, z_lens, z, self._cosmology)
