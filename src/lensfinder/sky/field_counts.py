"""Faint galaxies of the field: how many of which magnitude, and at which redshift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc, gammaincinv

from lensfinder.typing import AnyArray, FloatArray

if TYPE_CHECKING:
    from lensfinder.params.populations import FaintGalaxies, FieldGalaxies

PIVOT_MAG = 24.0
COUNTED_MAG = 24.5
MEDIAN_Z_MIN = 0.1
"""Of the brightest: galaxies with r < 17.77 have a median of 0.104 (Strauss et al. 2002, AJ 124, 1810)."""
# With t = (z/z₀)^1.5 the distribution z² exp(−t) dz is the gamma distribution t exp(−t) dt.
_SHAPE, _POWER = 2.0, 1.5
_MEDIAN = gammaincinv(_SHAPE, 0.5) ** (1 / _POWER)


class FieldRedshifts:
    """Redshifts of field galaxies against magnitude m: n(z|m) ∝ z² exp(−(z/z₀)^1.5) below a largest one.

    Smail, Ellis & Fitchett 1994, MNRAS 270, 245. z₀ is the median over 1.412, and the median is linear in m,
    but not below :data:`MEDIAN_Z_MIN`.
    """

    def __init__(self, params: FaintGalaxies) -> None:
        self._params = params
        self.redshift_max = params.redshift_max

    def fraction_below(self, mag: AnyArray, z: AnyArray) -> FloatArray:
        """Return the part of the galaxies of magnitude ``mag`` that have a redshift below ``z``."""
        z_0 = self._z_0(mag)
        below = gammainc(_SHAPE, (np.minimum(z, self.redshift_max) / z_0) ** _POWER)
        whole = gammainc(_SHAPE, (self.redshift_max / z_0) ** _POWER)
        fraction: FloatArray = below / whole
        return fraction

    def draw_redshifts(
        self,
        mag: FloatArray,
        rng: np.random.Generator,
        z_min: FloatArray | float = 0.0,
        z_max: FloatArray | None = None,
    ) -> FloatArray:
        """Draw redshifts of galaxies of given magnitudes, between limits if any are given."""
        z_0 = self._z_0(mag)
        limits = (z_min, self.redshift_max if z_max is None else z_max)
        low, high = (gammainc(_SHAPE, (np.asarray(z) / z_0) ** _POWER) for z in limits)
        part = low + (high - low) * rng.random(np.shape(mag))
        z: FloatArray = z_0 * gammaincinv(_SHAPE, part) ** (1 / _POWER)
        # Rounding may carry a draw over its limits by a bit.
        return np.clip(z, *limits)

    def _z_0(self, mag: AnyArray) -> FloatArray:
        params = self._params
        median = params.redshift_median_at_24 + params.redshift_slope_per_mag * (np.asarray(mag) - PIVOT_MAG)
        z_0: FloatArray = np.maximum(median, MEDIAN_Z_MIN) / _MEDIAN
        return z_0


class FieldCounts(FieldRedshifts):
    """Numbers on the sky against VIS magnitude m and redshift: n(m) ∝ 10^(slope m) between two magnitudes."""

    def __init__(self, params: FieldGalaxies) -> None:
        super().__init__(params)
        self._field = params
        self.mag_low, self.mag_high = params.vis_mag.low, params.vis_mag.high
        self.slope_dex = params.counts_slope_dex

    def density_arcsec2(self, mag_max: float) -> float:
        """Return the number of galaxies brighter than ``mag_max`` per square arcsec."""
        above_faintest, above_counted = (
            np.expm1(self.slope_dex * np.log(10.0) * (mag - self.mag_low)) for mag in (mag_max, COUNTED_MAG)
        )
        return float(self._field.density_below_24_5_arcmin2 / 3600 * above_faintest / above_counted)

    def mag_density(self, mag: AnyArray, slope_dex: float) -> FloatArray:
        """Return the probability density of magnitudes ∝ 10^(slope m) between the limits."""
        rate = slope_dex * np.log(10.0)
        above, width = np.asarray(mag) - self.mag_low, self.mag_high - self.mag_low
        density: FloatArray = np.exp(rate * above) / (width if rate == 0 else np.expm1(rate * width) / rate)
        return density

    def draw_mags(
        self, shape: tuple[int, ...], slope_dex: float, rng: np.random.Generator, mag_max: float | None = None
    ) -> FloatArray:
        """Draw magnitudes of the density of :meth:`mag_density`, brighter than ``mag_max`` if it is given."""
        rate = slope_dex * np.log(10.0)
        width = (self.mag_high if mag_max is None else mag_max) - self.mag_low
        part = rng.random(shape)
        above: FloatArray = width * part if rate == 0 else np.log1p(part * np.expm1(rate * width)) / rate
        return self.mag_low + above
