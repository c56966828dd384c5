"""The J-PAS track's section of ``params.yaml``."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lensfinder.datasets.representation import check_models
from lensfinder.params.base import (
    CountsByName,
    Finite,
    Fraction,
    Model,
    NonNegative,
    Positive,
    PositiveCount,
    Range,
    Section,
    Simulation,
    TiledSection,
)
from lensfinder.params.populations import Galaxies, Neighbours, Quasars
from lensfinder.surveys.jpas.representations import REPRESENTATIONS

TILES_MIN = 4
"""Two of the tiles are for training and validation, one is for the test, and they are drawn at random."""

KINDS = ("lensed_quasar", "quasar_near_galaxy", "quasar_alone")


class Sky(Section):
    """The patch of sky that is simulated, cut into tiles."""

    area_deg2: Positive
    tiles: Annotated[int, Field(ge=TILES_MIN)]
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


class KindCounts(CountsByName[int]):
    """Number of objects of each kind in one sample."""

    lensed_quasar: PositiveCount
    quasar_near_galaxy: PositiveCount
    quasar_alone: PositiveCount

    @property
    def positive_fraction(self) -> float:
        """Lensed quasars among all."""
        return self.lensed_quasar / self.total


class Counts(CountsByName[KindCounts]):
    """Number of objects of the training (with validation) and of the test sample."""

    train: KindCounts
    test: KindCounts


class Systems(Section):
    """Which galaxy–quasar systems are made, and what befalls each quasar image.

    ``microlensing_sigma`` is of ln(flux): 0.3 in each image is 0.46 mag rms in the ratio of two. Of 29
    measured pairs of images most differ by less than 0.6 mag, two by about 1.5 (Mediavilla et al. 2009, ApJ
    706, 1451, abstract).
    """

    theta_e_min_arcsec: Positive
    quasar_r_mag_observed: Range
    pair_separation_arcsec: Range
    pair_galaxy_weights: Literal["lens", "uniform"]
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

    @property
    def half_width_arcsec(self) -> float:
        """Half the side of a stamp."""
        return 0.5 * self.stamp_pixels * self.pixel_scale_arcsec


class Gate(Section):
    """Tolerances of the checks between split and training."""

    size_tolerance: NonNegative
    balance_tolerance: NonNegative
    magnification_max: Positive


class Jpas(TiledSection):
    """Everything of the J-PAS track."""

    sky: Sky
    counts: Counts
    galaxies: Galaxies
    quasars: Quasars
    neighbours: Neighbours
    systems: Systems
    observation: Observation
    simulation: Simulation
    gate: Gate
    models: dict[str, Model]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_models({f"models.{name}": model for name, model in self.models.items()}, REPRESENTATIONS)
        separation, corner = self.systems.pair_separation_arcsec.high, math.sqrt(2) * self.reach_arcsec
        if separation > corner:
            raise ValueError(
                f"systems.pair_separation_arcsec.high ({separation}) does not fit "
                f"into the stamp, whose corner is {corner:.2f} arcsec away"
            )
        if (
            self.counts.train.total < self.sky.tiles - self.sky.test_tiles
            or self.counts.test.total < self.sky.test_tiles
        ):
            raise ValueError("counts must give at least one object to every tile of each sample")
        return self

    @property
    def n_tiles(self) -> int:
        """Number of sky tiles of both samples."""
        return self.sky.tiles

    @property
    def reach_arcsec(self) -> float:
        """Farthest from a system's brightest object that the stamp holds, in any direction and jitter."""
        camera = self.observation
        return camera.half_width_arcsec - camera.jitter_pixels * camera.pixel_scale_arcsec
