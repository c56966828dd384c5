"""Compiled input of the networks: read float16 rows, convert, normalise and augment in one pass.

Results are those of :mod:`.normalisation` and :mod:`.augmentation` to 1e-5. Images come as the bits of their
float16 values (int16), because compiled code knows no float16: a table of all 65,536 values converts them
(or, twice as fast, their bits are put where float32 has them), and positive float16 numbers are ordered like
their bits, which finds a maximum without any conversion. A row of pixels and bands is one run of memory:
loops along it are fast for one band as for 56. Everything runs without Python's lock, beside the network.
"""

from __future__ import annotations

import math

import numpy as np

from lensfinder.compiled import compiled
from lensfinder.datasets.half import HALF_TO_FLOAT
from lensfinder.datasets.representation import InputForm
from lensfinder.networks.augmentation import AUGMENTATION
from lensfinder.typing import AnyArray, Float32Array

UNSCALED, PER_BAND, WHOLE = 0, 1, 2
_SCALING = {"per_band_max": PER_BAND, "global_max": WHOLE, "asinh": UNSCALED}
# A float16 whose bits are moved to where a float32 has sign, exponent and fraction is too small by a factor,
# for exponents count from −15 in one and from −127 in the other. Infinite numbers and NaN need the table.
MOVED_EXPONENT = np.float32(2.0 ** (127 - 15))
MOVED_BITS = np.int32(-0x70002000)  # 0x8FFFE000: sign, and 15 bits shifted by 13
NOT_FINITE = 0x7C00


def conversion_table(form: InputForm, normalisation: str) -> Float32Array:
    """Return the float32 value (or its asinh stretch) of every float16 number, by its bits: (65536,)."""
    if normalisation != "asinh":
        return HALF_TO_FLOAT
    with np.errstate(invalid="ignore"):  # some of the 65,536 are NaN
        stretched: Float32Array = np.arcsinh(HALF_TO_FLOAT / np.float32(form.asinh_softening_ujy))
    return stretched


def fill_batch(
    images: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    form: InputForm,
    normalisation: str,
    table: Float32Array,
    out: Float32Array,
) -> None:
    """Write normalised, augmented images into ``out``.

    Parameters
    ----------
    images
        float16 array, in memory or memory-mapped, C-contiguous: (n, y, x, bands), or (n, 1 or 2, bands,
        pixels) if ``form.pseudo_spectra``.
    rows
        Rows of ``images`` to read, int64 of shape (batch,).
    augmentations
        Of shape (batch,) and dtype :data:`.augmentation.AUGMENTATION`.
    form, normalisation
        As in :func:`.normalisation.normalise`.
    table
        From :func:`conversion_table`.
    out
        float32 of shape (batch, *images.shape[1:]).
    """
    bits = np.asarray(images).view(np.int16)
    assert augmentations.dtype == AUGMENTATION
    scaling = _SCALING[normalisation]
    if form.pseudo_spectra:
        _fill_pseudo_spectra(bits, rows, augmentations, table, scaling, out)
        return
    shifts = form.pixels_per_shift * np.stack([augmentations["shift_y"], augmentations["shift_x"]], axis=1)
    if np.any(augmentations["angle_rad"] != 0) or np.any(augmentations["zoom"] != 1):
        _fill_images_turned(bits, rows, augmentations, shifts, table, scaling, out)
    else:
        _fill_images(bits, rows, augmentations, shifts, table, scaling, out, out.view(np.int32))


