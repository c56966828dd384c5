"""Baselines of the Euclid track: numbers of annuli around the deflector, in VIS and in NISP."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lensfinder.surveys.baselines import Baselines, total_magnitude
from lensfinder.surveys.euclid.representations import STAMPS
from lensfinder.typing import AnyArray, FloatArray, IntArray

VIS_PIXEL_ARCSEC, NISP_PIXEL_ARCSEC = 0.1, 0.3
ANNULI_ARCSEC = (0.0, 0.3, 0.6, 0.9, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0)
"""Edges of the annuli: a NISP pixel wide where arcs are."""

SEARCH_ARCSEC = 0.6
"""The brightest place is sought at most this far from the stamp's centre along x and y."""

SOFTENING_UJY = STAMPS.forms[0].asinh_softening_ujy
"""Of all brightnesses per VIS pixel: logarithms above it, linear below (asinh magnitudes, Lupton et al. 1999,
AJ 118, 1406), so that faint annuli have colours and slopes too."""


def annuli(images: Sequence[AnyArray]) -> FloatArray:
    """69 numbers of a stamp (n, 69) in :data:`ANNULI_ARCSEC` around the brightest place in the middle.

    Of every annulus the brightness in VIS; the mean change under half a turn; the mean after the azimuthal
    median is taken away, which symmetric light leaves zero; the colours VIS − Y, J, H. Between annuli the
    slope of the brightness.
    """
    vis, nisp = images
    vis_pixels, vis_annuli = _around(vis, VIS_PIXEL_ARCSEC)
    nisp_pixels, nisp_annuli = _around(nisp, NISP_PIXEL_ARCSEC)
    pixels, turned = vis_pixels[..., 0], vis_pixels[:, ::-1, 0]
    brightness, change, residual, colours = [], [], [], []
    for of_vis, of_nisp in zip(vis_annuli, nisp_annuli, strict=True):
        inside = pixels[:, of_vis]
        mean = inside.mean(axis=1)
        brightness.append(_stretched(mean))
        change.append(_stretched(np.abs(inside - turned[:, of_vis]).mean(axis=1)))
        residual.append(_stretched(mean - np.median(inside, axis=1)))
        per_vis_pixel = nisp_pixels[:, of_nisp].mean(axis=1) * (VIS_PIXEL_ARCSEC / NISP_PIXEL_ARCSEC) ** 2
        colours.append(brightness[-1][:, None] - _stretched(per_vis_pixel))
    slope = np.diff(brightness, axis=0)
    numbers = np.concatenate([brightness, change, residual, slope]).T
    return np.concatenate([numbers, *colours], axis=1, dtype=np.float64)


def _stretched(brightness: AnyArray) -> AnyArray:
    return np.asarray(np.arcsinh(brightness / SOFTENING_UJY))


def _around(images: AnyArray, scale_arcsec: float) -> tuple[AnyArray, list[IntArray]]:
    """Pixels (n, pixels, bands) of a square around the brightest place, and which are in each annulus.

    The brightest place is that of the sum of 3 × 3 pixels, all bands together.
    """
    n, side = images.shape[:2]
    images = images.astype(np.float32)
    middle, search = side // 2, round(SEARCH_ARCSEC / scale_arcsec)
    first, places = middle - search, 2 * search
    near = images[:, first - 1 : first + places + 1, first - 1 : first + places + 1].sum(axis=-1)
    blocks = np.lib.stride_tricks.sliding_window_view(near, (3, 3), axis=(1, 2)).sum(axis=(-1, -2))
    y, x = np.divmod(blocks.reshape(n, -1).argmax(axis=1), places)
    half = int(ANNULI_ARCSEC[-1] / scale_arcsec)
    size = 2 * half + 1
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    squares = windows[np.arange(n), y + first - half, x + first - half]
    offset = np.arange(-half, half + 1) * scale_arcsec
    # Rounded, so that what lies on an edge lies in the same annulus everywhere.
    radius = np.round(np.hypot(offset[:, None], offset), 6).ravel()
    within = np.digitize(radius, ANNULI_ARCSEC) - 1
    annuli_of = [np.flatnonzero(within == annulus) for annulus in range(len(ANNULI_ARCSEC) - 1)]
    return squares.reshape(n, images.shape[-1], -1).swapaxes(1, 2), annuli_of


BASELINES: Baselines = {
    "total_magnitude": lambda images: total_magnitude(images[0][..., 0]),
    "boosted_trees": annuli,
}
