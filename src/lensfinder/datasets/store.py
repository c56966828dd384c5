"""Image arrays on disk: one ``.npy`` file of float16 that ``np.load(mmap_mode="r")`` opens."""

from __future__ import annotations

import io
import math
import os
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


class ImageFile:
    """A float16 ``.npy`` file of a given shape, written in pieces by any number of threads.

    Pieces are written, not mapped: mapped pages would count as memory of the process until the whole file
    does. A file that an interrupted run left is continued if its shape is the same.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._piece_bytes = 2 * math.prod(shape[1:])
        header = io.BytesIO()
        description = {"descr": "<f2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, description)
        self._offset = header.tell()
        size = self._offset + self._piece_bytes * shape[0]
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if os.pread(self._file, self._offset, 0) != header.getvalue() or os.fstat(self._file).st_size != size:
            os.truncate(self._file, 0)
            os.pwrite(self._file, header.getvalue(), 0)
            os.truncate(self._file, size)

    def write(self, row: int, images: AnyArray) -> None:
        """Write images, float16 of shape (n, ...), from ``row`` on."""
        data = memoryview(np.ascontiguousarray(images, dtype="<f2").tobytes())
        position = self._offset + row * self._piece_bytes
        while data:  # a single call writes 2 GiB at most
            written = os.pwrite(self._file, data, position)
            data, position = data[written:], position + written

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
