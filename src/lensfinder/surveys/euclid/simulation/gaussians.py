"""Compiled images of galaxies: sums of elliptical Gaussians, integrated over pixels.

A Sérsic profile is a sum of Gaussians (:func:`lensfinder.lensing.light.sersic_expansion`) and so is the PSF;
their convolution adds covariances. Nothing is sampled but the pixel: where a Gaussian is narrow, on 3 × 3
points a pixel, elsewhere on one, the pixel's own width in the covariance.
"""

from __future__ import annotations

import math

from lensfinder.compiled import compiled
from lensfinder.lensing.light import EXPANSION_SIGMAS
from lensfinder.typing import AnyArray

# A Gaussian ends where it has fallen to 4e-5 of its peak.
_REACH_SIGMAS = 4.5
# Below this variance along the minor axis, in px², a pixel is sampled on 3 × 3 points.
_NARROW_PX2 = 2.25
_SUBPIXELS = 3
# A PSF component this much narrower than a galaxy's Gaussian only widens it.
_MERGED_RATIO = 3.0
# Gaussians with less than this part of a galaxy's light are left out: far below the noise.
_FRACTION_MIN = 1e-6


@compiled
def add_gaussian(
    images: AnyArray, fluxes: AnyArray, x: float, y: float, xx: float, xy: float, yy: float, work: AnyArray
) -> None:
    """Add a Gaussian of covariance (xx, xy, yy) px² at (x, y) px, with ``fluxes`` (bands,), to (bands, y, x).

    ``work`` is scratch of shape (2, ≥ 3 · pixels along x).
    """
    n_bands, n_y, n_x = images.shape
    half_trace = 0.5 * (xx + yy)
    minor = half_trace - math.sqrt((0.5 * (xx - yy)) ** 2 + xy * xy)
    sub = _SUBPIXELS if minor < _NARROW_PX2 else 1
    h = 1.0 / sub
    xx, yy = xx + h * h / 12.0, yy + h * h / 12.0
    reach_x, reach_y = _REACH_SIGMAS * math.sqrt(xx), _REACH_SIGMAS * math.sqrt(yy)
    x_first, x_last = max(math.ceil(x - reach_x), 0), min(math.floor(x + reach_x), n_x - 1)
    y_first, y_last = max(math.ceil(y - reach_y), 0), min(math.floor(y + reach_y), n_y - 1)
    if x_first > x_last or y_first > y_last:
        return
    determinant = xx * yy - xy * xy
    a, b, c = yy / determinant, -xy / determinant, xx / determinant
    # Value of row y + h over that of row y: exp(−b dx h) in each column times a factor that all share.
    value, ratio = work[0], work[1]
    size = (x_last - x_first + 1) * sub
    dy = y_first - 0.5 + 0.5 * h - y
    norm = h * h / (2.0 * math.pi * math.sqrt(determinant))
    for j in range(size):
        dx = x_first - 0.5 + (j + 0.5) * h - x
        value[j] = norm * math.exp(-0.5 * (a * dx * dx + 2.0 * b * dx * dy + c * dy * dy))
        ratio[j] = math.exp(-b * dx * h)
    shared = math.exp(-c * h * dy - 0.5 * c * h * h)
    change = math.exp(-c * h * h)
    for row in range(y_first, y_last + 1):
        for _ in range(sub):
            if sub == 1:
                for band in range(n_bands):
                    flux = fluxes[band]
                    line = images[band, row, x_first : x_last + 1]
                    for j in range(line.size):
                        line[j] += flux * value[j]
            else:
                for column in range(x_last - x_first + 1):
                    j = sub * column
                    total = value[j] + value[j + 1] + value[j + 2]
                    for band in range(n_bands):
                        images[band, row, x_first + column] += fluxes[band] * total
            for j in range(size):
                value[j] *= ratio[j] * shared
            shared *= change


@compiled
def add_galaxy(
    images: AnyArray,
    fluxes: AnyArray,
    fractions: AnyArray,
    x: float,
    y: float,
    r_eff: float,
    axis_ratio: float,
    pa_rad: float,
    psf_sigmas: AnyArray,
    psf_weights: AnyArray,
    band_fluxes: AnyArray,
    work: AnyArray,
) -> None:
    """Add a Sérsic component, seen through the PSF, to images of shape (bands, y, x); lengths in px.

    Parameters
    ----------
    fluxes
        Of shape (bands,).
    fractions
        Of the flux, in each Gaussian of the expansion, of shape (16,).
    psf_sigmas, psf_weights
        Of shapes (k,) and (bands, k).
    band_fluxes
        Scratch of shape (2, bands).
    """
    cos, sin = math.cos(pa_rad), math.sin(pa_rad)
    n_bands = fluxes.size
    own, merged = band_fluxes[0], band_fluxes[1]
    for m in range(fractions.size):
        if fractions[m] < _FRACTION_MIN:
            continue
        variance = (EXPANSION_SIGMAS[m] * r_eff) ** 2
        major, minor = variance / axis_ratio, variance * axis_ratio
        xx = major * cos * cos + minor * sin * sin
        yy = major * sin * sin + minor * cos * cos
        xy = (major - minor) * sin * cos
        merged_weight, merged_variance = 0.0, 0.0
        merged[:] = 0.0
        for k in range(psf_sigmas.size):
            psf_variance = psf_sigmas[k] ** 2
            if psf_variance * _MERGED_RATIO**2 < minor:
                weight = 0.0
                for band in range(n_bands):
                    merged[band] += fluxes[band] * fractions[m] * psf_weights[band, k]
                    weight += psf_weights[band, k] / n_bands
                merged_weight += weight
                merged_variance += weight * psf_variance
                continue
            for band in range(n_bands):
                own[band] = fluxes[band] * fractions[m] * psf_weights[band, k]
            add_gaussian(images, own, x, y, xx + psf_variance, xy, yy + psf_variance, work)
        if merged_weight > 0.0:
            widening = merged_variance / merged_weight
            add_gaussian(images, merged, x, y, xx + widening, xy, yy + widening, work)
