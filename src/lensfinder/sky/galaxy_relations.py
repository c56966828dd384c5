"""Shapes, sizes and velocity dispersions of galaxies of a type, from published relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lensfinder.sky.early_types import EarlyTypes, early_types
from lensfinder.sky.luminosity import LATE_TYPES, Schechter
from lensfinder.typing import FloatArray

if TYPE_CHECKING:
    from lensfinder.params import Galaxies

# Half-light radius along the major axis, log kpc = log A + slope log (M/5·10¹⁰ M☉), with a scatter in dex:
# rows of z, log A, slope, scatter (van der Wel et al. 2014, ApJ 788, 28, table 1; at 5000 Å at rest; of early
# types heavier than 2·10¹⁰ M☉ and late ones than 3·10⁹ M☉, Chabrier).
SIZE_PIVOT_LOG_MSUN = np.log10(5e10)
EARLY_SIZE = ((0.25, 0.60, 0.75, 0.10), (0.75, 0.42, 0.71, 0.11), (1.25, 0.22, 0.76, 0.12))
LATE_SIZE = ((0.25, 0.86, 0.25, 0.16), (0.75, 0.78, 0.22, 0.16), (1.25, 0.70, 0.22, 0.17))

# Circular velocity at L* of late types: 204 km/s (Tully–Fisher, index 2.6) as in Fukugita & Turner 1991
# (MNRAS 253, 99).
TULLY_FISHER = (204.0, 1 / 2.6)

# Natural logarithm of the Sérsic index: mean, scatter, limits.
EARLY_LN_SERSIC = (np.log(4.0), 0.25, (np.log(2.0), np.log(6.0)))
LATE_LN_SERSIC = (np.log(1.0), 0.30, (np.log(0.5), np.log(2.0)))
# Axis ratio of early types: mean, scatter, limits (Holden et al. 2012, ApJ 749, 96); of late types: limits
# of a flat distribution, that of discs at random inclinations.
EARLY_AXIS_RATIO = (0.75, 0.16, (0.35, 0.99))
LATE_AXIS_RATIO = (0.25, 0.95)


def luminosity_function(early: bool, params: Galaxies) -> EarlyTypes | Schechter:
    """Return the luminosity function of a type."""
    return early_types(params.faber_jackson_scatter_dex) if early else LATE_TYPES


def draw_axis_ratios(early: bool, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw the axis ratios of the light."""
    return truncated_normal(*EARLY_AXIS_RATIO, n, rng) if early else rng.uniform(*LATE_AXIS_RATIO, n)


def draw_sersic_indices(early: bool, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw the indices of single Sérsic profiles."""
    index: FloatArray = np.exp(truncated_normal(*(EARLY_LN_SERSIC if early else LATE_LN_SERSIC), n, rng))
    return index


def draw_sizes_kpc(
    early: bool, z: FloatArray, log_msun: FloatArray, axis_ratio: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draw half-light radii, along the geometric-mean axis, of galaxies of a stellar mass at redshift z.

    Between the redshifts of the table its numbers are interpolated, outside held.
    """
    at, *rows = np.array(EARLY_SIZE if early else LATE_SIZE).T
    log_a, slope, scatter = (np.interp(z, at, row) for row in rows)
    log_kpc = log_a + slope * (log_msun - SIZE_PIVOT_LOG_MSUN) + scatter * rng.normal(size=len(z))
    kpc: FloatArray = 10**log_kpc * np.sqrt(axis_ratio)
    return kpc


def draw_velocity_dispersions(
    early: bool, z: FloatArray, abs_mag: FloatArray, params: Galaxies, rng: np.random.Generator
) -> FloatArray:
    """Draw σ_v in km/s of galaxies of absolute magnitude M_r at redshift z."""
    if early:
        return early_types(params.faber_jackson_scatter_dex).draw_velocity_dispersions(z, abs_mag, rng)
    luminosity = 10 ** (-0.4 * (abs_mag - LATE_TYPES.break_mag_at(z)))
    at_break, power = TULLY_FISHER
    # An isothermal disc galaxy has σ_v = V_c/√2.
    speed = at_break * luminosity**power / np.sqrt(2.0)
    dispersion: FloatArray = speed * 10 ** (params.tully_fisher_scatter_dex * rng.normal(size=len(z)))
    return dispersion


def truncated_normal(
    mean: float | FloatArray, scatter: float, limits: tuple[float, float], n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw ``n`` values, anew where they fall outside ``limits``: clipping would pile galaxies up there."""
    centre = np.broadcast_to(np.clip(mean, *limits), n)
    values = rng.normal(centre, scatter)
    while (outside := (values < limits[0]) | (values > limits[1])).any():
        values[outside] = rng.normal(centre[outside], scatter)
    return values
