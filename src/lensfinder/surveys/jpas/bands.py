"""The bands of J-PAS, from ``data/jpas_filters.ecsv``."""

from __future__ import annotations

from pathlib import Path

from lensfinder.errors import UserError
from lensfinder.sky.passbands import FilterSet
from lensfinder.sky.tables import read_filter_set
from lensfinder.typing import FloatArray

FILTERS_FILE = "jpas_filters.ecsv"


def read_filters(folder: Path) -> FilterSet:
    """Read the table of bands in ``folder``.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    return read_filter_set(folder / FILTERS_FILE)


def read_wavelengths(tables: Path, n_bands: int) -> FloatArray:
    """Mean wavelength [Å] of each band of a cube.

    Raises
    ------
    UserError
        If the table of filters is missing or holds another number of bands.
    """
    filters = read_filters(tables).cube()
    if len(filters) != n_bands:
        raise UserError(
            f"{tables / FILTERS_FILE}: {len(filters)} bands in_cube, but the cubes have {n_bands}"
        )
    return filters.wavelength_mean_A
