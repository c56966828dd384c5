"""Compiled convolution of a fine map with Gaussians, binned to pixels three times as large.

A fine map is stored as (3, rows, columns): element [p, 3 Y + q, X] is the flux at column 3 X + p, row 3 Y + q
of the fine grid, so that both passes run over contiguous memory.
"""

from __future__ import annotations

import math

import numpy as np

from lensfinder.compiled import compiled, jitable
from lensfinder.typing import AnyArray, FloatArray

FACTOR = 3
_REACH_SIGMAS = 4.0
_SQRT2 = math.sqrt(2.0)


def taps(sigma_px: float) -> FloatArray:
    """Flux that a point in phase p of a pixel sends to the pixel d further: shape (3, 2 t + 1), d = −t … t.

    The integral of a Gaussian over the pixel, ``sigma_px`` in (large) pixels.
    """
    reach = math.ceil(_REACH_SIGMAS * sigma_px + 0.5)
    table = np.empty((FACTOR, 2 * reach + 1))
    for p in range(FACTOR):
        point = (p - 1) / FACTOR
        for i, d in enumerate(range(-reach, reach + 1)):
            high, low = (d + 0.5 - point) / sigma_px, (d - 0.5 - point) / sigma_px
            table[p, i] = 0.5 * (math.erf(high / _SQRT2) - math.erf(low / _SQRT2))
    # What the reach cuts off is given back, so that flux is conserved.
    normalised: FloatArray = table / table.sum(axis=1, keepdims=True)
    return normalised


@jitable
def _add_scaled(line: AnyArray, other: AnyArray, factor: float) -> None:
    # Slices start at 0: with a loop over part of an array the compiler must think of indices below 0, and
    # does one element at a time.
    for i in range(line.size):
        line[i] += factor * other[i]


@compiled
def blur_and_bin(
    fine: AnyArray, box: AnyArray, table: AnyArray, weight: float, first: int, out: AnyArray, work: AnyArray
) -> None:
    """Add ``weight`` times the blurred and binned map to ``out`` (n, n).

    Parameters
    ----------
    fine
        Of shape (3, 3 m, m), m large pixels along a side.
    box
        Rows and columns of large pixels outside of which the map is zero: (y first, y end, x first, x end).
    table
        From :func:`taps`.
    first
        Large pixel of the map that is pixel 0 of ``out``.
    work
        Scratch of shape (≥ 3 m, ≥ n).
    """
    reach = table.shape[1] // 2
    n = out.shape[0]
    x_first, x_end = max(box[2] - reach - first, 0), min(box[3] + reach - first, n)
    if x_first >= x_end:
        return
    for row in range(FACTOR * box[0], FACTOR * box[1]):
        line = work[row]
        for x in range(x_first, x_end):
            line[x] = 0.0
        for p in range(FACTOR):
            source = fine[p, row]
            for i in range(2 * reach + 1):
                # Pixel X of the map sends its flux to pixel X + i − reach.
                shift = first - (i - reach)
                begin, end = max(x_first, box[2] - shift), min(x_end, box[3] - shift)
                if begin < end:
                    _add_scaled(line[begin:end], source[begin + shift : end + shift], table[p, i])
    for y in range(max(box[0] - reach - first, 0), min(box[1] + reach - first, n)):
        line = out[y, x_first:x_end]
        for i in range(2 * reach + 1):
            source_y = y + first - (i - reach)
            if source_y < box[0] or source_y >= box[1]:
                continue
            for q in range(FACTOR):
                _add_scaled(line, work[FACTOR * source_y + q, x_first:x_end], weight * table[q, i])
