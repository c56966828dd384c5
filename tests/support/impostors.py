"""A small set of hard negatives that passes the gate, beside the dataset of ``gate_dataset``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from support.gate_dataset import BANDS, PIXELS

from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS

PER_KIND = 5


def good_impostors() -> tuple[pd.DataFrame, Any]:
    """Catalogue and cubes, kind after kind."""
    rng = np.random.default_rng(2)
    n = PER_KIND * len(IMPOSTOR_KINDS)
    columns = {name: column.dtype for name, column in IMPOSTOR_COLUMNS.items()}
    drawn = {name: "" if of == "str" else rng.uniform(0.5, 1.0, n) for name, of in columns.items()}
    frame = pd.DataFrame(drawn)
    frame["object_id"] = [f"jpas-hard_negative-{i:07d}" for i in range(n)]
    frame["kind"] = np.repeat(np.array(IMPOSTOR_KINDS, dtype=object), PER_KIND)
    frame["tile"], frame["label"] = 1000 + np.arange(n) % 20, 0
    frame["galaxy_id"] = [f"gal-{tile:04d}-0001" for tile in frame["tile"]]
    frame["mimic_r_mag"] = 20.0
    cubes = rng.normal(0, 0.1, (n, PIXELS, PIXELS, BANDS)).astype(np.float16)
    return frame.astype({name: of for name, of in columns.items() if of != "str"}), cubes
