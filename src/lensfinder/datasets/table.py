"""Parquet tables whose columns carry unit and description, readable by pandas and astropy."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lensfinder.errors import UserError


@dataclass(frozen=True)
class Column:
    """Meaning of one column: NumPy dtype, unit (astropy's spelling, "" if none), description."""

    dtype: str
    unit: str
    description: str


def write_table(path: Path, frame: pd.DataFrame, columns: Mapping[str, Column]) -> None:
    """Write ``frame`` so that the same content always makes the same bytes, and never half a file.

    Raises
    ------
    ValueError
        If the frame's columns are not exactly those declared, in that order.
    """
    if list(frame.columns) != list(columns):
        odd = sorted(set(frame.columns) ^ set(columns)) or "order"
        raise ValueError(f"{path.name}: columns differ from their declaration: {odd}")
    fields = []
    arrays = []
    for name, column in columns.items():
        kind = pa.string() if column.dtype == "str" else pa.from_numpy_dtype(column.dtype)
        arrays.append(pa.array(frame[name].to_numpy(), type=kind, from_pandas=False))
        fields.append(pa.field(name, kind, metadata={"unit": column.unit, "description": column.description}))
    units = {name: {"unit": c.unit, "description": c.description} for name, c in columns.items()}
    # astropy reads strings into fields of fixed width and warns unless the file tells it which.
    widths = {
        f"table::len::{name}": str(max(frame[name].str.len().max(), 1))
        for name, column in columns.items()
        if column.dtype == "str"
    }
    schema = pa.schema(fields, metadata={"lensfinder.columns": json.dumps(units), **widths})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), partial, compression="zstd")
    os.replace(partial, path)


def read_table(path: Path, required: Mapping[str, Column] | None = None) -> pd.DataFrame:
    """Read a table; with ``required``, refuse one that lacks any of these columns.

    Raises
    ------
    UserError
        If the file is missing, is no Parquet, or lacks a column.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; run `make repro` (or `dvc repro`) to make it")
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{path}: cannot be read as Parquet: {error}") from None
    missing = [name for name in required or () if name not in frame.columns]
    if missing:
        raise UserError(f"{path}: column(s) missing: {', '.join(missing)}")
    return frame


def column_meanings(path: Path) -> dict[str, Column]:
    """Return unit and description of every column of a table written by :func:`write_table`."""
    schema = pq.read_schema(path)
    return {
        field.name: Column(
            str(field.type),
            (field.metadata or {}).get(b"unit", b"").decode(),
            (field.metadata or {}).get(b"description", b"").decode(),
        )
        for field in schema
    }
