"""Numbers of the J-PAS track that must not tell a lensed quasar from the others, and all others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.gate.shortcuts import Gated, shortcuts_table
from lensfinder.gate.tables import image_numbers, index_in_name

NOISE_TOLERANCE = 0.05
"""By how much the AUC of the noise may differ from ½, since photon noise of bright objects reaches the border.

A pair is wider than a lensed quasar, and a quasar alone has no galaxy: over 4,100 simulated cubes the AUC of
lensed quasars is 0.461 ± 0.009 against pairs, 0.542 ± 0.013 against quasars alone and 0.489 ± 0.009 against
both, and 0.593 against both if their noise is 0.5 % higher.
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
    direction = np.degrees(
        np.arctan2(
            catalogue["image_1_y_arcsec"] - catalogue["galaxy_y_arcsec"],
            catalogue["image_1_x_arcsec"] - catalogue["galaxy_x_arcsec"],
        )
    )
    beside_galaxy = catalogue["kind"] != "quasar_alone"
    numbers = catalogue.select_dtypes("number").drop(columns="label")
    numbers = numbers.assign(
        index_in_name=index_in_name(catalogue["object_id"]),
        row=np.arange(len(catalogue)),
        direction_deg=direction % 360,
        direction_off_diagonal_deg=(direction % 90 - 45).abs(),
        quasar_r_mag_beside_galaxy=catalogue["quasar_r_mag_observed"].where(
            catalogue["kind"] != "quasar_alone"
        ),
    )
    numbers = numbers.join(image_numbers(images))
    return shortcuts_table(numbers, catalogue["label"], catalogue["sample"], catalogue["tile"], GATED)
