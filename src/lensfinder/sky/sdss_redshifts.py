"""Redshifts and classes that the user gives in the place of the pipeline's."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from astropy.table import Table

from lensfinder.errors import UserError
from lensfinder.sky.sdss_identity import spectrum_name
from lensfinder.sky.tables import column, floats

FORMATS = {".csv": "ascii.csv", ".ecsv": "ascii.ecsv"}


class Redshift(NamedTuple):
    """Redshift of a spectrum and its class: QSO, GALAXY or STAR."""

    z: float
    object_class: str


def read_redshifts(folder: Path, name: str) -> dict[str, Redshift]:
    """Read the table ``name`` of a folder of spectra: columns spectrum (the file's name), z and class.

    An empty name is no table. It lies in the folder, so that DVC runs what depends on it anew if it changes.

    Raises
    ------
    UserError
        If the file is missing, lies elsewhere, is neither CSV nor ECSV, lacks a column, holds a redshift that
        is not a number, or names a spectrum twice.
    """
    if not name:
        return {}
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"quasars.sdss_redshifts = {name!r}: the table must lie in quasars.sdss_folder, {folder}"
        )
    if not path.is_file():
        raise UserError(f"{path}: no such file; quasars.sdss_redshifts names a table in quasars.sdss_folder")
    if path.suffix not in FORMATS:
        raise UserError(f"{path}: a table of redshifts is a {' or '.join(FORMATS)}")
    try:
        table = Table.read(path, format=FORMATS[path.suffix])
        z = floats(table, "z", path)
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read as {path.suffix[1:].upper()}: {error}") from None
    names = [spectrum_name(str(of)) for of in column(table, "spectrum", path)]
    classes = [str(of).strip().upper() for of in column(table, "class", path)]
    if table.has_masked_values:
        raise UserError(f"{path}: a cell is empty; every row needs spectrum, z and class")
    twice = [of for of, count in Counter(names).items() if count > 1]
    if twice:
        raise UserError(f"{path}: column spectrum names {twice[0]} more than once")
    return dict(zip(names, map(Redshift, map(float, z), classes), strict=True))
