"""Image arrays beside a catalogue, histories of trainings, and small tables to plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lensfinder.datasets.store import open_images
from lensfinder.errors import UserError
from lensfinder.typing import AnyArray

HISTORY_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")


def open_images_of(paths: Sequence[Path], n_objects: int) -> tuple[AnyArray, ...]:
    """Memory-map image arrays whose rows must be the catalogue's.

    Raises
    ------
    UserError
        If a file is missing, damaged, or has another number of rows.
    """
    arrays = tuple(open_images(path) for path in paths)
    for path, images in zip(paths, arrays, strict=True):
        if images.shape[0] != n_objects:
            raise UserError(
                f"{path}: {images.shape[0]} images for {n_objects} rows of the catalogue; make both again"
            )
    return arrays


def bytes_per_object(paths: Sequence[Path], n_objects: int) -> int:
    """Return what one object takes in memory, in all arrays together; see :func:`open_images_of`."""
    return sum(images[0].nbytes for images in open_images_of(paths, n_objects))


def read_history(path: Path) -> pd.DataFrame:
    """Read a training's history.

    Raises
    ------
    UserError
        If it is missing, empty, or lacks a column.
    """
    try:
        history = pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; train the model first (`make repro`)") from None
    except pd.errors.EmptyDataError:
        raise UserError(f"{path}: is empty; train the model again") from None
    missing = [column for column in HISTORY_COLUMNS if column not in history]
    if missing or history.empty:
        raise UserError(
            f"{path}: no epoch, or column(s) missing: {', '.join(missing) or 'none'}; train the model again"
        )
    return history


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a small table for ``dvc plots``, numbers with 8 digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.8g", lineterminator="\n")
