"""Tables that the gate's expectations look at, made from catalogue, splits and facts about images.

They hold what is read plus the few columns that compare one table with another, so that an expectation is a
statement about one table and a failing row can be named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lensfinder.gate.image_facts import Rows
from lensfinder.typing import FloatArray


def beside_catalogue(
    split: pd.DataFrame, catalogue: pd.DataFrame, repeated: Sequence[str], further: Sequence[str]
) -> pd.DataFrame:
    """Put beside each row of a split what the catalogue says in the row it points to.

    New columns: ``row_known`` (the catalogue has that row), ``catalogue_<name>`` of the columns that the
    split repeats from the catalogue, ``further`` columns of the catalogue under their own names, and
    ``validation`` (1.0 in that part, else 0.0). Where the row is not known, what is repeated says "" or -1,
    which agrees with nothing, and of the further columns texts say "" and numbers are NaN.
    """
    table = named(split)
    known = table["row"].between(0, len(catalogue) - 1)
    source = named(catalogue).reindex(table["row"].where(known, -1)).reset_index(drop=True)
    texts = text_columns(catalogue)
    table["row_known"] = known
    for name in repeated:
        table[f"catalogue_{name}"] = source[name].fillna("" if name in texts else -1)
    for name in further:
        table[name] = source[name].fillna("") if name in texts else source[name]
    table["validation"] = (table["part"] == "validation").astype(float)
    return table


def times_used(objects: pd.DataFrame, split: pd.DataFrame) -> pd.Series[int]:
    """Count for each of ``objects`` the rows that the split gives it, by name."""
    return objects["object_id"].map(split["object_id"].value_counts()).fillna(0).astype(int)


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
    objects: pd.DataFrame, facts: Mapping[str, pd.DataFrame], errors: Mapping[str, FloatArray]
) -> pd.DataFrame:
    """Put the facts about all arrays side by side, one row an object.

    Parameters
    ----------
    objects
        What names each object of the catalogue, in its order.
    facts
        Result of :func:`~lensfinder.gate.image_facts.image_facts` for each array; its columns get the array's
        name as a prefix.
    errors
        Further columns of shape (n_objects,).
    """
    columns = [objects, *(frame.add_prefix(f"{name}_") for name, frame in facts.items())]
    return pd.concat(columns, axis=1).assign(**errors)


def image_numbers(images: pd.DataFrame) -> pd.DataFrame:
    """Return of :func:`images_table` what is one number of an image: extremes, light and noise."""
    return images.filter(regex=r"_(minimum|maximum|noise|flux)$")


def index_in_name(object_id: pd.Series[str]) -> pd.Series[float]:
    """Return the digits at the end of each name as a number; NaN where there are none."""
    return object_id.str.extract(r"(\d+)$", expand=False).astype(np.float64)


def shape_text(shape: Sequence[int]) -> str:
    """Write a shape as "50 × 50 × 56"."""
    return " × ".join(str(n) for n in shape)


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy, with a plain index and "" for every missing text: a missing name is found as an empty one."""
    copy = frame.reset_index(drop=True)
    return copy.assign(**{name: copy[name].fillna("") for name in text_columns(copy)})


def text_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that hold neither numbers nor booleans."""
    return list(frame.select_dtypes(exclude=["number", "bool"]).columns)
