"""Galaxies of the field that stand in a stamp without being deflected."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.sky.field_counts import FieldCounts
from lensfinder.sky.field_galaxies import FieldGalaxyLooks
from lensfinder.surveys.euclid.simulation.alignments import Alignments
from lensfinder.surveys.euclid.simulation.scenes import GalaxyLight
from lensfinder.typing import FloatArray


def draw_neighbours(
    deflectors: pd.DataFrame,
    position_arcsec: FloatArray,
    half_side_arcsec: float,
    alignments: Alignments,
    counts: FieldCounts,
    mag_max: float,
    looks: FieldGalaxyLooks,
    rng: np.random.Generator,
) -> tuple[GalaxyLight, FloatArray]:
    """Draw the neighbours of deflectors at ``position_arcsec``, of shape (n, 2) and from the stamps' centres.

    They are the field of the whole stamp brighter than ``mag_max``, less what would be a source: galaxies
    within ``impact_max`` of the deflector, as :mod:`.alignments` measures it.

    Returns
    -------
    Their light, an exponential disc each, and their distances from the deflectors in arcsec.
    """
    sigma_v, z_lens = deflectors["sigma_v_km_s"].to_numpy(), deflectors["z"].to_numpy()
    mean = counts.density_arcsec2(mag_max) * (2 * half_side_arcsec) ** 2
    owner = np.repeat(np.arange(len(deflectors)), rng.poisson(mean, len(deflectors)))
    x, y = rng.uniform(-half_side_arcsec, half_side_arcsec, (2, len(owner)))
    mag = counts.draw_mags((len(owner),), counts.slope_dex, rng, mag_max)
    z = counts.draw_redshifts(mag, rng)
    distance = np.hypot(x - position_arcsec[owner, 0], y - position_arcsec[owner, 1])
    source = alignments.in_zone(distance, mag, z, sigma_v[owner], z_lens[owner], rng)
    keep = np.flatnonzero(~source)
    discs = looks.draw_discs(mag[keep], z[keep], rng)
    light = GalaxyLight(
        owner=owner[keep],
        of_deflector=np.zeros(len(keep), dtype=bool),
        x_arcsec=x[keep],
        y_arcsec=y[keep],
        r_eff_arcsec=discs.r_eff_arcsec,
        sersic_n=np.ones(len(keep)),
        axis_ratio=discs.axis_ratio,
        pa_rad=discs.pa_rad,
        flux_ujy=discs.flux_ujy,
    )
    return light, distance[keep]
