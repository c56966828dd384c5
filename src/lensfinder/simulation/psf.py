"""Point-spread functions: the Moffat profile, and its expansion in Gaussians."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from lensfinder.typing import FloatArray

GAUSSIAN_WIDTHS = np.array([0.3, 0.4, 0.55, 0.85, 1.6])
"""Standard deviations of :func:`moffat_gaussians`, in units of the FWHM."""


def moffat(radius_squared: FloatArray, fwhm: float, beta: float) -> FloatArray:
    """Moffat profile of unit flux (Moffat 1969); β > 1. Any unit of length; returns per unit area."""
    alpha_squared = fwhm**2 / (4 * (2 ** (1 / beta) - 1))
    return np.asarray((beta - 1) / (np.pi * alpha_squared) * (1 + radius_squared / alpha_squared) ** -beta)


def moffat_gaussians(fwhm: float, sigmas: FloatArray, beta: float) -> FloatArray:
    """Fluxes of Gaussians of these standard deviations, (k,), whose sum is a Moffat profile of unit flux.

    Fitted to the curve of growth, so that what is matched is the flux inside every radius; the flux beyond
    six FWHM goes to the widest.
    """
    radii = np.linspace(0.0, 6.0 * fwhm, 400)[1:]
    alpha_squared = fwhm**2 / (4 * (2 ** (1 / beta) - 1))
    target = 1 - (1 + radii**2 / alpha_squared) ** (1 - beta)
    enclosed = 1 - np.exp(-0.5 * (radii[:, None] / sigmas) ** 2)
    weights, _ = nnls(enclosed, target)
    return np.asarray(weights / weights.sum())
