"""Synthetic quasar spectra: what each component adds, as arrays of shape ``(n_quasars, n_wave)``.

Wavelengths are vacuum and in Å; absolute magnitudes are M_i(z=2). Nothing here reads files or knows of
passbands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lensfinder.compiled import compiled
from lensfinder.sky.intergalactic import intergalactic_transmission
from lensfinder.typing import BoolArray, FloatArray, IntArray

# Continuum f_ν ∝ ν^α between these rest wavelengths; slopes and scatter as in Ross et al. 2013 (ApJ 773, 14).
CONTINUUM_BREAKS_A = (1100.0, 5700.0)
CONTINUUM_SLOPES = (-1.5, -0.5, -0.37)
CONTINUUM_SCATTER = 0.3

# The trends run against M_i(z=0) = M_i(z=2) + 0.596 (Richards et al. 2006, AJ 131, 2766, eq. 1). They are
# held outside the luminosities for which quasars were observed: a straight line makes absurdly strong lines
# in faint quasars.
TREND_MAG_OFFSET = 0.596
TREND_MAG_RANGE = (-28.5, -22.5)

# Scatter of lines, from the trends but never below this: those of optical lines carry the composite's error
# alone, where quasars differ by 0.2–0.3 dex (Shen et al. 2011, ApJS 194, 45).
LINE_EW_SCATTER_MIN_DEX = 0.15
LINE_WIDTH_SCATTER_MIN_DEX = 0.05
LINE_SCATTER_SHARED = 0.5
"""Part of the variance of lines that is common to all lines of a quasar."""

# Ultraviolet Fe II between 2200 and 3100 Å (centre, Gaussian σ, equivalent width; all Å, rest): a smooth
# stand-in for the pseudo-continuum, with the humps of Vestergaard & Wilkes 2001 (ApJS 134, 1) and about
# twice the equivalent width of Mg II in all. The optical humps are rows of the table of composite lines.
IRON_ULTRAVIOLET_A = (
    (2250.0, 45.0, 8.0),
    (2390.0, 50.0, 16.0),
    (2495.0, 45.0, 14.0),
    (2600.0, 45.0, 14.0),
    (2745.0, 30.0, 6.0),
    (2880.0, 50.0, 5.0),
    (3180.0, 60.0, 4.0),
)
IRON_SCATTER_DEX = 0.2

# Small Magellanic Cloud extinction A_λ/E(B−V) = 1.39 (λ/µm)^−1.2: Prévot et al. 1984 (A&A 132, 389) as in
# Richards et al. 2003 (AJ 126, 1131).
SMC_EXTINCTION = (1.39, -1.2)

# Troughs of broad absorption lines. High ionisation: Si IV, C IV, N V, O VI; low ionisation in one of seven
# (Trump et al. 2006, ApJS 165, 1): Al III, Mg II too.
BAL_HIGH_A = (1033.8, 1240.1, 1396.8, 1549.1)
BAL_LOW_A = (1857.4, 2798.8)
BAL_LOW_FRACTION = 0.15
LIGHT_SPEED_KM_S = 299792.458

LINE_REACH = 5.0
"""Lines are cut this many σ from their centre, where 4e-6 of their peak is left."""


@dataclass(frozen=True, eq=False)
class Trend:
    """Straight lines against magnitude, of shape ``(3, n_lines)``: mean, mean − 1σ, mean + 1σ."""

    slope: FloatArray
    intercept: FloatArray

    def draw(self, abs_mag: FloatArray, deviate: FloatArray, sigma_min: float) -> FloatArray:
        """Return values of shape ``(n_quasars, n_lines)`` at standard normal deviates of that shape.

        The two halves of the distribution have their own widths; neither is below ``sigma_min``.
        """
        mean, low, high = self.slope[:, None, :] * abs_mag[:, None] + self.intercept[:, None, :]
        sigma = np.where(deviate < 0, mean - low, high - mean)
        drawn: FloatArray = mean + deviate * np.maximum(sigma, sigma_min)
        return drawn


@dataclass(frozen=True, eq=False)
class LineTrends:
    """Lines whose wavelength, log10 equivalent width and log10 Gaussian σ (Å, rest) go with luminosity."""

    names: tuple[str, ...]
    wavelength_A: Trend
    log_ew: Trend
    log_width: Trend


@dataclass(frozen=True, eq=False)
class CompositeLines:
    """Emission lines without a known trend, arrays of shape ``(n_lines,)`` in Å, rest."""

    wavelength_A: FloatArray
    equivalent_width_A: FloatArray
    width_A: FloatArray
    iron: BoolArray


@dataclass(frozen=True, eq=False)
class QuasarTraits:
    """Everything that tells one synthetic quasar from another.

    ``slopes`` is of shape (n, 3); ``line_*`` (rest, Å; equivalent widths relative to the continuum) of shape
    (n, n_lines); ``bal_*`` of shape (n,), with velocities in km/s, positive towards the observer.
    """

    z: FloatArray
    slopes: FloatArray
    line_wavelength_A: FloatArray
    line_ew_A: FloatArray
    line_width_A: FloatArray
    dust_ebv: FloatArray
    bal: BoolArray
    bal_low: BoolArray
    bal_velocity_min_km_s: FloatArray
    bal_velocity_max_km_s: FloatArray
    bal_depth: FloatArray


def draw_traits(
    z: FloatArray,
    i_abs_mag: FloatArray,
    bal_fraction: float,
    dust_ebv_mean: float,
    trends: LineTrends,
    composite: CompositeLines,
    rng: np.random.Generator,
) -> QuasarTraits:
    """Draw the traits of quasars of given redshifts and M_i(z=2), each of shape ``(n,)``."""
    n = len(z)
    lines = _draw_lines(i_abs_mag, trends, composite, rng)
    velocity_min = rng.uniform(0.0, 8000.0, n)
    return QuasarTraits(
        z=z,
        slopes=rng.normal(CONTINUUM_SLOPES, CONTINUUM_SCATTER, (n, 3)),
        line_wavelength_A=lines[0],
        line_ew_A=lines[1],
        line_width_A=lines[2],
        dust_ebv=rng.exponential(dust_ebv_mean, n),
        bal=rng.random(n) < bal_fraction,
        bal_low=rng.random(n) < BAL_LOW_FRACTION,
        bal_velocity_min_km_s=velocity_min,
        bal_velocity_max_km_s=velocity_min + rng.uniform(2500.0, 15000.0, n),
        bal_depth=rng.uniform(0.3, 1.0, n),
    )


def mean_traits(
    z: FloatArray, i_abs_mag: float, dust_ebv: float, trends: LineTrends, composite: CompositeLines
) -> QuasarTraits:
    """Return the traits of the mean quasar of one luminosity at redshifts ``z``, without absorption lines."""
    n = len(z)
    lines = _draw_lines(np.full(n, i_abs_mag), trends, composite, None)
    none = np.zeros(n)
    return QuasarTraits(
        z=z,
        slopes=np.tile(CONTINUUM_SLOPES, (n, 1)),
        line_wavelength_A=lines[0],
        line_ew_A=lines[1],
        line_width_A=lines[2],
        dust_ebv=np.full(n, dust_ebv),
        bal=none > 0,
        bal_low=none > 0,
        bal_velocity_min_km_s=none,
        bal_velocity_max_km_s=none,
        bal_depth=none,
    )


def render(wavelength_A: FloatArray, traits: QuasarTraits) -> FloatArray:
    """Return observed f_λ in arbitrary units, of shape ``(n, n_wave)``, on an observed wavelength grid."""
    rest = wavelength_A / (1 + traits.z[:, None])
    spectra = continuum(rest, traits.slopes)
    spectra *= 1 + line_emission(rest, traits.line_wavelength_A, traits.line_ew_A, traits.line_width_A)
    spectra *= host_dust_transmission(rest, traits.dust_ebv)
    absorbed = np.flatnonzero(traits.bal)
    spectra[absorbed] *= broad_absorption(rest[absorbed], traits, absorbed)
    spectra *= intergalactic_transmission(wavelength_A, traits.z)
    return spectra


def continuum(rest_A: FloatArray, slopes: FloatArray) -> FloatArray:
    """Return f_λ of the broken power law f_ν ∝ ν^α, 1 at the first break; ``slopes`` is of shape (n, 3)."""
    log = np.log(rest_A / CONTINUUM_BREAKS_A[0])
    log_red = np.log(CONTINUUM_BREAKS_A[1] / CONTINUUM_BREAKS_A[0])
    # f_λ ∝ λ^−(2+α)
    blue, middle, red = (-(2 + slopes[:, [k]]) for k in range(3))
    exponent = (
        blue * np.minimum(log, 0) + middle * np.clip(log, 0, log_red) + red * np.maximum(log - log_red, 0)
    )
    flux: FloatArray = np.exp(exponent)
    return flux


@compiled
def line_emission(
    rest_A: FloatArray,
    centre_A: FloatArray,
    ew_A: FloatArray,
    width_A: FloatArray,
) -> FloatArray:
    """Return Gaussian lines relative to the continuum, of the shape (n, n_wave) of ``rest_A``.

    ``rest_A`` rises along rows; line arrays are of shape ``(n, n_lines)``, in Å, rest. Compiled, because in
    NumPy it is nine tenths of the work on a spectrum.
    """
    total = np.zeros_like(rest_A)
    n, n_wave = rest_A.shape
    for quasar in range(n):
        grid = rest_A[quasar]
        for line in range(centre_A.shape[1]):
            centre, width = centre_A[quasar, line], width_A[quasar, line]
            peak = ew_A[quasar, line] / (math.sqrt(2 * math.pi) * width)
            first = np.searchsorted(grid, centre - LINE_REACH * width)
            for k in range(first, n_wave):
                offset = (grid[k] - centre) / width
                if offset > LINE_REACH:
                    break
                total[quasar, k] += peak * math.exp(-0.5 * offset * offset)
    return total


def host_dust_transmission(rest_A: FloatArray, ebv: FloatArray) -> FloatArray:
    """Return the transmission of dust in the quasars' hosts."""
    scale, power = SMC_EXTINCTION
    extinction_mag = scale * (rest_A / 1e4) ** power * ebv[:, None]
    passed: FloatArray = 10 ** (-0.4 * extinction_mag)
    return passed


