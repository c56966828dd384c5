"""Sections of ``params.yaml`` that both surveys have."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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


class Galaxies(Section):
    """Galaxy population."""

    early_fraction: Fraction
    redshift: Range
    r_mag: Range
    r_abs_mag_faint_limit: Finite
    faber_jackson_scatter_dex: NonNegative
    tully_fisher_scatter_dex: NonNegative
    core_radius_arcsec: Range
    mass_axis_ratio_scatter: NonNegative
    mass_pa_scatter_deg: NonNegative
    shear_sigma: NonNegative


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

    representation: Literal["cube", "pseudo_spectra", "stamps"]
    normalisation: Literal["per_band_max", "global_max", "asinh"]
    symmetries: bool
    shift_max_pixels: Count
    free_rotation_and_zoom: bool
    filters: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]
    dense_units: PositiveCount
    dropout: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _meaningful(self) -> Self:
        if self.free_rotation_and_zoom and self.representation == "pseudo_spectra":
            raise ValueError("free_rotation_and_zoom has no meaning for pseudo-spectra: set it to false")
        return self


class Judging(Section):
    """Measures and their intervals."""

    threshold: OpenFraction
    beta: Positive
    interval_level: OpenFraction
    bootstrap_samples: Annotated[int, Field(ge=100)]
    sky_lens_fraction: OpenFraction
