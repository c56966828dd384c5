"""Deflectors as the camera and the lens equation see them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd

from lensfinder.sky.bulges import BULGE_SERSIC_N, DISC_SERSIC_N
from lensfinder.surveys.euclid.simulation.scenes import GalaxyLight, Mass
from lensfinder.typing import FloatArray


def mass_of(deflectors: pd.DataFrame, position: FloatArray) -> Mass:
    """Return the mass of deflectors at ``position`` (n, 2), in arcsec from the stamps' centres."""
    return Mass(
        x_arcsec=position[:, 0],
        y_arcsec=position[:, 1],
        theta_g_arcsec=deflectors["theta_g_arcsec"].to_numpy(),
        axis_ratio=deflectors["mass_axis_ratio"].to_numpy(),
        pa_rad=np.radians(deflectors["mass_pa_deg"].to_numpy()),
        shear_1=deflectors["shear_1"].to_numpy(),
        shear_2=deflectors["shear_2"].to_numpy(),
    )


def galaxy_light_of(
    deflectors: pd.DataFrame, bands: tuple[str, ...], position: FloatArray, neighbours: GalaxyLight
) -> GalaxyLight:
    """Return the light of bulge, disc and neighbours of each stamp, in this order."""
    n = len(deflectors)
    parts = [
        GalaxyLight(
            owner=np.arange(n),
            of_deflector=np.ones(n, dtype=bool),
            x_arcsec=position[:, 0],
            y_arcsec=position[:, 1],
            r_eff_arcsec=deflectors[f"{component}_r_eff_arcsec"].to_numpy(),
            sersic_n=np.full(n, index),
            axis_ratio=deflectors[f"{component}_axis_ratio"].to_numpy(),
            pa_rad=np.radians(deflectors["pa_deg"].to_numpy()),
            flux_ujy=deflectors[[f"{component}_flux_{band}" for band in bands]].to_numpy(),
        )
        for component, index in (("bulge", BULGE_SERSIC_N), ("disc", DISC_SERSIC_N))
    ]
    parts.append(neighbours)
    order = np.argsort(np.concatenate([part.owner for part in parts]), kind="stable")
    return GalaxyLight(
        **{
            item.name: np.concatenate([getattr(part, item.name) for part in parts])[order]
            for item in fields(GalaxyLight)
        }
    )
