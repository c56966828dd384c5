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
        images: AnyArray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `make repro` (or `dvc repro`) to make it") from None
    except (ValueError, EOFError, OSError) as error:
        raise UserError(
            f"{path}: cannot be read as an .npy array ({error}); the file is damaged or cut short: "
            "delete it and run `make repro` (or `dvc repro`)"
        ) from None
    if not isinstance(images, np.ndarray):
        raise UserError(f"{path}: is an archive of several arrays (.npz), not one .npy array")
    return images


def create_images(path: Path, shape: tuple[int, ...]) -> AnyArray:
    """Create a float16 array on disk, or reopen one of the same shape that an interrupted run left."""
    if path.is_file():
        images = np.load(path, mmap_mode="r+")
        if images.shape == shape and images.dtype == np.float16:
            return np.asanyarray(images)
    return np.asanyarray(np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape))
