"""Section ``jpas.hard_negatives`` of ``params.yaml``: what looks like a lensed quasar and is none."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from lensfinder.params.base import CountsByName, Positive, PositiveCount, Range, Section, SurveySection
from lensfinder.surveys.jpas.params import Jpas

IMPOSTOR_KINDS = ("star_near_galaxy", "two_stars", "quasar_pair", "ring_galaxy", "merger")

STAR_G_I_LIMITS = (0.2, 3.0)
"""Places on the stellar locus of which :mod:`lensfinder.sky.stars` knows the absorption: F0 to M4."""


class ImpostorCounts(CountsByName[int]):
    """Number of objects of each kind."""

    star_near_galaxy: PositiveCount
    two_stars: PositiveCount
    quasar_pair: PositiveCount
    ring_galaxy: PositiveCount
    merger: PositiveCount


class HardNegatives(Section):
    """A test set of its own, never trained on.

    ``tiles`` are sky tiles beyond those of training and test, with as many galaxies and quasars each.
    """

    counts: ImpostorCounts
    # Intervals are bootstrapped over tiles: of fewer than twenty they would be too narrow.
    tiles: Annotated[int, Field(ge=20)]
    star_g_i: Range
    pair_velocity_max_km_s: Positive
    ring_radius_arcsec: Range
    ring_light_fraction: Range
    merger_separation_arcsec: Range
    merger_r_mag_difference: Range

    @model_validator(mode="after")
    def _possible(self) -> Self:
        low, high = STAR_G_I_LIMITS
        if self.star_g_i.low < low or self.star_g_i.high > high:
            raise ValueError(f"star_g_i ({self.star_g_i}) must lie within {low}–{high}, F0 to M4")
        light = self.ring_light_fraction
        if light.low <= 0 or light.high >= 1:
            raise ValueError(f"ring_light_fraction ({light}) must lie between 0 and 1")
        for name in ("ring_radius_arcsec", "merger_separation_arcsec"):
            if getattr(self, name).low <= 0:
                raise ValueError(f"{name}.low ({getattr(self, name).low}) must be greater than 0")
        if self.merger_r_mag_difference.low < 0:
            raise ValueError(
                f"merger_r_mag_difference.low ({self.merger_r_mag_difference.low}) must not be negative: "
                "the companion is the fainter galaxy"
            )
        if self.counts.total < self.tiles:
            raise ValueError(
                f"counts ({self.counts.total} objects) must give one to each of {self.tiles} tiles"
            )
        return self

    @property
    def reach_arcsec(self) -> float:
        """Farthest that a part of an impostor may lie from its brightest part by these parameters."""
        return max(self.ring_radius_arcsec.high, self.merger_separation_arcsec.high)


def check(section: SurveySection) -> None:
    """Refuse hard negatives that do not fit into the stamp.

    Raises
    ------
    ValueError
        If that is so.
    """
    reach = section.study(HardNegatives).reach_arcsec
    assert isinstance(section, Jpas)
    if reach > section.reach_arcsec:
        raise ValueError(
            f"hard_negatives: ring_radius_arcsec or merger_separation_arcsec reaches {reach} arcsec and does "
            "not fit into the stamp, whose edge less the jitter is "
            f"{section.reach_arcsec:.2f} arcsec away"
        )
