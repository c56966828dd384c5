"""Pseudo-spectra: a cube summed along y and along x, two images of band against position.

50 × 50 × 56 numbers become 2 × 56 × 50, 25 times fewer (Manjón-García et al.).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lensfinder.compiled import compiled
from lensfinder.datasets.half import HALF_TO_FLOAT, float_to_half
from lensfinder.errors import UserError
from lensfinder.typing import AnyArray


def pseudo_spectra_plain(cubes: AnyArray) -> AnyArray:
    """Sum cubes of shape (n, y, x, bands) along y and along x; returns (n, 2, bands, pixels) in the cubes'
    own precision.

    Index 0 of the second axis is band × x (summed along y), index 1 is band × y (summed along x).
    """
    along_y = cubes.sum(axis=1).swapaxes(-1, -2)
    along_x = cubes.sum(axis=2).swapaxes(-1, -2)
    return np.stack([along_y, along_x], axis=1)


@compiled
def _sum_cubes(cubes: AnyArray, out: AnyArray, table: AnyArray) -> None:
    n, side, _, bands = cubes.shape
    sums = np.empty((2, side, bands), np.float32)
    row_sum = np.empty(bands, np.float32)
    turned = np.empty((2, bands, side), np.float32)
    for i in range(n):
        sums[:] = 0.0
        for y in range(side):
            row_sum[:] = 0.0
            for x in range(side):
                for b in range(bands):
                    value = table[cubes[i, y, x, b]]
                    sums[0, x, b] += value
                    row_sum[b] += value
            sums[1, y, :] = row_sum
        for image in range(2):
            for position in range(side):
                for b in range(bands):
                    turned[image, b, position] = sums[image, position, b]
        float_to_half(turned.reshape(-1), out[i])


def pseudo_spectra(cubes: AnyArray) -> AnyArray:
    """Do what :func:`pseudo_spectra_plain` does, compiled, for float16 cubes; sums in float32, result in
    float16.

    Raises
    ------
    UserError
        If the cubes are not float16 of shape (n, side, side, bands).
    """
    if cubes.dtype != np.float16 or cubes.ndim != 4 or cubes.shape[1] != cubes.shape[2]:
        raise UserError(
            f"cubes must be float16 of shape (n, side, side, bands), got {cubes.dtype} of shape {cubes.shape}"
        )
    n, side, _, bands = cubes.shape
    out = np.empty((n, 2 * bands * side), dtype=np.uint16)
    _sum_cubes(cubes.view(np.uint16), out, HALF_TO_FLOAT)
    return out.view(np.float16).reshape(n, 2, bands, side)


OF_CUBES: Mapping[str, Callable[[AnyArray], AnyArray]] = {
    "cube": lambda cubes: cubes,
    "pseudo_spectra": pseudo_spectra,
}
"""What each representation makes of float16 cubes (n, y, x, bands), by its name in params.yaml."""
