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


def eboss_luminosity_function(z: AnyArray, i_abs_mag: AnyArray) -> FloatArray:
    """Return the number of quasars per Mpc³ and magnitude M_i(z=2) of Palanque-Delabrouille et al. 2016.

    Their PLE + LEDE fit (A&A 587, A41) to quasars of g < 22.5 and 0.68 < z < 4, for H0 = 70 km/s/Mpc, Ω_m =
    0.3: a double power law whose break evolves in luminosity below z = 2.2, above in luminosity and density,
    with a changing bright slope. Normalisation, slopes and the evolution above z = 2.2 were read in two
    public codes, M*, k_1 and k_2 in one; with these numbers the counts of the paper's table 7 come out.
    M_g(z=2) = M_i(z=2) + 0.256 (M_1450 less 1.23 and 1.486: Ross et al. 2013, ApJ 773, 14, appendix B).
    """
    z = np.asarray(z, dtype=np.float64)
    beyond = np.maximum(z - QUASAR_PIVOT_Z, 0.0)
    near = np.minimum(z, QUASAR_PIVOT_Z)
    break_mag = -22.25 - 2.5 * (1.59 * near - 0.36 * near**2) - 0.14 * beyond
    log_density = -5.93 - 0.46 * beyond - 0.06 * beyond**2
    return _double_power_law(
        np.asarray(i_abs_mag) + 0.256 - break_mag, log_density, -1.47, -3.89 + 0.32 * beyond
    )


def boss_luminosity_function(z: AnyArray, i_abs_mag: AnyArray) -> FloatArray:
    """Return the same of Ross et al. 2013 (ApJ 773, 14; eqs. 8–12, table 8, lines 1 and 7).

    Its break evolves in luminosity below z = 2.2, in luminosity and density above. Its faint end holds half
    of the quasars of r < 22.5 that are counted. The two published fits do not meet: at z = 2.2 the density
    steps by factors of 1.8, 1.4 and 0.7 at M_i(z=2) = −22, −24 and −28.
    """
    z = np.asarray(z, dtype=np.float64)
    near = z < QUASAR_PIVOT_Z
    beyond = z - QUASAR_PIVOT_Z
    break_mag = np.where(near, -22.85 - 2.5 * (1.241 * z - 0.249 * z**2), -26.57 - 0.809 * beyond)
    log_density = np.where(near, -5.96, -5.93 - 0.689 * beyond)
    alpha, beta = np.where(near, -1.16, -1.29), np.where(near, -3.37, -3.51)
    return _double_power_law(np.asarray(i_abs_mag) - break_mag, log_density, alpha, beta)


QUASAR_LUMINOSITY_FUNCTIONS = {
    "palanque_delabrouille_2016": eboss_luminosity_function,
    "ross_2013": boss_luminosity_function,
}


def _double_power_law(
    above_break: FloatArray, log_density: FloatArray, faint: AnyArray | float, bright: AnyArray | float
) -> FloatArray:
    shape = 10 ** (0.4 * (faint + 1) * above_break) + 10 ** (0.4 * (bright + 1) * above_break)
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
