"""Compiled input of the networks: read float16 rows, convert, normalise and augment in one pass.

Results are those of :mod:`.normalisation` and :mod:`.augmentation` to 1e-5. Images come as the bits of their
float16 values (int16), because compiled code knows no float16: a table of all 65,536 values converts them
(or, twice as fast, their bits are put where float32 has them), and positive float16 numbers are ordered like
their bits, which finds a maximum without any conversion. Everything runs without Python's lock, beside the
network.
"""

from __future__ import annotations

import math

import numpy as np

from lensfinder.compiled import compiled
from lensfinder.datasets.half import HALF_TO_FLOAT
from lensfinder.networks.augmentation import AUGMENTATION
from lensfinder.networks.normalisation import normalise
from lensfinder.typing import AnyArray, Float32Array

UNSCALED, PER_BAND, WHOLE = 0, 1, 2
_SCALING = {"per_band_max": PER_BAND, "global_max": WHOLE, "asinh": UNSCALED}
# A float16 whose bits are moved to where a float32 has sign, exponent and fraction is too small by a factor,
# for exponents count from −15 in one and from −127 in the other. Infinite numbers and NaN need the table.
MOVED_EXPONENT = np.float32(2.0 ** (127 - 15))
MOVED_BITS = np.int32(-0x70002000)  # 0x8FFFE000: sign, and 15 bits shifted by 13
NOT_FINITE = 0x7C00


def conversion_table(representation: str, normalisation: str) -> Float32Array:
    """Return the float32 value (or its asinh stretch) of every float16 number, by its bits: (65536,)."""
    if normalisation != "asinh":
        return HALF_TO_FLOAT
    with np.errstate(invalid="ignore"):  # some of the 65,536 are NaN
        return normalise(HALF_TO_FLOAT, representation, normalisation)


def fill_batch(
    images: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    representation: str,
    normalisation: str,
    table: Float32Array,
    out: Float32Array,
) -> None:
    """Write normalised, augmented images into ``out``.

    Parameters
    ----------
    images
        float16 array, in memory or memory-mapped, C-contiguous: (n, y, x, bands) or (n, 2, bands, pixels).
    rows
        Rows of ``images`` to read, int64 of shape (batch,).
    augmentations
        Of shape (batch,) and dtype :data:`.augmentation.AUGMENTATION`.
    representation, normalisation
        As in :func:`.normalisation.normalise`.
    table
        From :func:`conversion_table`.
    out
        float32 of shape (batch, *images.shape[1:]).
    """
    bits = np.asarray(images).view(np.int16)
    assert augmentations.dtype == AUGMENTATION
    scaling = _SCALING[normalisation]
    if representation == "pseudo_spectra":
        _fill_pseudo_spectra(bits, rows, augmentations, table, scaling, out)
    elif np.any(augmentations["angle_rad"] != 0) or np.any(augmentations["zoom"] != 1):
        _fill_cubes_turned(bits, rows, augmentations, table, scaling, out)
    else:
        _fill_cubes(bits, rows, augmentations, table, scaling, out, out.view(np.int32))


@compiled
def _cube_scales(cube: AnyArray, table: Float32Array, scaling: int) -> tuple[Float32Array, bool]:
    """Return the factor of each band of a cube (bits, of shape (pixels, bands)); whether all is finite."""
    n_bands = cube.shape[1]
    scales = np.ones(n_bands, np.float32)
    maxima = np.full(n_bands, -32768, np.int16)
    magnitudes = np.zeros(n_bands, np.int16)
    for pixel in range(cube.shape[0]):
        for band in range(n_bands):
            half = cube[pixel, band]
            maxima[band] = max(maxima[band], half)
            magnitudes[band] = max(magnitudes[band], np.int16(half & np.int16(0x7FFF)))
    if scaling == WHOLE:
        maxima[:] = maxima.max()
    for band in range(n_bands):
        if scaling != UNSCALED and maxima[band] > 0:
            scales[band] = np.float32(1) / table[maxima[band]]
    return scales, magnitudes.max() < NOT_FINITE


