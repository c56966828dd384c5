"""Image arrays on disk: one ``.npy`` file of float16 that ``np.load(mmap_mode="r")`` opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lensfinder.errors import UserError
from lensfinder.typing import AnyArray


def open_images(path: Path) -> AnyArray:
    """Open an image array, memory-mapped and read-only; row i belongs to row i of the catalogue.

    Raises
    ------
    UserError
        If the file is missing, damaged or cut short.
    """
    try:
        images = np.load(path, mmap_mode="r")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `make repro` (or `dvc repro`) to make it") from None
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{path}: cannot be opened as a .npy array: {error}") from None
    return np.asanyarray(images)


def create_images(path: Path, shape: tuple[int, ...]) -> AnyArray:
    """Create a float16 array on disk, or reopen one of the same shape that an interrupted run left."""
    if path.is_file():
        images = np.load(path, mmap_mode="r+")
        if images.shape == shape and images.dtype == np.float16:
            return np.asanyarray(images)
    return np.asanyarray(np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape))
