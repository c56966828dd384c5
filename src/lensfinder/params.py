"""``params.yaml`` as typed, frozen objects.

Every value that a user may choose stands in ``params.yaml`` with its unit; nothing has a default here, so
that the file shows all that was active in a run. A field that is unknown, missing or impossible is refused
with its name and value.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lensfinder.errors import UserError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, le=1)]
OpenFraction = Annotated[float, Field(gt=0, lt=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
PositiveCount = Annotated[int, Field(ge=1)]

KINDS = ("lensed_quasar", "quasar_near_galaxy", "quasar_alone")
SAMPLES = ("train", "test")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Range(_Section):
    """A closed interval ``low``–``high`` in the unit that the field's name gives."""

    low: Finite
    high: Finite

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be less than high ({self.high})")
        return self


class Cosmology(_Section):
    """Flat ΛCDM."""

    h0_km_s_mpc: Positive
    omega_m: OpenFraction


class Sky(_Section):
    """The patch of sky that is simulated, cut into tiles."""

    area_deg2: Positive
    tiles: Annotated[int, Field(ge=4)]
    test_tiles: PositiveCount
    galaxies: PositiveCount
    quasars_per_tile: PositiveCount

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.test_tiles > self.tiles - 2:
            raise ValueError(
                f"test_tiles ({self.test_tiles}) must leave two of the {self.tiles} tiles for training"
            )
        if self.galaxies < self.tiles:
            raise ValueError(f"galaxies ({self.galaxies}) must be at least one a tile ({self.tiles})")
        return self


class KindCounts(_Section):
    """Number of objects of each kind in one sample."""

    lensed_quasar: PositiveCount
    quasar_near_galaxy: PositiveCount
    quasar_alone: PositiveCount

    def of(self, kind: str) -> int:
        """Return the count of one of :data:`KINDS`."""
        return int(getattr(self, kind))

    @property
    def total(self) -> int:
        """All kinds together."""
        return self.lensed_quasar + self.quasar_near_galaxy + self.quasar_alone

    @property
    def positive_fraction(self) -> float:
        """Lensed quasars among all."""
        return self.lensed_quasar / self.total


class Counts(_Section):
    """Number of objects of the training (with validation) and of the test sample."""

    train: KindCounts
    test: KindCounts

    def of(self, sample: str) -> KindCounts:
        """Return the counts of one of :data:`SAMPLES`."""
        return self.train if sample == "train" else self.test

    @property
    def total(self) -> int:
        """Both samples together."""
        return self.train.total + self.test.total


class Galaxies(_Section):
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


class Quasars(_Section):
    """Quasar population and where its spectra come from."""

    source: Literal["synthetic", "sdss"]
    sdss_folder: Annotated[str, Field(min_length=1)]
    redshift: Range
    r_mag: Range
    bal_fraction: Fraction
    dust_ebv_mean: NonNegative


class Systems(_Section):
    """Which galaxy–quasar systems are made, and what befalls each quasar image."""

    theta_e_min_arcsec: Positive
    quasar_r_mag_observed: Range
    pair_separation_arcsec: Range
    pair_galaxy_weights: Literal["lens", "uniform"]
    companion_margin_arcsec: NonNegative
    image_dust_ebv_mean: NonNegative
    variability: Range
    microlensing_sigma: NonNegative


class Observation(_Section):
    """Camera, seeing and exposure; the depth of each band is a column of ``data/jpas_filters.ecsv``."""

    pixel_scale_arcsec: Positive
    stamp_pixels: Annotated[int, Field(ge=8)]
    jitter_pixels: NonNegative
    psf_fwhm_arcsec: Range
    psf_fwhm_tray_correlation: Fraction
    moffat_beta: Annotated[float, Field(gt=1)]
    exposure_s: Positive
    depth_offset_mag: Finite


class Simulation(_Section):
    """How the work is cut up; none of it changes a single bit of the result."""

    chunk_size: PositiveCount
    workers: Annotated[int, Field(ge=0)]


class Split(_Section):
    """Cut of the training sample's tiles into training and validation."""

    validation_fraction: OpenFraction


class Gate(_Section):
    """Tolerances of the checks between split and training."""

    size_tolerance: NonNegative
    balance_tolerance: NonNegative
    magnification_max: Positive


class Training(_Section):
    """Optimisation, equal for every model of a survey."""

    batch_size: PositiveCount
    epochs_max: PositiveCount
    patience: PositiveCount
    learning_rate: Positive
    threads: Annotated[int, Field(ge=0)]


class Model(_Section):
    """One network: what it reads, how the input is scaled and augmented, and its width."""

    representation: Literal["cube", "pseudo_spectra"]
    normalisation: Literal["per_band_max", "global_max", "asinh"]
    symmetries: bool
    shift_max_pixels: Count
    free_rotation_and_zoom: bool
    filters: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]
    dense_units: PositiveCount
    dropout: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _meaningful(self) -> Self:
        if self.free_rotation_and_zoom and self.representation != "cube":
            raise ValueError("free_rotation_and_zoom has no meaning for pseudo-spectra: set it to false")
        return self


class Judging(_Section):
    """Measures and their intervals."""

    threshold: OpenFraction
    beta: Positive
    interval_level: OpenFraction
    bootstrap_samples: Annotated[int, Field(ge=100)]
    sky_lens_fraction: OpenFraction


class Jpas(_Section):
    """Everything of the J-PAS track."""

    sky: Sky
    counts: Counts
    galaxies: Galaxies
    quasars: Quasars
    systems: Systems
    observation: Observation
    simulation: Simulation
    split: Split
    gate: Gate
    training: Training
    models: dict[str, Model]
    judging: Judging

    @model_validator(mode="after")
    def _fits(self) -> Self:
        half_width = 0.5 * self.observation.stamp_pixels * self.observation.pixel_scale_arcsec
        corner = math.sqrt(2) * (half_width - self.systems.companion_margin_arcsec)
        separation = self.systems.pair_separation_arcsec.high
        if separation > corner:
            raise ValueError(
                f"systems.pair_separation_arcsec.high ({separation}) does not fit "
                f"into the stamp, whose corner less the margin is {corner:.2f} arcsec away"
            )
        if (
            self.counts.train.total < self.sky.tiles - self.sky.test_tiles
            or self.counts.test.total < self.sky.test_tiles
        ):
            raise ValueError("counts must give at least one object to every tile of each sample")
        return self


class Params(_Section):
    """The whole of ``params.yaml``."""

    preset: str
    seed: Count
    cosmology: Cosmology
    jpas: Jpas


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