@compiled
def _row_scales(
    image: AnyArray, n_bands: int, table: Float32Array, scaling: int
) -> tuple[Float32Array, bool]:
    """Return the factor of each value of a row, which is that of its band; whether all is finite.

    ``image`` holds bits, of shape (y, x · bands).
    """
    width = image.shape[1]
    maxima = np.full(width, -32768, np.int16)
    magnitudes = np.zeros(width, np.int16)
    for y in range(image.shape[0]):
        for i in range(width):
            half = image[y, i]
            maxima[i] = max(maxima[i], half)
            magnitudes[i] = max(magnitudes[i], np.int16(half & np.int16(0x7FFF)))
    if scaling == WHOLE:
        maxima[:] = maxima.max()
    scales = np.ones(width, np.float32)
    for band in range(n_bands):
        maximum = maxima[band::n_bands].max()
        if scaling != UNSCALED and maximum > 0:
            scales[band::n_bands] = np.float32(1) / table[maximum]
    return scales, magnitudes.max() < NOT_FINITE


@compiled
def _fill_images(
    bits: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    shifts: AnyArray,
    table: Float32Array,
    scaling: int,
    out: Float32Array,
    out_bits: AnyArray,
) -> None:
    size, n_bands = bits.shape[1], bits.shape[3]
    width = size * n_bands
    for k in range(len(rows)):
        image = bits[rows[k]].reshape(size * size, n_bands)
        scales, finite = _row_scales(image.reshape(size, width), n_bands, table, scaling)
        movable = finite and scaling != UNSCALED
        augmentation = augmentations[k]
        shift_y, shift_x = shifts[k]
        # Where in the image, in pixels, the filled pixel (y, x) is read: start + down · y + along · x.
        down, along = (1, size) if augmentation.exchange else (size, 1)
        start = 0
        if augmentation.flip_y:
            start, down = start + down * (size - 1), -down
        if augmentation.flip_x:
            start, along = start + along * (size - 1), -along
        start -= down * shift_y + along * shift_x
        first, last = max(0, min(size, shift_x)), max(0, min(size, size + shift_x))
        for y in range(size):
            filled = out[k, y].reshape(width)
            if y < shift_y or y >= size + shift_y:
                filled[:] = 0
                continue
            filled[: first * n_bands] = 0
            filled[last * n_bands :] = 0
            for x in range(first, last):
                source = start + down * y + along * x
                if movable:
                    for band in range(n_bands):
                        moved = np.int32(image[source, band]) << np.int32(13)
                        out_bits[k, y, x, band] = moved & MOVED_BITS
                else:
                    for band in range(n_bands):
                        out[k, y, x, band] = table[np.uint16(image[source, band])] * scales[band]
            if movable:
                for i in range(width):
                    filled[i] = (filled[i] * MOVED_EXPONENT) * scales[i]


@compiled
def _fill_images_turned(
    bits: AnyArray,
    rows: AnyArray,
    augmentations: AnyArray,
    shifts: AnyArray,
    table: Float32Array,
    scaling: int,
    out: Float32Array,
) -> None:
    """As ``_fill_images``, with free rotation and zoom: one affine transformation, bilinear."""
    size, n_bands = bits.shape[1], bits.shape[3]
    centre = 0.5 * (size - 1)
    # A frame of zeros spares the interpolation all questions about the edge.
    framed = np.zeros((size + 2, size + 2, n_bands), np.float32)
    for k in range(len(rows)):
        image = bits[rows[k]].reshape(size, size * n_bands)
        scales, _ = _row_scales(image, n_bands, table, scaling)
        for y in range(size):
            framed_row = framed[y + 1].reshape((size + 2) * n_bands)
            for i in range(size * n_bands):
                framed_row[n_bands + i] = table[np.uint16(image[y, i])] * scales[i]
        augmentation = augmentations[k]
        shift_y, shift_x = shifts[k]
        cos = math.cos(augmentation.angle_rad) / augmentation.zoom
        sin = math.sin(augmentation.angle_rad) / augmentation.zoom
        for y in range(size):
            v = y - centre - shift_y
            for x in range(size):
                u = x - centre - shift_x
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
    n_images, n_bands, size = bits.shape[1:]
    for k in range(len(rows)):
        augmentation = augmentations[k]
        for axis in range(n_images):  # 0: band × x, 1: band × y
            image = bits[rows[k], (axis + 1) % n_images if augmentation.exchange else axis]
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
