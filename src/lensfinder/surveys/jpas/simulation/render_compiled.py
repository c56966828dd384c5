"""From a scene to its cube: the fused, compiled version of :mod:`lensfinder.surveys.jpas.simulation.render`.

What makes it fast: every column of ``[galaxies ∗ G_k | points ∗ G_k]`` is built without an exponential per
pixel (the values of a Gaussian along a row are a product of products), one small matrix product makes all
bands, and noise, rounding to half precision and storage follow while the cube is still in the processor's
cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lensfinder.compiled import compiled
from lensfinder.datasets.half import float_to_half
from lensfinder.simulation.noise import fill_normals
from lensfinder.surveys.jpas.simulation.psf import N_GAUSSIANS
from lensfinder.surveys.jpas.simulation.render import Camera, Scenes, galaxy_gaussians
from lensfinder.typing import AnyArray, Float32Array

# Components with less than this fraction of the galaxy's light are left out: far below the noise.
_FRACTION_MIN = 1e-7


@compiled
def _to_next_row(ratios: tuple[AnyArray, ...]) -> None:
    """Take what :func:`_fill_rows` steps by from one row to the next."""
    start, along_y, right, left, cross, _, curve_y = ratios
    for j in range(start.size):
        start[j] *= along_y[j]
        along_y[j] *= curve_y[j]
        right[j] *= cross[j]
        left[j] /= cross[j]


@compiled
def _fill_rows(
    columns: AnyArray,
    offset: int,
    first: int,
    last: int,
    step: int,
    x0: int,
    ratios: tuple[AnyArray, ...],
    work: AnyArray,
) -> None:
    """Write rows first, first+step … of a galaxy's eight columns from ``offset``.

    ``ratios`` holds, in this order, arrays of one number per (component, Gaussian): ``start`` is the
    value at column x0 of row ``first``, ``along_y`` the ratio to the next row, ``right``/``left`` the ratios
    to the next column on either side; ``cross``, ``curve_x`` and ``curve_y`` are the constant factors by
    which those ratios change from step to step.
    """
    start, _, right, left, _, curve_x, _ = ratios
    size = start.size
    n_pixels = int(np.sqrt(columns.shape[0]))
    value, ratio, total = work[0], work[1], work[2]
    row = first
    while row != last:
        for side in range(2):
            for j in range(size):
                value[j] = start[j]
                ratio[j] = right[j] if side == 0 else left[j]
            column = x0
            if side == 1:
                for j in range(size):
                    value[j] *= ratio[j]
                    ratio[j] *= curve_x[j]
                column -= 1
            while 0 <= column < n_pixels:
                pixel = row * n_pixels + column
                for k in range(N_GAUSSIANS):
                    total[k] = 0.0
                for j in range(0, size, N_GAUSSIANS):
                    for k in range(N_GAUSSIANS):
                        total[k] += value[j + k]
                for k in range(N_GAUSSIANS):
                    columns[pixel, offset + k] = total[k]
                for j in range(size):
                    value[j] *= ratio[j]
                    ratio[j] *= curve_x[j]
                column += 1 if side == 0 else -1
        _to_next_row(ratios)
        row += step


@compiled
def _galaxy_columns(
    columns: AnyArray,
    offset: int,
    centres: AnyArray,
    x: float,
    y: float,
    fractions: AnyArray,
    covariances: AnyArray,
    sigma2: AnyArray,
) -> None:
    """Write eight columns from ``offset``: a galaxy of unit flux seen through each Gaussian."""
    n_pixels = centres.size
    h = centres[1] - centres[0]
    x0 = min(max(int(np.rint((x - centres[0]) / h)), 0), n_pixels - 1)
    y0 = min(max(int(np.rint((y - centres[0]) / h)), 0), n_pixels - 1)
    used = 0
    for m in range(fractions.size):
        used += fractions[m] > _FRACTION_MIN
    size = used * N_GAUSSIANS
    buffers = np.empty((10, max(size, N_GAUSSIANS)))
    work = np.empty((3, max(size, N_GAUSSIANS)))
    dx, dy = centres[x0] - x, centres[y0] - y
    for direction in (1, -1):
        step = h * direction
        j = 0
        for m in range(fractions.size):
            if fractions[m] <= _FRACTION_MIN:
                continue
            for k in range(N_GAUSSIANS):
                xx, xy, yy = covariances[m, 0] + sigma2[k], covariances[m, 1], covariances[m, 2] + sigma2[k]
                determinant = xx * yy - xy * xy
                a, b, c = yy / determinant, -xy / determinant, xx / determinant
                # Exponent −½ (a dx² + 2 b dx dy + c dy²), stepped by h in x and by ±h in y.
                start = fractions[m] / (2 * np.pi * np.sqrt(determinant))
                buffers[0, j] = start * np.exp(-0.5 * (a * dx * dx + 2 * b * dx * dy + c * dy * dy))
                buffers[1, j] = np.exp(-step * (b * dx + c * dy) - 0.5 * c * h * h)
                buffers[2, j] = np.exp(-h * (a * dx + b * dy) - 0.5 * a * h * h)
                buffers[3, j] = np.exp(h * (a * dx + b * dy) - 0.5 * a * h * h)
                buffers[4, j] = np.exp(-b * h * step)
                buffers[5, j] = np.exp(-a * h * h)
                buffers[6, j] = np.exp(-c * h * h)
                j += 1
        ratios = (
            buffers[0, :size], buffers[1, :size], buffers[2, :size], buffers[3, :size],
            buffers[4, :size], buffers[5, :size], buffers[6, :size],
        )  # fmt: skip
        first = y0 if direction == 1 else y0 - 1
        if direction == -1:
            _to_next_row(ratios)
        last = n_pixels if direction == 1 else -1
        if first != last:
            _fill_rows(columns, offset, first, last, direction, x0, ratios, work)


@compiled
def _point_columns(
    columns: AnyArray,
    offset: int,
    centres: AnyArray,
    x: float,
    y: float,
    sigma2: AnyArray,
) -> None:
    """Write eight columns from ``offset``: a point of unit flux seen through each Gaussian."""
    n_pixels = centres.size
    along_x = np.empty((n_pixels, N_GAUSSIANS), np.float32)
    along_y = np.empty((n_pixels, N_GAUSSIANS), np.float32)
    for i in range(n_pixels):
        for k in range(N_GAUSSIANS):
            along_x[i, k] = np.exp(-0.5 * (centres[i] - x) ** 2 / sigma2[k]) / (2 * np.pi * sigma2[k])
            along_y[i, k] = np.exp(-0.5 * (centres[i] - y) ** 2 / sigma2[k])
    for row in range(n_pixels):
        for column in range(n_pixels):
            for k in range(N_GAUSSIANS):
                columns[row * n_pixels + column, offset + k] = along_y[row, k] * along_x[column, k]


@compiled
def _colour_rows(colours: AnyArray, offset: int, flux: AnyArray, seeing: AnyArray, area: float) -> None:
    """Write eight rows from ``offset``: what each Gaussian adds to every band of a source."""
    for k in range(N_GAUSSIANS):
        for band in range(flux.size):
            colours[offset + k, band] = flux[band] * seeing[band, k] * area


class _Inputs(NamedTuple):
    """Scenes and camera as the kernels take them; ``first_…`` say where the sources of a scene begin."""

    centres: AnyArray
    sigma2: AnyArray
    area: float
    first_galaxy: AnyArray
    galaxy_flux: AnyArray
    galaxy_x: AnyArray
    galaxy_y: AnyArray
    fractions: AnyArray
    covariances: AnyArray
    first_point: AnyArray
    point_flux: AnyArray
    point_x: AnyArray
    point_y: AnyArray
    seeing: AnyArray


@compiled
def _signal(n: int, of: _Inputs) -> AnyArray:
    """Noise-free cube of scene n as float32 of shape (pixels, bands)."""
    n_bands = of.seeing.shape[1]
    galaxy, point = of.first_galaxy[n], of.first_point[n]
    n_galaxies, n_points = of.first_galaxy[n + 1] - galaxy, of.first_point[n + 1] - point
    n_columns = N_GAUSSIANS * (n_galaxies + n_points)
    columns = np.empty((of.centres.size**2, n_columns), np.float32)
    colours = np.empty((n_columns, n_bands), np.float32)
    offset = 0
    for i in range(galaxy, galaxy + n_galaxies):
        _galaxy_columns(
            columns, offset, of.centres, of.galaxy_x[i], of.galaxy_y[i], of.fractions[i], of.covariances[i],
            of.sigma2,
        )  # fmt: skip
        _colour_rows(colours, offset, of.galaxy_flux[i], of.seeing[n], of.area)
        offset += N_GAUSSIANS
    for i in range(point, point + n_points):
        _point_columns(columns, offset, of.centres, of.point_x[i], of.point_y[i], of.sigma2)
        _colour_rows(colours, offset, of.point_flux[i], of.seeing[n], of.area)
        offset += N_GAUSSIANS
    product: AnyArray = np.dot(columns, colours)
    return product


@compiled
def _expose(
    signal: AnyArray, side: int, variance0: AnyArray, per_signal: AnyArray, state: AnyArray, out: AnyArray
) -> None:
    """Add noise to a flat noise-free cube, row after row of its pixels, and write it in half precision."""
    n_bands = variance0.size
    normals = np.empty(side * n_bands, np.float32)
    for row in range(side):
        fill_normals(state, normals)
        begin = row * normals.size
        for pixel in range(side):
            for band in range(n_bands):
                i = pixel * n_bands + band
                value = signal[begin + i]
                variance = variance0[band] + max(value, np.float32(0)) * per_signal[band]
                signal[begin + i] = value + np.sqrt(variance) * normals[i]
    float_to_half(signal, out)


@compiled
def _render(of: _Inputs, variance0: AnyArray, per_signal: AnyArray, states: AnyArray, out: AnyArray) -> None:
    """Noisy cubes in half precision: ``out`` is uint16 of shape (n, pixels · bands)."""
    for n in range(out.shape[0]):
        _expose(_signal(n, of).reshape(-1), of.centres.size, variance0, per_signal, states[n], out[n])


def _inputs(scenes: Scenes, camera: Camera) -> _Inputs:
    galaxies, points = scenes.galaxies, scenes.points
    fractions, covariances = galaxy_gaussians(galaxies)
    return _Inputs(
        camera.pixel_centres_arcsec,
        camera.psf.sigmas_arcsec**2,
        camera.pixel_scale_arcsec**2,
        galaxies.first(len(scenes)),
        galaxies.flux_ujy,
        galaxies.x_arcsec,
        galaxies.y_arcsec,
        fractions,
        covariances,
        points.first(len(scenes)),
        points.flux_ujy,
        points.x_arcsec,
        points.y_arcsec,
        camera.psf.weights_for(scenes.psf_fwhm_arcsec),
    )


def render_signal(scenes: Scenes, camera: Camera) -> Float32Array:
    """Noise-free cubes in µJy per pixel, float32 of shape (n, y, x, bands)."""
    inputs = _inputs(scenes, camera)
    side = camera.stamp_pixels
    return np.stack([_signal(n, inputs).reshape(side, side, -1) for n in range(len(scenes))])


def render_cubes(
    scenes: Scenes, camera: Camera, states: NDArray[np.uint64], out: NDArray[np.float16]
) -> None:
    """Write noisy cubes in µJy per pixel into ``out``, float16 of shape (n, y, x, bands), C-contiguous.

    Parameters
    ----------
    states
        State of each object's noise generator, of shape (n, 4); advanced.
    """
    variance = camera.background_variance.astype(np.float32)
    per_signal = (1.0 / camera.electrons_per_ujy).astype(np.float32)
    _render(
        _inputs(scenes, camera), variance, per_signal, states, out.view(np.uint16).reshape(len(scenes), -1)
    )
