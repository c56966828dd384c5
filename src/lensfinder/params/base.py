"""Sections of ``params.yaml`` that both surveys have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]
OpenFraction = Annotated[float, Field(gt=0, lt=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(ge=1)]

SAMPLES = ("train", "test")


class Section(BaseModel):
    """Parameters that belong together; a field that it does not have is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Range(Section):
    """A closed interval ``low``–``high`` in the unit that the field's name gives."""

    low: Finite
    high: Finite

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be less than high ({self.high})")
        return self


class Cosmology(Section):
    """Flat ΛCDM."""

    h0_km_s_mpc: Positive
    omega_m: OpenFraction


class Simulation(Section):
    """How the work is cut up; none of it changes a single bit of the result."""

    chunk_size: PositiveCount
    workers: Annotated[int, Field(ge=0)]


class Training(Section):
    """Optimisation, equal for every model of a survey."""

    batch_size: PositiveCount
    epochs_max: PositiveCount
    patience: PositiveCount
    learning_rate: Positive
    threads: Annotated[int, Field(ge=0)]


class Model(Section):
    """One network: what it reads, how the input is scaled and augmented, and its width."""

    representation: Literal["cube", "pseudo_spectra", "one_pseudo_spectrum", "white", "colours", "stamps"]
    normalisation: Literal["per_band_max", "global_max", "asinh"]
    symmetries: bool
    shift_max_pixels: Count
    free_rotation_and_zoom: bool
    filters: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]
    dense_units: PositiveCount
    dropout: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _meaningful(self) -> Self:
        if self.free_rotation_and_zoom and self.representation in ("pseudo_spectra", "one_pseudo_spectrum"):
            raise ValueError("free_rotation_and_zoom has no meaning for pseudo-spectra: set it to false")
        if self.representation == "colours":
            if self.symmetries or self.shift_max_pixels or self.free_rotation_and_zoom:
                raise ValueError(
                    "symmetries, shift_max_pixels and free_rotation_and_zoom have no meaning for colours, "
                    "which are of no place: set them to false, 0 and false"
                )
            if self.normalisation == "per_band_max":
                raise ValueError(
                    "normalisation = per_band_max makes every colour 1: set it to global_max or asinh"
                )
        return self


class Ablation(Section):
    """A model with something taken from it or done otherwise, to see what that was good for.

    ``changes`` to the fields of the model ``base``; the outcome is compared with the models (or ablations)
    named in ``against``, on the same objects.
    """

    base: str
    changes: dict[str, Any]
    against: Annotated[tuple[str, ...], Field(min_length=1)]

    def of(self, model: Model) -> Model:
        """Return ``model`` with the changes.

        Raises
        ------
        ValueError
            If the outcome is no model, or the same as before.
        """
        try:
            changed = Model.model_validate(model.model_dump() | self.changes)
        except ValidationError as error:
            problem = error.errors()[0]
            field = ".".join(str(part) for part in problem["loc"])
            message = problem["msg"].removeprefix("Value error, ")
            raise ValueError(f"{field}: {message}" if field else message) from None
        if changed == model:
            raise ValueError(f"nothing of {self.base} is changed")
        return changed


class CrossValidation(Section):
    """Folds, each held out once by networks that learn from all others; numbered, so that DVC can name them.

    ``repeats`` cut the sky into as many folds again, along other lines. ``models`` are cross-validated on the
    same folds.
    """

    folds: tuple[PositiveCount, ...]
    repeats: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]
    models: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if len(self.folds) < 2:
            raise ValueError(f"folds ({list(self.folds)}) must be two or more")
        for name in ("folds", "repeats"):
            numbers = getattr(self, name)
            if numbers != tuple(range(1, len(numbers) + 1)):
                raise ValueError(f"{name} ({list(numbers)}) must count from 1: 1, 2, 3, …")
        if len(set(self.models)) < len(self.models):
            raise ValueError(f"models ({list(self.models)}) names one twice")
        return self

    def check_models(self, known: Collection[str]) -> None:
        """Raise ValueError if a model is none of those that the survey has."""
        for name in self.models:
            if name not in known:
                raise ValueError(f"cv.models: {name!r} is none of the survey's models ({', '.join(known)})")


class Judging(Section):
    """Measures and their intervals."""

    threshold: OpenFraction
    beta: Positive
    interval_level: OpenFraction
    bootstrap_samples: Annotated[int, Field(ge=100)]
    sky_lens_fraction: OpenFraction