def broad_absorption(rest_A: FloatArray, traits: QuasarTraits, rows: IntArray) -> FloatArray:
    """Return the transmission of the troughs of the quasars ``rows``, of the shape of ``rest_A``."""
    passed = np.ones_like(rest_A)
    low = traits.bal_velocity_min_km_s[rows, None]
    high = traits.bal_velocity_max_km_s[rows, None]
    depth = traits.bal_depth[rows, None]
    edge_km_s = 400.0
    for line_A in BAL_HIGH_A + BAL_LOW_A:
        shown = traits.bal_low[rows, None] | (line_A in BAL_HIGH_A)
        velocity = LIGHT_SPEED_KM_S * np.log(line_A / rest_A)
        inside = 0.5 * (np.tanh((velocity - low) / edge_km_s) - np.tanh((velocity - high) / edge_km_s))
        passed *= 1 - depth * inside * shown
    return passed


def _draw_lines(
    i_abs_mag: FloatArray, trends: LineTrends, composite: CompositeLines, rng: np.random.Generator | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return wavelengths, equivalent widths and σ of all lines, (n, n_lines); the means without rng."""
    n, n_trends, n_composite = len(i_abs_mag), len(trends.names), len(composite.wavelength_A)
    iron = np.array(IRON_ULTRAVIOLET_A).T
    magnitude = np.clip(i_abs_mag + TREND_MAG_OFFSET, *TREND_MAG_RANGE)

    def deviates(n_lines: int) -> FloatArray:
        if rng is None:
            return np.zeros((n, n_lines))
        common, own = rng.normal(size=(n, 1)), rng.normal(size=(n, n_lines))
        mixed: FloatArray = np.sqrt(LINE_SCATTER_SHARED) * common + np.sqrt(1 - LINE_SCATTER_SHARED) * own
        return mixed

    iron_strength = 10 ** (IRON_SCATTER_DEX * deviates(1))
    composite_strength = np.where(
        composite.iron, iron_strength, 10 ** (LINE_EW_SCATTER_MIN_DEX * deviates(n_composite))
    )
    wavelength = np.hstack(
        [
            trends.wavelength_A.draw(magnitude, deviates(n_trends), 0.0),
            np.tile(composite.wavelength_A, (n, 1)),
            np.tile(iron[0], (n, 1)),
        ]
    )
    ew = np.hstack(
        [
            10 ** trends.log_ew.draw(magnitude, deviates(n_trends), LINE_EW_SCATTER_MIN_DEX),
            composite.equivalent_width_A * composite_strength,
            iron[2] * iron_strength,
        ]
    )
    width = np.hstack(
        [
            10 ** trends.log_width.draw(magnitude, deviates(n_trends), LINE_WIDTH_SCATTER_MIN_DEX),
            np.tile(composite.width_A, (n, 1)),
            np.tile(iron[1], (n, 1)),
        ]
    )
    return wavelength, ew, width
