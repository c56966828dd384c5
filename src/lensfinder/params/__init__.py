"""``params.yaml`` as typed, frozen objects.

Every value that a user may choose stands in ``params.yaml`` with its unit; nothing has a default here, so
that the file shows all that was active in a run. A field that is unknown, missing or impossible is refused
with its name and value.
"""

from __future__ import annotations

from lensfinder.params.base import SAMPLES, Cosmology, Judging, Model, Range, Section, Simulation, Training
from lensfinder.params.populations import FieldGalaxies, Galaxies
from lensfinder.params.read import Params, read_params

__all__ = [
    "SAMPLES",
    "Cosmology",
    "FieldGalaxies",
    "Galaxies",
    "Judging",
    "Model",
    "Params",
    "Range",
    "Section",
    "Simulation",
    "Training",
    "read_params",
]
