"""Early-type galaxies: how many there are of each velocity dispersion, and of which luminosity those are."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import gamma

from lensfinder.sky.luminosity import EARLY_TYPES, PIVOT_Z
from lensfinder.typing import AnyArray, FloatArray

# Choi, Park & Vogeley 2007 (ApJ 658, 884): Φ* in Mpc⁻³ for H0 = 70 km/s/Mpc, σ* in km/s, α, β.
DISPERSION_FUNCTION = (8.0e-3 * 0.7**3, 161.0, 2.32, 2.67)
# ⟨log σ⟩ = a + b M_r + c M_r² (Hyde & Bernardi 2009, MNRAS 394, 1978). These three numbers are read from the
# released code of Collett 2015 (ApJ 811, 20), not from the paper. The slope at M_r = −21.15, −0.116 a
# magnitude, goes with the −0.100 ± 0.005 of Bernardi et al. 2003 (AJ 125, 1849, abstract).
FABER_JACKSON = (-2.97, -0.37, -0.006)

_LOG_SIGMA = np.linspace(1.5, 2.8, 521)
_ABS_MAG = np.linspace(-26.0, -14.0, 481)


def dispersion_function(sigma_v_km_s: AnyArray) -> FloatArray:
    """Return the number of early-type galaxies per Mpc³ and dex of σ_v.

    Choi, Park & Vogeley 2007, a Schechter function of σ^β whose integral is Φ*. Held at all redshifts, as in
    Oguri & Marshall 2010 (MNRAS 405, 2579, section 2.1).
    """
    density, break_km_s, alpha, beta = DISPERSION_FUNCTION
    ratio = np.asarray(sigma_v_km_s) / break_km_s
    number: FloatArray = (
        density * beta / gamma(alpha / beta) * np.log(10.0) * ratio**alpha * np.exp(-(ratio**beta))
    )
    return number


class EarlyTypes:
    """Joint distribution of σ_v and M_r: σ_v of :func:`dispersion_function`, M_r given σ_v by Bayes' theorem.

    P(M_r | σ_v) ∝ P(σ_v | M_r) Φ(M_r): the Faber–Jackson relation with its scatter, and the shape of the
    luminosity function of red galaxies. (The relation read backwards would make heavy galaxies too bright:
    it says which dispersions galaxies of a luminosity have.) Galaxies were brighter in the past by the
    luminosity evolution of :data:`~lensfinder.sky.luminosity.EARLY_TYPES`; their dispersions do not evolve.
    """

    def __init__(self, scatter_dex: float) -> None:
        """Tabulate for a scatter of log σ_v at given M_r."""
        constant, linear, square = FABER_JACKSON
        mean = constant + linear * _ABS_MAG + square * _ABS_MAG**2
        likelihood = np.exp(-0.5 * ((_LOG_SIGMA[:, None] - mean) / scatter_dex) ** 2)
        weight = likelihood * EARLY_TYPES.density(np.full_like(_ABS_MAG, PIVOT_Z), _ABS_MAG)
        per_mag = weight / (weight.sum(axis=1, keepdims=True) * (_ABS_MAG[1] - _ABS_MAG[0]))
        joint = dispersion_function(10**_LOG_SIGMA)[:, None] * per_mag
        self._density = joint.sum(axis=0) * (_LOG_SIGMA[1] - _LOG_SIGMA[0])
        cumulative = np.cumsum(joint.T, axis=1)
        # Row k rises from k to k + 1, so that one sorted search serves all luminosities.
        self._cumulative = (cumulative / cumulative[:, -1:] + np.arange(len(_ABS_MAG))[:, None]).ravel()

    def density(self, z: AnyArray, abs_mag: AnyArray) -> FloatArray:
        """Return the number per Mpc³ and magnitude M_r."""
        number: FloatArray = np.interp(EARLY_TYPES.faded(z, abs_mag), _ABS_MAG, self._density)
        return number

    def draw_velocity_dispersions(
        self, z: FloatArray, abs_mag: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """Draw σ_v in km/s of galaxies of absolute magnitude M_r at redshift z."""
        row = np.rint((EARLY_TYPES.faded(z, abs_mag) - _ABS_MAG[0]) / (_ABS_MAG[1] - _ABS_MAG[0])).astype(
            np.int64
        )
        row = np.clip(row, 0, len(_ABS_MAG) - 1)
        cell = np.searchsorted(self._cumulative, row + rng.random(len(row)), side="right") - row * len(
            _LOG_SIGMA
        )
        step = _LOG_SIGMA[1] - _LOG_SIGMA[0]
        log_sigma = _LOG_SIGMA[np.minimum(cell, len(_LOG_SIGMA) - 1)] + step * (rng.random(len(row)) - 0.5)
        dispersion: FloatArray = 10**log_sigma
        return dispersion


@cache
def early_types(scatter_dex: float) -> EarlyTypes:
    """Return the one table of a scatter."""
    return EarlyTypes(scatter_dex)
