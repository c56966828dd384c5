"""What the gate wants to know of every image, gathered in one pass over the array.

Images are float16, for which NumPy has no fast minimum, maximum or ``isfinite``. All three follow from the
bits (IEEE 754 binary16): read as integers, numbers of one sign are ordered by magnitude, with infinity
beyond the largest number and NaN beyond infinity. Two integer maxima say everything, at the speed of memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import stats

from lensfinder.datasets.store import open_images
from lensfinder.errors import UserError
from lensfinder.typing import AnyArray, FloatArray, IntArray

SIGN_BIT = 0x8000

PIECE_BYTES = 32 * 2**20
"""Bytes looked at together: enough to hide the cost of a call, little enough for any machine."""

FORBIDDEN = {
    "finite": ("n_not_finite", "no pixel of a {} is NaN or infinite"),
    "not_blank": ("blank", "not all pixels of a {} are equal, zero or not"),
}
"""What no single image may be: by the name of the expectation, the fact that must be 0, and the wording."""


Region = tuple[slice, slice, slice]
"""Pixels of an image: y, x and bands."""

LIGHT_FACTS = ("noise", "flux", "flux_error")


class Rows(Protocol):
    """An array, in a file or not, that is read by ranges of its first axis."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape, objects first."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""

    def rows(self, start: int, stop: int) -> AnyArray:
        """Return objects ``start`` to ``stop - 1``."""


