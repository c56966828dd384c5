"""Baselines of the J-PAS track: numbers of the white image of an object, the sum of all bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lensfinder.surveys.baselines import FAINTEST_UJY, Baselines, total_magnitude
from lensfinder.typing import AnyArray, FloatArray, IntArray

APERTURES_PIXELS = (3, 6, 10, 15)
"""Radii around the brightest pixel, 0.7″ to 3.4″."""

MOMENTS_PIXELS = 20
"""Radius around the brightest pixel inside which light has a place and a shape."""

APART_PIXELS = 2
"""Maxima are farther than this from any brighter one."""

VALLEY_STEPS = 21
"""Places on the line between two maxima at which the light between them is looked up."""


def shape(images: Sequence[AnyArray]) -> FloatArray:
    """14 numbers of the white image that know its shape and neither colour nor brightness, (n, 14).

    The part of the light in the brightest pixel and in :data:`APERTURES_PIXELS` around it; how far the centre
    of the light is from that pixel, the rms radius about this centre, and the ellipticity of the second
    moments; the Gini coefficient (Lotz et al. 2004, AJ 128, 163, eq. 6); the asymmetry under half a turn
    (Conselice et al. 2000, ApJ 529, 886), about the stamp's centre; the second maximum's brightness, its
    distance [pixels] and the valley before it; the third maximum's brightness.
    """
    white = _white(images)
    n, side = white.shape[:2]
    total = _positive(white.sum(axis=(1, 2)))
    # Means of 3 × 3 pixels: single pixels are noisy, and seeing is wider than that.
    smooth = np.add.reduce(list(_shifted(white, 0.0))) / 9.0
    (peak, y_peak, x_peak), (second, y_second, x_second), (third, *_) = _maxima(smooth, 3)
    peak = _positive(peak)
    radius = _distance(side, y_peak, x_peak)
    inside = np.where(radius <= MOMENTS_PIXELS, np.maximum(white, 0.0), 0.0)
    light = _positive(inside.sum(axis=(1, 2)))

    def mean(value: AnyArray) -> AnyArray:
        return np.asarray((inside * value).sum(axis=(1, 2)) / light)

    y, x = np.mgrid[:side, :side].astype(np.float32)
    y_mean, x_mean = mean(y), mean(x)
    dy, dx = y - y_mean[:, None, None], x - x_mean[:, None, None]
    yy, xx, xy = mean(dy * dy), mean(dx * dx), mean(dx * dy)
    size = np.maximum(xx + yy, 1e-6)
    step = np.linspace(0.0, 1.0, VALLEY_STEPS)
    y_line, x_line = (
        np.rint(start[:, None] + step * (end - start)[:, None]).astype(np.int64)
        for start, end in ((y_peak, y_second), (x_peak, x_second))
    )
    valley = smooth[np.arange(n)[:, None], y_line, x_line].min(axis=1)
    return np.stack(
        [
            peak / total,
            *(np.where(radius <= of, white, 0.0).sum(axis=(1, 2)) / total for of in APERTURES_PIXELS),
            np.hypot(y_mean - y_peak, x_mean - x_peak),
            np.sqrt(size),
            np.hypot(xx - yy, 2 * xy) / size,
            _gini(white.reshape(n, -1)),
            np.abs(white - white[:, ::-1, ::-1]).sum(axis=(1, 2)) / _positive(np.abs(white).sum(axis=(1, 2))),
            second / peak,
            np.hypot(y_second - y_peak, x_second - x_peak),
            valley / _positive(second),
            third / peak,
        ],
        axis=1,
        dtype=np.float64,
    )


def _white(images: Sequence[AnyArray]) -> AnyArray:
    """Sum of all bands (n, y, x)."""
    (cubes,) = images
    return np.asarray(cubes.astype(np.float32).sum(axis=-1))


def _shifted(image: AnyArray, outside: float) -> Iterator[AnyArray]:
    """Images (n, y, x) moved to each of the nine neighbouring places."""
    side = image.shape[1]
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)), constant_values=outside)
    for y in range(3):
        for x in range(3):
            yield padded[:, y : y + side, x : x + side]


def _maxima(image: AnyArray, count: int) -> list[tuple[AnyArray, IntArray, IntArray]]:
    """Height and place, each (n,), of the brightest local maxima; where there are no more, of the first pixel
    that is far enough from the others, with height 0.
    """
    n, side = image.shape[:2]
    left = np.where(image >= np.maximum.reduce(list(_shifted(image, -np.inf))), np.maximum(image, 0.0), 0.0)
    found = []
    for _ in range(count):
        place = left.reshape(n, -1).argmax(axis=1)
        y, x = np.divmod(place, side)
        found.append((np.maximum(left[np.arange(n), y, x], 0.0), y, x))
        left = np.where(_distance(side, y, x) > APART_PIXELS, left, -1.0)
    return found


def _distance(side: int, y: IntArray, x: IntArray) -> AnyArray:
    """Distance (n, y, x) [pixels] of every pixel from a place (n,) of its own image."""
    pixel = np.arange(side, dtype=np.float32)
    return np.asarray(np.hypot(pixel[:, None] - y[:, None, None], pixel - x[:, None, None]))


def _gini(pixels: AnyArray) -> AnyArray:
    count = pixels.shape[1]
    ordered = np.sort(np.abs(pixels), axis=1)
    rank = 2.0 * np.arange(1, count + 1) - count - 1
    return np.asarray(ordered @ rank / (_positive(ordered.sum(axis=1)) * (count - 1)))


def _positive(flux: AnyArray) -> AnyArray:
    """Fluxes by which others can be divided: noise may leave none, or less."""
    return np.maximum(flux, FAINTEST_UJY)


BASELINES: Baselines = {
    "total_magnitude": lambda images: total_magnitude(_white(images)),
    "boosted_trees": shape,
}
