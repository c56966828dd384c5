"""The J-PAS track's section of ``params.yaml``."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lensfinder.params.base import (
    Ablation,
    CrossValidation,
    Finite,
    Fraction,
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
from lensfinder.params.populations import Galaxies
from lensfinder.studies.hard_negatives.params import HardNegatives

MODEL_REPRESENTATIONS = ("cube", "pseudo_spectra")
"""What a model may read; ablations may read parts of these."""

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
    ablations: dict[str, Ablation]
    judging: Judging
    cv: CrossValidation
    hard_negatives: HardNegatives

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, model in self.models.items():
            if model.representation not in MODEL_REPRESENTATIONS:
                raise ValueError(
                    f"models.{name}.representation = {model.representation}: a model of this track reads "
                    f"{' or '.join(MODEL_REPRESENTATIONS)}"
                )
        self._check_ablations()
        self.cv.check_models(self.models)
        if len(self.cv.folds) > self.sky.tiles // 2:
            raise ValueError(
                f"cv.folds ({len(self.cv.folds)}) must leave each two of the {self.sky.tiles} tiles"
            )
        half_width = 0.5 * self.observation.stamp_pixels * self.observation.pixel_scale_arcsec
        corner = math.sqrt(2) * (half_width - self.systems.companion_margin_arcsec)
        separation = self.systems.pair_separation_arcsec.high
        if separation > corner:
            raise ValueError(
                f"systems.pair_separation_arcsec.high ({separation}) does not fit "
                f"into the stamp, whose corner less the margin is {corner:.2f} arcsec away"
            )
        if self.hard_negatives.reach_arcsec > self.reach_arcsec:
            raise ValueError(
                f"hard_negatives: ring_radius_arcsec or merger_separation_arcsec reaches "
                f"{self.hard_negatives.reach_arcsec} arcsec and does not fit into the stamp, whose side less "
                f"jitter and margin is {self.reach_arcsec:.2f} arcsec away"
            )
        if (
            self.counts.train.total < self.sky.tiles - self.sky.test_tiles
            or self.counts.test.total < self.sky.test_tiles
        ):
            raise ValueError("counts must give at least one object to every tile of each sample")
        return self

    @property
    def reach_arcsec(self) -> float:
        """How far from a system's brightest object a companion may lie along x or y, whatever the jitter."""
        camera = self.observation
        half_width = camera.pixel_scale_arcsec * (0.5 * camera.stamp_pixels - camera.jitter_pixels)
        return half_width - self.systems.companion_margin_arcsec

    @property
    def ablation_models(self) -> dict[str, Model]:
        """The networks of the ablations, by their names."""
        return {name: ablation.of(self.models[ablation.base]) for name, ablation in self.ablations.items()}

    def _check_ablations(self) -> None:
        """Raise ValueError where an ablation is impossible."""
        known = [*self.models, *self.ablations]
        for name, ablation in self.ablations.items():
            if name in self.models:
                raise ValueError(f"ablations.{name}: {name!r} is the name of a model already")
            if ablation.base not in self.models:
                raise ValueError(
                    f"ablations.{name}.base = {ablation.base}: models has only {', '.join(self.models)}"
                )
            try:
                model = ablation.of(self.models[ablation.base])
            except ValueError as error:
                raise ValueError(f"ablations.{name}.changes: {error}") from None
            if model.representation == "stamps":
                raise ValueError(
                    f"ablations.{name}.changes: representation = stamps: this track has no stamps"
                )
            for other in ablation.against:
                if other == name or other not in known:
                    raise ValueError(
                        f"ablations.{name}.against: {other!r} is no other model or ablation "
                        f"({', '.join(known)})"
                    )
