"""Catalogue of the second lens-finding challenge as a file: comma-separated below lines that start with #."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.surveys.euclid.challenge.layout import FLUX_COLUMNS, MAGGY, RULE_COLUMNS, UJY_PER_MAGGY
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS, CHALLENGE_COLUMNS

_EMPTY = {"", "na", "n/a", "nan", "none", "null"}


def read_challenge_catalogue(path: Path) -> pd.DataFrame:
    """Read ``CHALLENGE_COLUMNS``, as numbers and in the file's order; a column that is missing is NaN.

    Columns whose meaning is not known are passed over, whatever they hold.

    Raises
    ------
    UserError
        If the file is missing, empty or cut short; if a column is missing without which nothing can be
        selected; if a cell is no number; if an ID is no whole number.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; name the challenge's catalogue, a .csv file")
    # Only numbers are read; what is no UTF-8 stands in a comment or in a column that is passed over.
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        records = _records(stream)
        _, header = next(records, (0, []))
        places = _places(path, header)
        rows = []
        for line, cells in records:
            if len(cells) != len(header):
                raise UserError(
                    f"{path}, line {line}: {len(cells)} cell(s), the header has {len(header)}; the file is "
                    "damaged or cut short"
                )
            row = {name: _number(path, line, name, cells[place]) for name, place in places.items()}
            if not (row["ID"] >= 0 and row["ID"] % 1 == 0):
                raise UserError(f"{path}, line {line}: ID = {row['ID']} is not a whole number from 0 on")
            rows.append(row)
    if not rows:
        raise UserError(f"{path}: no rows below the header")
    return pd.DataFrame(rows).reindex(columns=list(CHALLENGE_COLUMNS)).astype({"ID": np.int64})


def write_challenge_catalogue(path: Path, catalogue: pd.DataFrame) -> None:
    """Write a catalogue of ours in the challenge's form, fluxes in maggies, every column explained above.

    Parameters
    ----------
    catalogue
        ``CATALOGUE_COLUMNS``, those of the challenge come first in the file.
    """
    names = [*CHALLENGE_COLUMNS, *(name for name in CATALOGUE_COLUMNS if name not in CHALLENGE_COLUMNS)]
    table = catalogue[names].reset_index(drop=True)
    for name in FLUX_COLUMNS:
        table[name] /= UJY_PER_MAGGY
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write("# Stamps of the Euclid track of lensfinder, in the layout of the second lens-finding\n")
        stream.write(f"# challenge. Images are in {MAGGY} (AB magnitude 0), sky subtracted. Columns:\n")
        for name in names:
            column = CATALOGUE_COLUMNS[name]
            unit = MAGGY if name in FLUX_COLUMNS else column.unit
            stream.write(f"# {name}{f' [{unit}]' if unit else ''}: {column.description}\n")
        table.to_csv(stream, na_rep="NaN", lineterminator="\n")


def _records(stream: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Cells of each line that is neither empty nor a comment, with the line's number in the file."""
    for number, line in enumerate(stream, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, [cell.strip() for cell in next(csv.reader([line]))]


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Position of every known column."""
    missing = [name for name in RULE_COLUMNS if name not in header]
    if missing:
        found = ", ".join(name for name in header if name) or "none"
        raise UserError(f"{path}: column(s) missing: {', '.join(missing)}; there are: {found}")
    double = [name for name in CHALLENGE_COLUMNS if header.count(name) > 1]
    if double:
        raise UserError(f"{path}: column(s) twice in the header: {', '.join(double)}")
    return {name: header.index(name) for name in CHALLENGE_COLUMNS if name in header}


def _number(path: Path, line: int, name: str, cell: str) -> float:
    if cell.lower() in _EMPTY:
        return float("nan")
    try:
        return float(cell)
    except ValueError:
        raise UserError(f"{path}, line {line}: {name} = {cell!r} is not a number") from None
