"""Tables that the gate's expectations look at, made from catalogue, splits and facts about images.

They hold what is read plus the few columns that compare one table with another, so that an expectation is a
statement about one table and a failing row can be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lensfinder.datasets.jpas_columns import IMAGES_MAX
from lensfinder.gate.image_facts import Rows, comparable, image_facts, pseudo_spectra_error, sample_rows
from lensfinder.typing import FloatArray

SPLIT_ATTRIBUTES = ("object_id", "label", "kind", "tile")
"""Columns of the splits that repeat the catalogue's."""

CATALOGUE_LINKS = ("sample", "galaxy_id", "spectrum_id")
"""Columns of the catalogue that decide into which part an object may go."""

COMPARED_OBJECTS = 256
"""Pseudo-spectra that are compared with the sums of their cubes."""


def jpas_tables(
    catalogue: pd.DataFrame, splits: pd.DataFrame, cubes: Rows, pseudo_spectra: Rows, seed: int
) -> dict[str, pd.DataFrame]:
    """Make all tables of a J-PAS dataset; reads every image once.

    Parameters
    ----------
    seed
        Chooses the :data:`COMPARED_OBJECTS` whose pseudo-spectra are compared with their cubes.
    """
    arrays = {"cubes": cubes, "pseudo_spectra": pseudo_spectra}
    n_objects = len(catalogue)
    error = np.full(n_objects, np.nan)
    if comparable(cubes, pseudo_spectra):
        rows = sample_rows(min(n_objects, cubes.shape[0], pseudo_spectra.shape[0]), COMPARED_OBJECTS, seed)
        error[rows] = pseudo_spectra_error(cubes, pseudo_spectra, rows)
    facts = {name: image_facts(array, n_objects) for name, array in arrays.items()}
    return {
        "catalogue": catalogue_table(catalogue),
        "splits": splits_table(splits, catalogue),
        "coverage": coverage_table(splits, catalogue),
        "arrays": arrays_table(arrays),
        "images": images_table(catalogue, splits, facts, {"pseudo_spectra_error": error}),
    }


def catalogue_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Add to the catalogue what follows from several of its columns.

    New columns: ``n_images_listed`` (images with a position), ``image_reach_arcsec`` and
    ``galaxy_reach_arcsec`` (largest distance from the stamp's centre along x or y), ``magnification_error``
    (relative difference between ``magnification`` and Σ|μ| of the images listed) and
    ``separation_error_arcsec`` (between the separation of a pair and the distance of its two positions). A
    missing name becomes "".
    """
    table = _named(catalogue)
    x = _image_columns(catalogue, "x_arcsec")
    y = _image_columns(catalogue, "y_arcsec")
    reach = np.fmax(np.abs(x), np.abs(y))
    table["n_images_listed"] = (np.isfinite(x) & np.isfinite(y)).sum(axis=1)
    table["image_reach_arcsec"] = np.fmax.reduce(reach, axis=1)
    table["galaxy_reach_arcsec"] = np.fmax(table["galaxy_x_arcsec"].abs(), table["galaxy_y_arcsec"].abs())
    total = np.nansum(np.abs(_image_columns(catalogue, "magnification")), axis=1)
    table["magnification_error"] = (table["magnification"] / total - 1).abs()
    table["separation_error_arcsec"] = (
        table["separation_arcsec"]
        - np.hypot(table["galaxy_x_arcsec"] - x[:, 0], table["galaxy_y_arcsec"] - y[:, 0])
    ).abs()
    return table


def splits_table(splits: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Put beside each row of the splits what the catalogue says in the row it points to.

    New columns: ``row_known`` (the catalogue has that row), ``catalogue_<name>`` of :data:`SPLIT_ATTRIBUTES`,
    :data:`CATALOGUE_LINKS`, and ``validation`` (1.0 in that part, else 0.0). Where the row is not known the
    catalogue's columns say "" or -1, which agrees with nothing.
    """
    table = _named(splits)
    known = table["row"].between(0, len(catalogue) - 1)
    source = _named(catalogue).reindex(table["row"].where(known, -1)).reset_index(drop=True)
    table["row_known"] = known
    for name in (*SPLIT_ATTRIBUTES, *CATALOGUE_LINKS):
        column = f"catalogue_{name}" if name in SPLIT_ATTRIBUTES else name
        table[column] = source[name].fillna("" if name in _texts(catalogue) else -1)
    table["validation"] = (table["part"] == "validation").astype(float)
    return table


def coverage_table(splits: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Count for each object of the catalogue the rows that the splits give it (``times_in_splits``)."""
    table = _named(catalogue)[["object_id", "sample", "kind", "tile"]]
    times = splits["object_id"].value_counts()
    table["times_in_splits"] = table["object_id"].map(times).fillna(0).astype(int)
    return table


def arrays_table(arrays: Mapping[str, Rows]) -> pd.DataFrame:
    """Describe each image array in one row: ``array``, ``n_images``, ``image_shape`` (text), ``dtype``."""
    return pd.DataFrame(
        {
            "array": list(arrays),
            "n_images": [array.shape[0] for array in arrays.values()],
            "image_shape": [shape_text(array.shape[1:]) for array in arrays.values()],
            "dtype": [array.dtype.name for array in arrays.values()],
        }
    )


def images_table(
    catalogue: pd.DataFrame,
    splits: pd.DataFrame,
    facts: Mapping[str, pd.DataFrame],
    errors: Mapping[str, FloatArray],
) -> pd.DataFrame:
    """Put the facts about all arrays side by side, one row an object.

    Parameters
    ----------
    facts
        Result of :func:`~lensfinder.gate.image_facts.image_facts` for each array; its columns get the array's
        name as a prefix.
    errors
        Further columns of shape (n_objects,).
    """
    named = _named(catalogue)
    parts = _named(splits).drop_duplicates("object_id").set_index("object_id")["part"]
    table = named[["object_id", "kind"]].assign(part=named["object_id"].map(parts).fillna(""))
    columns = [table, *(frame.add_prefix(f"{name}_") for name, frame in facts.items())]
    return pd.concat(columns, axis=1).assign(**errors)


def shape_text(shape: Sequence[int]) -> str:
    """Write a shape as "50 × 50 × 56"."""
    return " × ".join(str(n) for n in shape)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy, with a plain index and "" for every missing text: a missing name is found as an empty one."""
    copy = frame.reset_index(drop=True)
    return copy.assign(**{name: copy[name].fillna("") for name in _texts(copy)})


def _texts(frame: pd.DataFrame) -> list[str]:
    return list(frame.select_dtypes(exclude=["number", "bool"]).columns)


def _image_columns(catalogue: pd.DataFrame, name: str) -> FloatArray:
    columns = [f"image_{i}_{name}" for i in range(1, IMAGES_MAX + 1)]
    values: FloatArray = catalogue[columns].to_numpy(dtype=np.float64)
    return values
