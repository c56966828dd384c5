"""Numbers of the Euclid track that must not tell a lens from a non-lens, and all others beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.gate.shortcuts import Gated, shortcuts_table
from lensfinder.gate.tables import image_numbers, index_in_name

GATED = (
    Gated("index_in_name", "the number in a stamp's name"),
    Gated("ID", "the image number"),
    Gated("row", "the row of a stamp"),
    Gated("mass_pa_deg", "the position angle of the deflector"),
    Gated("mass_pa_off_diagonal_deg", "the angle between the deflector and the nearest diagonal"),
    Gated("n_gal_3", "the number of neighbours within 3″"),
    Gated("n_gal_5", "the number of neighbours within 5″"),
    Gated("n_gal_10", "the number of neighbours within 10″"),
    Gated("vis_noise", "the noise at the border of the VIS stamp"),
    Gated("nisp_noise", "the noise at the border of the NISP stamp"),
)


def gated(catalogue: pd.DataFrame) -> tuple[Gated, ...]:
    """Return the numbers that must say nothing: none where a sample was imported.

    Its makers may have had reasons that nobody here knows.
    """
    return GATED if (catalogue["origin"] == "simulated").all() else ()


def euclid_shortcuts(catalogue: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Measure what each number of catalogue and images is worth alone; see :func:`.shortcuts_table`.

    Of lenses and non-lenses of the test's rule, without the stamps that are neither.
    """
    numbers = catalogue.select_dtypes("number").drop(columns="label")
    numbers = numbers.assign(
        index_in_name=index_in_name(catalogue["object_id"]),
        row=np.arange(len(catalogue)),
        mass_pa_deg=catalogue["mass_pa_deg"] % 180,
        mass_pa_off_diagonal_deg=(catalogue["mass_pa_deg"] % 90 - 45).abs(),
    )
    numbers = numbers.join(image_numbers(images))
    judged = catalogue["label"] != -1
    label, sample = (catalogue.loc[judged, name].to_numpy() for name in ("label", "sample"))
    return shortcuts_table(numbers[judged], label, sample, np.arange(len(label)), gated(catalogue))
