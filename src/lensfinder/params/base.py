"""Sections of ``params.yaml`` that all surveys have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Generic, Literal, Self, TypeVar

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


Counted = TypeVar("Counted")


class CountsByName(Section, Generic[Counted]):
    """Numbers of objects, or such sections again: one for each sample, or for each kind."""

    def of(self, name: str) -> Counted:
        """Return the count of one sample or kind."""
        count: Counted = getattr(self, name)
        return count

    @property
    def total(self) -> int:
        """All of them together."""
        return sum(count.total if isinstance(count, CountsByName) else count for _, count in self)


class Cosmology(Section):
    """Flat ΛCDM."""

    h0_km_s_mpc: Positive
    omega_m: OpenFraction


class Simulation(Section):
    """How the work is cut up; none of it changes a single bit of the result."""

    chunk_size: PositiveCount
    workers: Annotated[int, Field(ge=0)]


class Training(Section):
    """Optimisation, equal for every model of a survey.

    Attributes
    ----------
    schedule
        Of the learning rate: ``constant``, or ``cosine``, which rises within a twentieth of all steps and
        then falls to 0.
    keep
        Weights that are kept: those of the ``best`` epoch by validation loss, where training also ends after
        ``patience`` epochs without a better one, or those of the ``last``.
    weight_decay
        Decoupled, of AdamW (Loshchilov & Hutter 2019, ICLR); with 0 it is Adam.
    label_smoothing
        Labels become s/2 and 1 − s/2.
    """

    batch_size: PositiveCount
    epochs_max: PositiveCount
    patience: PositiveCount
    learning_rate: Positive
    schedule: Literal["constant", "cosine"]
    keep: Literal["best", "last"]
    weight_decay: NonNegative
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    threads: Annotated[int, Field(ge=0)]
    replicas: PositiveCount
    seed: Count


class Model(Section):
    """One network: what it reads, how the input is scaled and augmented, its architecture and its width.

    Representations and architectures are those of the survey, which checks both, see
    :meth:`lensfinder.datasets.representation.Representation.check`.
    """

    representation: str
    architecture: str
    normalisation: Literal["per_band_max", "global_max", "asinh"]
    symmetries: bool
    shift_max_pixels: Count
    free_rotation_and_zoom: bool
    filters: Annotated[tuple[PositiveCount, ...], Field(min_length=1)]
    dense_units: PositiveCount
    dropout: Annotated[float, Field(ge=0, lt=1)]


class Judging(Section):
    """Measures and their intervals."""

    threshold: OpenFraction
    beta: Positive
    interval_level: OpenFraction
    bootstrap_samples: Annotated[int, Field(ge=100)]


StudySection = TypeVar("StudySection", bound=BaseModel)


class SurveySection(Section):
    """What every survey's section holds, beside what only its own code reads.

    A study that serves the survey adds a section of its own to it, under the study's name.
    """

    training: Training
    judging: Judging

    if TYPE_CHECKING:

        @property
        def models(self) -> Mapping[str, Model]:
            """Networks by name, in the order in which they are shown."""

    @property
    def n_tiles(self) -> int | None:
        """Number of sky tiles that parts are unions of; None where objects share nothing."""
        return None

    def study(self, kind: type[StudySection]) -> StudySection:
        """Return the section of a study, by its type."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return next(value for value in values if isinstance(value, kind))


class Split(Section):
    """Cut of the training sample's tiles into training and validation."""

    validation_fraction: OpenFraction


class TiledSection(SurveySection):
    """Section of a survey whose parts are unions of sky tiles: objects of one tile share something."""

    split: Split