@dataclass(frozen=True)
class StoredArray:
    """An ``.npy`` file whose first axis counts objects."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, start: int, stop: int) -> AnyArray:
        """Return objects ``start`` to ``stop - 1``, mapped from the file.

        Every call maps the file anew: pages that were read are given back with the piece that needed them,
        where a mapping kept open would count the whole file as this process's memory.
        """
        return open_images(self.path)[start:stop]


def open_array(path: Path) -> StoredArray:
    """Look at the header of an array and make sure that the file holds all that the header promises.

    Raises
    ------
    UserError
        If the file is missing, is no ``.npy`` file, is cut short, or has no axis of objects.
    """
    array = open_images(path)
    if array.ndim == 0:
        raise UserError(f"{path}: holds a single number, not an array with one entry an object")
    return StoredArray(path, array.shape, array.dtype)


def image_facts(images: Rows, n_objects: int, light: Region | None = None) -> pd.DataFrame:
    """Summarise each image.

    Parameters
    ----------
    images
        Array whose first axis counts objects; its other axes and its dtype may be anything.
    n_objects
        Objects in the catalogue.
    light
        Of images (y, x, band): the pixels whose light is added up.

    Returns
    -------
    DataFrame
        One row per object of the catalogue: ``present`` (bool), ``n_not_finite`` (pixels that are NaN or
        infinite), ``minimum`` and ``maximum`` (in the image's unit; NaN where absent or not numeric) and
        ``blank`` (every pixel has the same finite value), and ``fingerprint`` (see :func:`fingerprints`; ""
        of images that are absent, blank or not finite). With ``light`` also what :func:`light_facts` returns,
        NaN where absent.
    """
    facts: dict[str, AnyArray] = {
        "n_not_finite": np.zeros(n_objects, dtype=np.int64),
        "minimum": np.full(n_objects, np.nan),
        "maximum": np.full(n_objects, np.nan),
        "blank": np.zeros(n_objects, dtype=bool),
    }
    words = np.zeros(n_objects, dtype=np.uint64)
    if light is not None:
        facts |= {name: np.full(n_objects, np.nan) for name in LIGHT_FACTS}
    if images.dtype.kind in "fiu" and 0 not in images.shape[1:]:
        for start, stop in _pieces(images, n_objects):
            piece = images.rows(start, stop)
            found = facts_of(piece)
            if light is not None and piece.ndim == 4:
                found |= light_facts(piece, light)
            for name, values in found.items():
                facts[name][start:stop] = values
            words[start:stop] = fingerprints(piece)
    present = np.arange(n_objects) < images.shape[0]
    shown = present & ~facts["blank"] & (facts["n_not_finite"] == 0)
    texts = [f"{word:016x}" if show else "" for word, show in zip(words, shown, strict=True)]
    return pd.DataFrame({"present": present, **facts, "fingerprint": pd.Series(texts, dtype="str")})


def facts_of(images: AnyArray) -> dict[str, AnyArray]:
    """Return the facts of :func:`image_facts`, all but ``present``, of images in memory, (n, ...)."""
    flat = images.reshape(len(images), -1)
    minimum, maximum = _extremes(flat)
    n_not_finite = np.zeros(len(flat), dtype=np.int64)
    # Only the few images that have a pixel to count are looked at pixel by pixel.
    for i in np.flatnonzero(~(np.isfinite(minimum) & np.isfinite(maximum))):
        n_not_finite[i] = np.count_nonzero(~np.isfinite(flat[i]))
    blank = (minimum == maximum) & (n_not_finite == 0)
    return {"n_not_finite": n_not_finite, "minimum": minimum, "maximum": maximum, "blank": blank}


def fingerprints(images: AnyArray) -> IntArray:
    """Return 64 bits for each image in memory, (n, ...): the exclusive or of all its bytes, by eights.

    At the speed of memory, where a digest takes as long as all else here. Images with noise have the same one
    if they are the same, pixel by pixel, or parts of them are exchanged; by chance only one pair in 2⁶⁴.
    """
    flat = np.ascontiguousarray(images.reshape(len(images), -1)).view(np.uint8)
    whole = flat.shape[1] // 8 * 8
    rest = np.zeros((len(flat), 8), dtype=np.uint8)
    rest[:, : flat.shape[1] - whole] = flat[:, whole:]
    # A slice of whole rows is contiguous along its last axis, which is all that the view asks for.
    word: IntArray = np.bitwise_xor.reduce(flat[:, :whole].view(np.uint64), axis=1)
    return word ^ rest.view(np.uint64)[:, 0]


def light_facts(images: AnyArray, light: Region) -> dict[str, FloatArray]:
    """Measure noise and light of images in memory, (n, y, x, bands), in their unit.

    Returns
    -------
    Of shape (n,): ``noise`` (geometric mean over bands of :func:`border_noise`), ``flux`` (mean over the
    bands of ``light`` of the sum over its pixels) and ``flux_error`` (its standard error by the noise alone).
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        noise = border_noise(images)
        lit = images[(slice(None), *light)]
        of_bands = noise[:, light[2]]
        n_pixels = lit.shape[1] * lit.shape[2]
        return {
            "noise": np.exp(np.log(noise).mean(axis=1)),
            "flux": lit.sum(axis=(1, 2), dtype=np.float32).mean(axis=1),
            "flux_error": np.sqrt(n_pixels * (of_bands**2).sum(axis=1)) / of_bands.shape[1],
        }


def border_noise(images: AnyArray) -> FloatArray:
    """Measure the noise of a pixel where light hardly reaches, (n, bands), of images (n, y, x, bands).

    From the median difference of neighbours along the outermost rows and columns (of normal noise,
    0.6745 √2 σ): what is smooth across a pixel takes no part, and what few pixels see hardly any.
    """
    rows = np.diff(images[:, [0, -1]].astype(np.float32), axis=2)
    columns = np.diff(images[:, :, [0, -1]].astype(np.float32), axis=1)
    n, bands = len(images), images.shape[3]
    differences = np.concatenate([rows.reshape(n, -1, bands), columns.reshape(n, -1, bands)], axis=1)
    median: FloatArray = np.median(np.abs(differences), axis=1).astype(np.float64)
    return median / float(stats.norm.ppf(0.75) * np.sqrt(2))


def forbidden(image: AnyArray) -> str | None:
    """Return the first rule of ``FORBIDDEN`` that a stamp in memory breaks, in words; or None."""
    facts = facts_of(image[np.newaxis])
    broken = (checks.format("stamp") for fact, checks in FORBIDDEN.values() if facts[fact][0])
    return next(broken, None)


def _pieces(images: Rows, n_objects: int) -> Iterator[tuple[int, int]]:
    object_bytes = max(int(np.prod(images.shape[1:])) * images.dtype.itemsize, 1)
    step = max(PIECE_BYTES // object_bytes, 1)
    end = min(images.shape[0], n_objects)
    for start in range(0, end, step):
        yield start, min(start + step, end)


def _extremes(flat: AnyArray) -> tuple[FloatArray, FloatArray]:
    """Return minimum and maximum along the last axis; one of them is not finite if any value is not."""
    if flat.dtype != np.float16:
        # A wrong dtype has failed its own check already: here correctness is enough.
        return flat.min(axis=1).astype(np.float64), flat.max(axis=1).astype(np.float64)
    bits = flat.view(np.uint16)
    # Signed: any positive number beats every negative one, so this is the largest positive, if there is any.
    highest: IntArray = flat.view(np.int16).max(axis=1).astype(np.int64)
    # Unsigned: any negative number beats every positive one, so this is the most negative, if there is any.
    lowest: IntArray = bits.max(axis=1).astype(np.int64)
    # All of one sign (rare: a sky-subtracted image has both): the other end is the one nearest to zero.
    for i in np.flatnonzero(highest < 0):
        highest[i] = bits[i].min()
    for i in np.flatnonzero(lowest < SIGN_BIT):
        lowest[i] = bits[i].min()
    return _value(lowest), _value(highest)


def _value(bits: IntArray) -> FloatArray:
    return bits.astype(np.uint16).view(np.float16).astype(np.float64)


def pseudo_spectra_error(cubes: Rows, pseudo_spectra: Rows, rows: IntArray) -> FloatArray:
    """Compare pseudo-spectra with the sums of their cubes.

    Parameters
    ----------
    cubes
        ``(n, y, x, bands)``.
    pseudo_spectra
        ``(n, 2, bands, pixels)``: the cube summed along y, then along x.
    rows
        Objects to compare.

    Returns
    -------
    ndarray of shape (len(rows),)
        Largest difference of each object, in units of what rounding allows (one step of float16 plus the
        error of a sum in float32): more than 1 means that the two do not belong together. NaN where the
        cube or its sum is not finite.
    """
    errors = np.empty(len(rows))
    for i, row in enumerate(rows):
        cube = cubes.rows(row, row + 1)[0].astype(np.float64)
        stored = pseudo_spectra.rows(row, row + 1)[0].astype(np.float64)
        sums = np.stack([cube.sum(axis=0).T, cube.sum(axis=1).T])
        magnitudes = np.stack([np.abs(cube).sum(axis=0).T, np.abs(cube).sum(axis=1).T])
        summing = cube.shape[0] * np.finfo(np.float32).eps * magnitudes
        with np.errstate(over="ignore", invalid="ignore"):
            allowed = np.spacing(np.abs(sums).astype(np.float16)).astype(np.float64) + summing
            errors[i] = np.max(np.abs(stored - sums) / allowed)
    return errors


def sample_rows(n: int, size: int, seed: int) -> IntArray:
    """Draw ``size`` of ``n`` rows without repetition, sorted; all of them if there are no more."""
    if n <= size:
        return np.arange(n, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(n, size, replace=False)).astype(np.int64)


def comparable(cubes: Rows, pseudo_spectra: Rows) -> bool:
    """Whether the shapes let pseudo-spectra be compared with sums of cubes: square stamps, same bands."""
    if len(cubes.shape) != 4 or len(pseudo_spectra.shape) != 4:
        return False
    _, n_y, n_x, bands = cubes.shape
    numeric = all(array.dtype.kind in "fiu" for array in (cubes, pseudo_spectra))
    return numeric and n_y == n_x and pseudo_spectra.shape[1:] == (2, bands, n_y)
