"""Networks of every representation, small enough for tests."""

from __future__ import annotations

import numpy as np

from lensfinder.datasets.representation import InputForm
from lensfinder.networks import normalisation as scaling
from lensfinder.params import Model
from lensfinder.studies.ablations.representations import REPRESENTATIONS as OF_CUBES
from lensfinder.surveys.euclid.params import StampModel
from lensfinder.surveys.euclid.representations import REPRESENTATIONS as OF_STAMPS
from lensfinder.typing import AnyArray, Float32Array

REPRESENTATIONS = {**OF_CUBES, **OF_STAMPS}


def network(representation: str = "cube", **changes: object) -> Model:
    """Parameters of a small network that reads a representation."""
    values: dict[str, object] = {
        "representation": representation,
        "architecture": next(iter(REPRESENTATIONS[representation].networks)),
        "normalisation": "per_band_max",
        "symmetries": True,
        "shift_max_pixels": 2,
        "free_rotation_and_zoom": False,
        "filters": (4, 6, 8),
        "dense_units": 5,
        "dropout": 0.2,
    }
    if representation == "stamps":
        return StampModel.model_validate({**values, "nisp_filters": (4, 6), **changes})
    return Model.model_validate(values | changes)


def normalise(images: AnyArray, form: InputForm, normalisation: str) -> Float32Array:
    """Return as an array what a saved network makes of images before it judges them."""
    return np.asarray(scaling.normalise(images, form, normalisation))
