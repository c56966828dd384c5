"""Tables with all columns that a file must have, to be filled in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lensfinder.datasets.table import Column


def blank(n: int, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Make ``n`` rows without a value: "", 0 or NaN."""
    return pd.DataFrame(
        {
            name: np.full(n, "", dtype=object)
            if column.dtype == "str"
            else np.full(n, np.nan if column.dtype.startswith("float") else 0, dtype=column.dtype)
            for name, column in columns.items()
        }
    )
