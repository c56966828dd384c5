"""Colour images of objects, one way for each kind of image.

Three broad bands make the colours, under one asinh stretch of the light, so that hue is colour and not
brightness (Lupton et al. 2004, PASP 116, 133).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from lensfinder.typing import AnyArray, FloatArray

COLOUR_EDGES_AA = (5400.0, 7200.0)
"""Wavelengths that divide blue from green, and green from red, in a cube."""

STRETCH_SIGMA = 4.0
"""Noise levels at which the stretch turns from linear to logarithmic."""

VIS_PER_NISP = 3
"""VIS pixels along a NISP pixel."""

BLUR_VIS_PIXELS = 2.3
"""Standard deviation of the Gaussian that blurs VIS (FWHM 0.17") like NISP (0.48", and its pixels)."""

SHOWN_VIS_PIXELS = 120
"""Middle of a stamp that is shown: lensing reaches no farther, and arcs are small."""

WHITEST_SIGMA = 60.0
"""Noise levels above which VIS is white: a bright deflector must not dim its arcs."""

WHITE = (0.35, 0.55, 1.0)
"""Weights of H, Y and VIS at which a galaxy of middling colour (VIS − H ≈ 1.1 mag) is white."""


def colour_image(cube: AnyArray, wavelength_aa: FloatArray) -> FloatArray:
    """RGB image (y, x, 3) in 0–1 of a cube (y, x, bands) in µJy."""
    flux = np.nan_to_num(np.asarray(cube, dtype=np.float64))
    blue, green = COLOUR_EDGES_AA
    groups = (wavelength_aa >= green, (wavelength_aa >= blue) & (wavelength_aa < green), wavelength_aa < blue)
    rgb = np.stack([flux[..., group].mean(axis=-1) for group in groups], axis=-1)
    total = rgb.mean(axis=-1)
    sigma = _noise(total) + 1e-12
    return _stretched(total, rgb, sigma, sigma)


def stamp_image(vis: AnyArray, nisp: AnyArray) -> FloatArray:
    """RGB image in 0–1 of the middle of a stamp, as sharp as VIS, of shape (120, 120, 3).

    VIS, of shape (y, x, 1), gives the light; the hue is that of H, Y and VIS at NISP's resolution, or every
    compact thing would be blue with a red halo. NISP has the shape (y, x, 3), and both have one unit.
    """
    light = np.nan_to_num(np.asarray(vis, dtype=np.float64))[..., 0]
    infrared = np.nan_to_num(np.asarray(nisp, dtype=np.float64))[..., [2, 0]] / VIS_PER_NISP**2
    rows, columns = (_resampling(n, m) for n, m in zip(light.shape, infrared.shape[:2], strict=True))
    resampled = np.einsum("ij,jkc,lk->ilc", rows, infrared, columns, optimize=True)
    broad = np.concatenate([resampled, gaussian_filter(light, BLUR_VIS_PIXELS)[..., None]], axis=-1)
    rgb = broad * np.asarray(WHITE)
    sigma, hue_sigma = _noise(light), 2 * _noise(rgb.mean(axis=-1))
    edges = [max(0, (n - SHOWN_VIS_PIXELS) // 2) for n in light.shape]
    shown = tuple(slice(edge, n - edge) for edge, n in zip(edges, light.shape, strict=True))
    return _stretched(np.minimum(light, WHITEST_SIGMA * sigma)[shown], rgb[shown], sigma, hue_sigma)


@cache
def _resampling(n_vis: int, n_nisp: int) -> FloatArray:
    """Matrix (n_vis, n_nisp) that interpolates linearly; both pixel grids have the same centre."""
    at = (np.arange(n_vis) - 0.5 * (n_vis - 1)) / VIS_PER_NISP + 0.5 * (n_nisp - 1)
    nodes = np.arange(n_nisp)
    return np.stack([np.interp(at, nodes, unit) for unit in np.eye(n_nisp)], axis=1)


def _noise(image: FloatArray) -> float:
    # Never zero: a blank image is black, in whatever unit.
    return float(1.4826 * np.median(np.abs(image - np.median(image)))) + 1e-30


def _stretched(light: FloatArray, rgb: FloatArray, sigma: float, hue_sigma: float) -> FloatArray:
    """Light (y, x) with noise ``sigma``, in the hue of ``rgb`` (y, x, 3), whose mean has ``hue_sigma``."""
    light = np.maximum(light, 0.0)
    scale = STRETCH_SIGMA * sigma
    stretched = np.arcsinh(light / scale) / max(float(np.arcsinh(light.max() / scale)), 1e-12)
    # Fainter than the noise there is no hue to show: the colours fade into grey.
    rgb = np.maximum(rgb, 0.0) + hue_sigma
    hue = rgb / rgb.mean(axis=-1, keepdims=True)
    coloured = hue * stretched[..., None]
    return np.asarray(coloured / np.maximum(coloured.max(axis=-1, keepdims=True), 1.0), dtype=np.float64)
