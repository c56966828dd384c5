"""Numbers of the J-PAS track that must not tell a lensed quasar from the others, and all others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.gate.shortcuts import Gated, shortcuts_table
from lensfinder.gate.tables import image_numbers, index_in_name

NOISE_TOLERANCE = 0.05
"""How far from ½ the AUC of the noise may be, since the light of bright objects reaches the border.

A pair is wider than a lensed quasar, and a quasar alone has no galaxy: over the 6,400 cubes of the default
preset the AUC of lensed quasars is 0.466 ± 0.008 against pairs, 0.543 ± 0.011 against quasars alone and
0.493 ± 0.007 against both, and 0.597 ± 0.007 against both if their noise is 0.5 % higher.
"""

GATED = (
    Gated("index_in_name", "the number in an object's name"),
    Gated("row", "the row of an object"),
    Gated("direction_deg", "the direction from the galaxy to the brightest quasar image"),
    Gated("direction_off_diagonal_deg", "the angle between that direction and the nearest diagonal"),
    Gated("n_neighbours", "the number of neighbours"),
    Gated("neighbour_r_mag", "the magnitude of the brightest neighbour"),
    Gated("cubes_noise", "the noise at the border of the cube", NOISE_TOLERANCE),
    Gated(
        "quasar_r_mag_beside_galaxy",
        "of lensed quasars and pairs the magnitude of all quasar images together",
        tolerance=0.05,  # magnification bias need not leave the magnitudes of lenses exactly those of pairs
    ),
)


def jpas_shortcuts(catalogue: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Measure what each number of catalogue and images is worth alone; see :func:`.shortcuts_table`.

    A quasar alone has no galaxy: directions, and ``quasar_r_mag_beside_galaxy``, compare lensed quasars with
    pairs.
    """
    x, y = (catalogue[f"image_1_{of}_arcsec"] - catalogue[f"galaxy_{of}_arcsec"] for of in "xy")
    direction = np.degrees(np.arctan2(y.to_numpy(), x.to_numpy()))
    beside_galaxy = catalogue["kind"] != "quasar_alone"
    numbers = catalogue.select_dtypes("number").drop(columns="label")
    numbers = numbers.assign(
        index_in_name=index_in_name(catalogue["object_id"]),
        row=np.arange(len(catalogue)),
        direction_deg=direction % 360,
        direction_off_diagonal_deg=np.abs(direction % 90 - 45),
        quasar_r_mag_beside_galaxy=catalogue["quasar_r_mag_observed"].where(beside_galaxy),
    )
    numbers = numbers.join(image_numbers(images))
    label, sample, tile = (catalogue[name].to_numpy() for name in ("label", "sample", "tile"))
    return shortcuts_table(numbers, label, sample, tile, GATED)
