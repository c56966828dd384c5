"""The Euclid track's section of ``params.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lensfinder.datasets.representation import check_models
from lensfinder.params.base import (
    Count,
    CountsByName,
    Finite,
    Fraction,
    Model,
    NonNegative,
    OpenFraction,
    Positive,
    PositiveCount,
    Range,
    Section,
    SurveySection,
)
from lensfinder.params.populations import FieldGalaxies, Galaxies
from lensfinder.surveys.euclid.representations import REPRESENTATIONS

CONTROL = "control"
"""The model trained on the largest set cut at random to the size of the smallest."""


class SampleCounts(CountsByName[int]):
    """Stamps in each of the two independent samples."""

    train: PositiveCount
    test: PositiveCount


class Deflection(Section):
    """Which galaxies stand in the middle of a stamp, and what stands behind them.

    ``impact_max``, ``impact_exponent`` and ``source_counts_slope_dex`` declare how main sources are enriched
    near the caustics and among bright galaxies: the impact parameter in units of θ_E is drawn with density ∝
    u^(impact_exponent − 1) below ``impact_max`` (2 would be uniform on the sky), VIS magnitudes with density
    ∝ 10^(source_counts_slope_dex m) (``counts_slope_dex`` would be the sky's).
    """

    sigma_v_min_km_s: NonNegative
    lensed_fraction: OpenFraction
    in_front_fraction: OpenFraction
    impact_max: Positive
    impact_exponent: Positive
    source_counts_slope_dex: Finite
    second_source_fraction: Fraction

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.lensed_fraction + self.in_front_fraction >= 1:
            raise ValueError(
                f"lensed_fraction ({self.lensed_fraction}) and in_front_fraction ({self.in_front_fraction}) "
                "must leave some stamps without a source"
            )
        return self


class Exposure(Section):
    """Point-spread function and pointing; the rest of the camera is in ``data/euclid_bands.ecsv``."""

    moffat_beta: Annotated[float, Field(gt=1)]
    jitter_arcsec: NonNegative


class Workers(Section):
    """How the work is cut up; it does not change a single bit of the result."""

    workers: Annotated[int, Field(ge=0)]


class Selection(Section):
    """Which stamps are lenses and non-lenses, for training and for the test.

    A training lens has μ_eff ≥ ``training_mag_eff_min``, n_im > 0 and n_pix > the bound of its set; a test
    lens has μ_eff ≥ ``test_mag_eff_min``, n_im > 0 and n_pix > ``test_n_pix_above``. Stamps with μ_eff
    strictly inside ``left_out_mag_eff`` are neither; all others that are no test lenses are non-lenses.
    """

    training_mag_eff_min: Positive
    training_n_pix_above: dict[str, Count]
    test_mag_eff_min: Positive
    test_n_pix_above: Count
    left_out_mag_eff: Range
    validation_fraction: OpenFraction

    @model_validator(mode="after")
    def _nested(self) -> Self:
        bounds = list(self.training_n_pix_above.values())
        if not bounds or bounds != sorted(bounds, reverse=True) or len(set(bounds)) < len(bounds):
            raise ValueError(
                f"training_n_pix_above ({self.training_n_pix_above}) must fall from set to set, so that each "
                "set holds the one before"
            )
        if CONTROL in self.training_n_pix_above:
            raise ValueError(f"training_n_pix_above: {CONTROL!r} is the name of the control run")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.left_out_mag_eff.high <= self.test_mag_eff_min <= self.training_mag_eff_min:
            raise ValueError(
                "left_out_mag_eff.high ≤ test_mag_eff_min ≤ training_mag_eff_min must hold: a training "
                "lens is a lens of the test too"
            )
        if min(self.training_n_pix_above.values()) < self.test_n_pix_above:
            raise ValueError(
                f"training_n_pix_above must be at least test_n_pix_above ({self.test_n_pix_above}) for all"
            )
        return self


class SelectionGate(Section):
    """Tolerances of the checks between selection and training."""

    balance_tolerance: NonNegative
    size_tolerance: NonNegative
    mag_eff_max: Positive


class StampModel(Model):
    """A network of two branches; ``filters`` are those of the VIS branch.

    Shifts are counted in NISP pixels, three VIS pixels each.
    """

    representation: Literal["stamps"]
    nisp_filters: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]


class Euclid(SurveySection):
    """Everything of the Euclid track."""

    counts: SampleCounts
    galaxies: Galaxies
    field: FieldGalaxies
    systems: Deflection
    observation: Exposure
    simulation: Workers
    selection: Selection
    gate: SelectionGate
    network: StampModel

    @model_validator(mode="after")
    def _readable(self) -> Self:
        check_models({"network": self.network}, REPRESENTATIONS)
        return self

    @property
    def models(self) -> dict[str, Model]:
        """One network, trained on each set and on the control: by the name of the set."""
        return dict.fromkeys([*self.selection.training_n_pix_above, CONTROL], self.network)
