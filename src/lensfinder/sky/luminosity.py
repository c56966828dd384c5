"""Luminosity functions of quasars and galaxies, and draws from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lensfinder.typing import AnyArray, FloatArray

QUASAR_PIVOT_Z = 2.2
EVOLUTION_Z_MAX = 0.5
PIVOT_Z = 0.1
"""Redshift at which galaxies' luminosities are M*'s, and typical of those that define their relations."""


def quasar_luminosity_function(z: AnyArray, i_abs_mag: AnyArray) -> FloatArray:
    """Return the number of quasars per Mpc³ and magnitude M_i(z=2).

    Double power law of Ross et al. 2013 (ApJ 773, 14; eq. 8 and table 8) for H0 = 70 km/s/Mpc, Ω_m = 0.3: its
    break evolves in luminosity below z = 2.2, in luminosity and density above. The two fits do not meet: at
    z = 2.2 the density of faint quasars steps up by a factor of 1.8.
    """
    z = np.asarray(z, dtype=np.float64)
    near = z < QUASAR_PIVOT_Z
    beyond = z - QUASAR_PIVOT_Z
    alpha = np.where(near, -1.16, -1.29)
    beta = np.where(near, -3.37, -3.51)
    break_mag = np.where(near, -22.85 - 2.5 * (1.241 * z - 0.249 * z**2), -26.49 - 0.809 * beyond)
    log_density = np.where(near, -5.96, -5.83 - 0.689 * beyond)
    above_break = np.asarray(i_abs_mag) - break_mag
    shape = 10 ** (0.4 * (alpha + 1) * above_break) + 10 ** (0.4 * (beta + 1) * above_break)
    density: FloatArray = 10**log_density / shape
    return density


@dataclass(frozen=True)
class Schechter:
    """Evolving Schechter function of one type of galaxy, in rest-frame M_r and for H0 = 70 km/s/Mpc.

    M*(z) = ``break_mag`` − ``luminosity_evolution`` (z − 0.1); the density goes as
    10^(0.4 ``density_evolution`` z). Both are held beyond
    :data:`EVOLUTION_Z_MAX`, the end of the measurements.
    """

    break_mag: float
    slope: float
    luminosity_evolution: float
    density_evolution: float

    def break_mag_at(self, z: AnyArray) -> FloatArray:
        """Return M* at redshift ``z``."""
        magnitude: FloatArray = self.break_mag - self.luminosity_evolution * (
            np.minimum(z, EVOLUTION_Z_MAX) - PIVOT_Z
        )
        return magnitude

    def faded(self, z: AnyArray, abs_mag: AnyArray) -> FloatArray:
        """Return the M_r to which a galaxy of ``abs_mag`` at redshift ``z`` has faded by z = 0.1."""
        magnitude: FloatArray = np.asarray(abs_mag) - self.break_mag_at(z) + self.break_mag
        return magnitude

    def density(self, z: AnyArray, abs_mag: AnyArray) -> FloatArray:
        """Return the density per magnitude, in units of that of the type at z = 0."""
        luminosity = 10 ** (-0.4 * (np.asarray(abs_mag) - self.break_mag_at(z)))
        evolution = 10 ** (0.4 * self.density_evolution * np.minimum(z, EVOLUTION_Z_MAX))
        density: FloatArray = evolution * luminosity ** (self.slope + 1) * np.exp(-luminosity)
        return density


# Published magnitudes are M − 5 log10 h in r shifted to z = 0.1; templates of the types have ^0.1r − r = 0.21
# and 0.18.
_H70 = 5 * np.log10(0.7)

EARLY_TYPES = Schechter(-20.34 + _H70 - 0.21, -0.57, 1.8, -1.2)
"""Red galaxies in r of Loveday et al. 2012 (MNRAS 420, 1239), fit with evolution."""
LATE_TYPES = Schechter(-20.45 + _H70 - 0.18, -1.49, 0.8, 2.9)
"""Blue galaxies in r of Loveday et al. 2012 (MNRAS 420, 1239), fit with evolution."""


WHOLE_SKY_SR = 4 * np.pi
ROUNDS_MAX = 2000
"""After so many rounds of drawing what lies outside a range anew, the range must be wrong."""


class DensitySampler:
    """Draws (redshift, absolute magnitude) from a density on a rectangle, by cells of a fine grid.

    ``total`` is the integral of the density over the rectangle.
    """

    def __init__(
        self,
        density: Callable[[FloatArray, FloatArray], FloatArray],
        z_range: tuple[float, float],
        abs_mag_range: tuple[float, float],
        cells: tuple[int, int] = (400, 400),
    ) -> None:
        """Integrate ``density(z, abs_mag)``, which may be 0 in places and need not be normalised."""
        self._z_edges = np.linspace(*z_range, cells[0] + 1)
        self._mag_edges = np.linspace(*abs_mag_range, cells[1] + 1)
        z = (self._z_edges[1:] + self._z_edges[:-1]) / 2
        mag = (self._mag_edges[1:] + self._mag_edges[:-1]) / 2
        grid = density(*(np.asarray(axis) for axis in np.meshgrid(z, mag, indexing="ij")))
        area = (z[1] - z[0]) * (mag[1] - mag[0])
        self.total = float(grid.sum() * area)
        self._cumulative = np.cumsum(grid.ravel()) / max(float(grid.sum()), np.finfo(float).tiny)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Return ``n`` redshifts and ``n`` absolute magnitudes, uniform inside the cells."""
        cell = np.searchsorted(self._cumulative, rng.random(n), side="right")
        row, column = np.divmod(np.minimum(cell, self._cumulative.size - 1), self._mag_edges.size - 1)
        inside = rng.random((2, n))
        z = self._z_edges[row] + inside[0] * (self._z_edges[1] - self._z_edges[0])
        mag = self._mag_edges[column] + inside[1] * (self._mag_edges[1] - self._mag_edges[0])
        return z, mag
