"""The J-PAS track's section of ``params.yaml``."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lensfinder.params.base import (
    Finite,
    Fraction,
    Galaxies,
    Judging,
    Model,
    NonNegative,
    OpenFraction,
    Positive,
    PositiveCount,
    Range,
    Section,
    Simulation,
    Training,
)

KINDS = ("lensed_quasar", "quasar_near_galaxy", "quasar_alone")


class Sky(Section):
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


class KindCounts(Section):
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


class Counts(Section):
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


class Quasars(Section):
    """Quasar population and where its spectra come from."""

    source: Literal["synthetic", "sdss"]
    sdss_folder: Annotated[str, Field(min_length=1)]
    redshift: Range
    r_mag: Range
    bal_fraction: Fraction
    dust_ebv_mean: NonNegative


class Systems(Section):
    """Which galaxy–quasar systems are made, and what befalls each quasar image."""

    theta_e_min_arcsec: Positive
    quasar_r_mag_observed: Range
    pair_separation_arcsec: Range
    pair_galaxy_weights: Literal["lens", "uniform"]
    companion_margin_arcsec: NonNegative
    image_dust_ebv_mean: NonNegative
    variability: Range
    microlensing_sigma: NonNegative


class Observation(Section):
    """Camera, seeing and exposure; the depth of each band is a column of ``data/jpas_filters.ecsv``."""

    pixel_scale_arcsec: Positive
    stamp_pixels: Annotated[int, Field(ge=8)]
    jitter_pixels: NonNegative
    psf_fwhm_arcsec: Range
    psf_fwhm_tray_correlation: Fraction
    moffat_beta: Annotated[float, Field(gt=1)]
    exposure_s: Positive
    depth_offset_mag: Finite


class Split(Section):
    """Cut of the training sample's tiles into training and validation."""

    validation_fraction: OpenFraction


class Gate(Section):
    """Tolerances of the checks between split and training."""

    size_tolerance: NonNegative
    balance_tolerance: NonNegative
    magnification_max: Positive


class Jpas(Section):
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
        for name, model in self.models.items():
            if model.representation == "stamps":
                raise ValueError(f"models.{name}.representation = stamps: this track has no stamps")
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
