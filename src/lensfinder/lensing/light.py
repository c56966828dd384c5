"""Light of galaxies: the Sérsic profile and its expansion in Gaussians.

The expansion makes an elliptical galaxy behind any Gaussian seeing a sum of elliptical Gaussians, in closed
form: no sampling of the cusp, no pixel grid finer than the detector's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import nnls
from scipy.special import gamma, gammainc, gammaincinv

from lensfinder.typing import FloatArray

SERSIC_N_MIN, SERSIC_N_MAX = 0.5, 6.0
_N_STEP = 0.05

EXPANSION_SIGMAS = np.concatenate(
    [np.geomspace(0.004, 0.3, 6), [0.45, 0.6, 0.72, 0.849, 1.1, 1.5, 2.2, 3.6, 6.0, 11.0]]
)
"""Standard deviations of the Gaussians of :func:`sersic_expansion`, in half-light radii.

The cusp needs few, since seeing hides it; the shoulder of n < 1 needs them close together, and 0.849 is n =
0.5 itself; the last carry the wings of n = 6.
"""


def sersic_b(n: FloatArray | float) -> FloatArray:
    """Return b_n, for which half the light falls inside the effective radius: γ(2n, b_n) = Γ(2n)/2.

    Exact through the inverse incomplete gamma function (Ciotti & Bertin 1999, eq. 17, without their series).
    """
    return np.asarray(gammaincinv(2.0 * np.asarray(n, dtype=float), 0.5))


def sersic_profile(r_over_r_eff: FloatArray, n: float) -> FloatArray:
    """Surface brightness of a circular Sérsic profile of unit total flux and unit effective radius.

    I(r) = b^{2n} / (2π n Γ(2n)) · exp(−b r^{1/n})   (Sérsic 1963; Graham & Driver 2005, eqs. 1 and 2)
    """
    b = float(sersic_b(n))
    central = b ** (2 * n) / (2 * np.pi * n * gamma(2 * n))
    return np.asarray(central * np.exp(-b * np.asarray(r_over_r_eff, dtype=float) ** (1 / n)))


@lru_cache(maxsize=1)
def _expansion_table() -> FloatArray:
    """Fractions of the flux in each Gaussian, on a grid of n; of shape (n_steps, n_gaussians).

    Fitted to the curve of growth, so that what is matched is the flux inside every radius: that is what a
    seeing disc sees. Non-negative, so that no pixel of a galaxy can be negative.
    """
    n_grid = np.arange(SERSIC_N_MIN, SERSIC_N_MAX + _N_STEP / 2, _N_STEP)
    radii = np.geomspace(0.004, 40.0, 500)

    enclosed_by_gaussian = 1.0 - np.exp(-0.5 * (radii[:, None] / EXPANSION_SIGMAS) ** 2)
    table = np.empty((len(n_grid), len(EXPANSION_SIGMAS)))
    for i, n in enumerate(n_grid):
        growth = gammainc(2 * n, sersic_b(n) * radii ** (1 / n))
        table[i], _ = nnls(enclosed_by_gaussian, growth)
    return table


def sersic_expansion(n: FloatArray) -> FloatArray:
    """Fractions of the flux of Sérsic profiles in Gaussians of widths :data:`EXPANSION_SIGMAS` (in r_eff).

    Parameters
    ----------
    n
        Sérsic indices, of shape (n_galaxies,), from 0.5 to 6.

    Returns
    -------
    Array of shape (n_galaxies, 16); a row sums to the flux inside 40 r_eff (0.986 of the total for n = 6).
    After any seeing of σ ≥ 0.15 r_eff the profile is right to 1e-3 of its peak.

    Raises
    ------
    ValueError
        If an index lies outside 0.5–6.
    """
    n = np.asarray(n, dtype=float)
    if not np.all((n >= SERSIC_N_MIN) & (n <= SERSIC_N_MAX)):
        outside = n[~((n >= SERSIC_N_MIN) & (n <= SERSIC_N_MAX))]
        raise ValueError(f"sersic_n must lie in {SERSIC_N_MIN}–{SERSIC_N_MAX}, got {outside[0]}")
    table = _expansion_table()
    position = (n - SERSIC_N_MIN) / _N_STEP
    below = np.minimum(position.astype(int), len(table) - 2)
    weight = (position - below)[..., None]
    return np.asarray((1 - weight) * table[below] + weight * table[below + 1])
