"""``params.yaml`` as typed, frozen objects.

Every value that a user may choose stands in ``params.yaml`` with its unit; nothing has a default here, so
that the file shows all that was active in a run. A field that is unknown, missing or impossible is refused
with its name and value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lensfinder.errors import UserError
from lensfinder.params.base import (
    SAMPLES,
    Ablation,
    Cosmology,
    Count,
    CrossValidation,
    Judging,
    Model,
    Range,
    Section,
    Simulation,
    Training,
)
from lensfinder.params.populations import Galaxies
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS, HardNegatives, ImpostorCounts
from lensfinder.surveys.euclid.params import CONTROL, Euclid, StampModel
from lensfinder.surveys.jpas.params import KINDS, Counts, Jpas, KindCounts, Observation, Quasars, Sky, Systems

__all__ = [
    "CONTROL",
    "IMPOSTOR_KINDS",
    "KINDS",
    "SAMPLES",
    "SURVEYS",
    "Ablation",
    "Cosmology",
    "Counts",
    "CrossValidation",
    "Euclid",
    "Galaxies",
    "HardNegatives",
    "ImpostorCounts",
    "Jpas",
    "Judging",
    "KindCounts",
    "Model",
    "Observation",
    "Params",
    "Quasars",
    "Range",
    "Simulation",
    "Sky",
    "StampModel",
    "Systems",
    "Training",
    "read_params",
]


SURVEYS = ("jpas", "euclid")


class Params(Section):
    """The whole of ``params.yaml``."""

    preset: str
    seed: Count
    cosmology: Cosmology
    jpas: Jpas
    euclid: Euclid

    def survey(self, name: str) -> Jpas | Euclid:
        """Return the section of a survey, by its name."""
        section: Jpas | Euclid = getattr(self, name)
        return section


def read_params(path: Path | str = "params.yaml") -> Params:
    """Read and check a parameter file.

    Raises
    ------
    UserError
        If the file is missing or no YAML, or if any field is unknown, missing or impossible; every such field
        is named with its value.
    """
    path = Path(path)
    try:
        raw: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run lensfinder at the root of the repository") from None
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        raise UserError(_explain(path, error)) from None


def _explain(path: Path, error: ValidationError) -> str:
    lines = [f"{path}: {error.error_count()} wrong value(s)"]
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "(file)"
        # A whole section as "value" (missing field, cross-field check) would bury the message.
        value = "" if isinstance(problem["input"], dict | BaseModel) else f" = {problem['input']!r}"
        lines.append(f"  {field}{value}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
