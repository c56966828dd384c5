"""Kinds of stamps, the sources in them, and the weight that takes each stamp back to the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lensfinder.sky.field_galaxies import FieldGalaxyLooks
from lensfinder.surveys.euclid.columns import KINDS
from lensfinder.surveys.euclid.params import Deflection
from lensfinder.surveys.euclid.simulation.alignments import Alignments, Placed
from lensfinder.surveys.euclid.simulation.scenes import Sources
from lensfinder.typing import FloatArray

LENSED, IN_FRONT, NO_SOURCE = KINDS


@dataclass(frozen=True)
class FieldSources:
    """Sources of n stamps.

    Attributes
    ----------
    kind, sampling_weight
        Of each stamp, of shape (n,).
    sources
        All sources, each stamp's main source first.
    """

    kind: NDArray[np.str_]
    sampling_weight: FloatArray
    sources: Sources


def draw_sources(
    deflectors: pd.DataFrame,
    alignments: Alignments,
    looks: FieldGalaxyLooks,
    systems: Deflection,
    rng: np.random.Generator,
) -> FieldSources:
    """Draw the sources behind and in front of deflectors; their ``z`` and ``sigma_v_km_s`` are used."""
    sigma_v, z_lens = deflectors["sigma_v_km_s"].to_numpy(), deflectors["z"].to_numpy()
    n = len(deflectors)
    parts = np.cumsum([systems.lensed_fraction, systems.in_front_fraction])
    kind = np.array(KINDS)[np.searchsorted(parts, rng.random(n), side="right")]
    two = (kind == LENSED) & (rng.random(n) < systems.second_source_fraction)
    behind = alignments.draw_behind(np.flatnonzero(kind == LENSED), sigma_v, z_lens, True, rng)
    in_front = alignments.draw_in_front(np.flatnonzero(kind == IN_FRONT), sigma_v, z_lens, rng)
    second = alignments.draw_behind(np.flatnonzero(two), sigma_v, z_lens, False, rng)
    placed = Placed.together([behind, in_front, second])
    sources = _show(placed, z_lens, looks, rng)
    expected = alignments.expected(sigma_v, z_lens)
    return FieldSources(
        kind=kind,
        sampling_weight=sampling_weights(kind, behind, in_front, second, expected, systems),
        sources=sources,
    )


def sampling_weights(
    kind: NDArray[np.str_],
    behind: Placed,
    in_front: Placed,
    second: Placed,
    expected: tuple[FloatArray, FloatArray],
    systems: Deflection,
) -> FloatArray:
    """Return probability on the sky over that of drawing, of stamps of shape (n,).

    That on the sky is among the stamps around the same deflector that can be drawn here, so that the weights
    of many stamps sum to their number. With Λ and Λ′ the mean numbers ``expected`` behind and in front, f the
    part of a kind of stamps, s that of the lensed ones with two sources, and r the density ratios of
    :class:`Placed`, the weight is 1/(1 + Λ + Λ²/2 + Λ′) times

    - 1/f with no source,
    - r/f with one in front,
    - r/(f (1 − s)) with one behind,
    - Λ/(f s (1/r₁ + 1/r₂)) with two behind: either may have been drawn as the main source.
    """
    behind_mean, in_front_mean = expected
    lensed, front = systems.lensed_fraction, systems.in_front_fraction
    weight = np.full(len(kind), 1 / (1 - lensed - front))
    weight[in_front.owner] = in_front.density_ratio / front
    weight[behind.owner] = behind.density_ratio / lensed
    two = np.isin(behind.owner, second.owner)
    weight[behind.owner[~two]] /= 1 - systems.second_source_fraction
    inverse = 1 / behind.density_ratio[two] + 1 / second.density_ratio
    weight[second.owner] = behind_mean[second.owner] / (lensed * systems.second_source_fraction * inverse)
    weight /= 1 + behind_mean + behind_mean**2 / 2 + in_front_mean
    return weight


def _show(placed: Placed, z_lens: FloatArray, looks: FieldGalaxyLooks, rng: np.random.Generator) -> Sources:
    """Give placed galaxies their direction from the deflector and their light."""
    distance = placed.impact * placed.zone_theta_e_arcsec
    direction = rng.uniform(0.0, 2 * np.pi, len(distance))
    x, y = distance * np.cos(direction), distance * np.sin(direction)
    discs, clumps = looks.draw_clumpy_discs(placed.mag, placed.z, rng)
    return Sources(
        owner=placed.owner,
        z=placed.z,
        theta_e_arcsec=np.where(placed.z > z_lens[placed.owner], placed.zone_theta_e_arcsec, 0.0),
        x_arcsec=x,
        y_arcsec=y,
        r_eff_arcsec=discs.r_eff_arcsec,
        axis_ratio=discs.axis_ratio,
        pa_rad=discs.pa_rad,
        disc_flux_ujy=discs.flux_ujy,
        clump_owner=clumps.owner,
        clump_x_arcsec=x[clumps.owner] + clumps.x_arcsec,
        clump_y_arcsec=y[clumps.owner] + clumps.y_arcsec,
        clump_sigma_arcsec=clumps.sigma_arcsec,
        clump_flux_ujy=clumps.flux_ujy,
    )
