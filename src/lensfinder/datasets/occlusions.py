"""Regions of a cube that are hidden one after the other, to see what a network looks at (Zeiler & Fergus
2014, ECCV, 818): single bands, and patches of the sky in all bands.

Cubes are sky-subtracted, so hidden light is 0: what an empty sky without noise would give.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from lensfinder.errors import UserError
from lensfinder.typing import AnyArray

Region: TypeAlias = tuple[slice, slice, slice]
"""Pixels in y, in x, and bands."""

_ALL = slice(None)


def single_bands(n_bands: int) -> list[Region]:
    """Return a region for each band."""
    return [(_ALL, _ALL, slice(band, band + 1)) for band in range(n_bands)]


def patches(pixels: int, side: int) -> list[Region]:
    """Cut a stamp of ``pixels`` × ``pixels`` into squares of ``side`` pixels, row by row; all bands.

    Raises
    ------
    UserError
        If the squares do not fill the stamp.
    """
    if pixels % side:
        raise UserError(
            f"stamps of {pixels} × {pixels} pixels cannot be cut into squares of {side}: "
            f"observation.stamp_pixels must be a multiple of {side}"
        )
    starts = range(0, pixels, side)
    return [(slice(y, y + side), slice(x, x + side), _ALL) for y in starts for x in starts]


@contextmanager
def hidden(cubes: AnyArray, region: Region) -> Iterator[None]:
    """Set a region of cubes (n, y, x, bands) to 0 and, at the end, bring its light back."""
    where = (_ALL, *region)
    light = cubes[where].copy()
    cubes[where] = 0
    try:
        yield
    finally:
        cubes[where] = light
