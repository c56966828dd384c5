"""Regions of a cube that are hidden one after the other, to see what a network looks at (Zeiler & Fergus
2014, ECCV, 818): single bands, and patches of the sky in all bands.

Cubes are sky-subtracted, so hidden light is 0: what an empty sky without noise would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from lensfinder.errors import UserError
from lensfinder.typing import AnyArray, Float32Array

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


def occluded_scores(
    judges: Mapping[str, Callable[[AnyArray], Float32Array]],
    cubes: AnyArray,
    regions: Sequence[Region],
    advance: Callable[[int], None],
) -> Iterator[dict[str, Float32Array]]:
    """Let all judges score the same cubes, first whole, then with one region after the other hidden.

    Parameters
    ----------
    judges
        By name, what gives a score (n,) to cubes (n, y, x, bands).
    cubes
        float16, in memory: regions are hidden in place, and uncovered again.
    regions
        What to hide.
    advance
        Called with 1 after each region.

    Yields
    ------
    Scores of each judge: of the whole cubes, then one for each region.
    """
    yield {name: judge(cubes) for name, judge in judges.items()}
    for region in regions:
        with hidden(cubes, region):
            judged = {name: judge(cubes) for name, judge in judges.items()}
        advance(1)
        yield judged
