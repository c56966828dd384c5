"""Reading of image arrays piece by piece, in memory that does not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lensfinder.datasets.store import open_images
from lensfinder.errors import UserError
from lensfinder.typing import AnyArray


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