@compiled
def _fill_cubes(
    bits: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    table: Float32Array,
    scaling: int,
    out: Float32Array,
    out_bits: AnyArray,
) -> None:
    size, n_bands = bits.shape[1], bits.shape[3]
    for k in range(len(rows)):
        cube = bits[rows[k]]
        scales, finite = _cube_scales(cube.reshape(size * size, n_bands), table, scaling)
        movable = finite and scaling != UNSCALED
        augmentation = augmentations[k]
        for y in range(size):
            source_y = y - augmentation.shift_y
            for x in range(size):
                source_x = x - augmentation.shift_x
                if source_y < 0 or source_y >= size or source_x < 0 or source_x >= size:
                    out[k, y, x] = 0
                    continue
                row = size - 1 - source_y if augmentation.flip_y else source_y
                column = size - 1 - source_x if augmentation.flip_x else source_x
                if augmentation.exchange:
                    row, column = column, row
                if movable:
                    for band in range(n_bands):
                        moved = np.int32(cube[row, column, band]) << np.int32(13)
                        out_bits[k, y, x, band] = moved & MOVED_BITS
                    for band in range(n_bands):
                        out[k, y, x, band] = (out[k, y, x, band] * MOVED_EXPONENT) * scales[band]
                else:
                    for band in range(n_bands):
                        out[k, y, x, band] = table[np.uint16(cube[row, column, band])] * scales[band]


@compiled
def _fill_cubes_turned(
    bits: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    table: Float32Array,
    scaling: int,
    out: Float32Array,
) -> None:
    """As ``_fill_cubes``, with free rotation and zoom: one affine transformation, interpolated bilinearly."""
    size, n_bands = bits.shape[1], bits.shape[3]
    centre = 0.5 * (size - 1)
    # A frame of zeros spares the interpolation all questions about the edge.
    framed = np.zeros((size + 2, size + 2, n_bands), np.float32)
    for k in range(len(rows)):
        cube = bits[rows[k]]
        scales, _ = _cube_scales(cube.reshape(size * size, n_bands), table, scaling)
        for y in range(size):
            for x in range(size):
                for band in range(n_bands):
                    framed[y + 1, x + 1, band] = table[np.uint16(cube[y, x, band])] * scales[band]
        augmentation = augmentations[k]
        cos = math.cos(augmentation.angle_rad) / augmentation.zoom
        sin = math.sin(augmentation.angle_rad) / augmentation.zoom
        for y in range(size):
            v = y - centre - augmentation.shift_y
            for x in range(size):
                u = x - centre - augmentation.shift_x
                source_x, source_y = cos * u + sin * v, cos * v - sin * u
                if augmentation.flip_y:
                    source_y = -source_y
                if augmentation.flip_x:
                    source_x = -source_x
                if augmentation.exchange:
                    source_x, source_y = source_y, source_x
                source_x += centre + 1
                source_y += centre + 1
                column, row = math.floor(source_x), math.floor(source_y)
                if column < 0 or column > size or row < 0 or row > size:
                    out[k, y, x] = 0
                    continue
                right, up = np.float32(source_x - column), np.float32(source_y - row)
                left, down = np.float32(1) - right, np.float32(1) - up
                for band in range(n_bands):
                    out[k, y, x, band] = down * (
                        left * framed[row, column, band] + right * framed[row, column + 1, band]
                    ) + up * (
                        left * framed[row + 1, column, band] + right * framed[row + 1, column + 1, band]
                    )


@compiled
def _fill_pseudo_spectra(
    bits: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    table: Float32Array,
    scaling: int,
    out: Float32Array,
) -> None:
    n_bands, size = bits.shape[2], bits.shape[3]
    for k in range(len(rows)):
        augmentation = augmentations[k]
        for axis in range(2):  # 0: band × x, 1: band × y
            image = bits[rows[k], 1 - axis if augmentation.exchange else axis]
            flip = augmentation.flip_x if axis == 0 else augmentation.flip_y
            shift = augmentation.shift_x if axis == 0 else augmentation.shift_y
            brightest = image.max()
            for band in range(n_bands):
                maximum = image[band].max() if scaling == PER_BAND else brightest
                scale = np.float32(1)
                if scaling != UNSCALED and maximum > 0:
                    scale /= table[maximum]
                for pixel in range(size):
                    source = pixel - shift
                    if source < 0 or source >= size:
                        out[k, axis, band, pixel] = 0
                        continue
                    column = size - 1 - source if flip else source
                    out[k, axis, band, pixel] = table[np.uint16(image[band, column])] * scale
