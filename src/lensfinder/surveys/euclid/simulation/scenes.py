"""What stands in front of the camera, for the objects of one field: galaxies, and sources to be lensed.

Lengths are in arcsec, angles in radians from +x towards +y, fluxes in µJy in VIS, Y, J, H.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lensfinder.lensing.lens import Lens
from lensfinder.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class GalaxyLight:
    """Sérsic components of all galaxies that nothing deflects: bulges, discs, neighbours.

    Every array counts components, those of one object together and in the order of the objects.

    Attributes
    ----------
    owner
        Object that the component belongs to, of shape (m,), rising.
    of_deflector
        Whether it is a part of the deflector, of shape (m,).
    x_arcsec, y_arcsec
        Position in the stamp, from its centre.
    r_eff_arcsec, sersic_n, axis_ratio, pa_rad
        Half-light radius along the geometric-mean axis, index 0.5–6, minor over major axis, major axis.
    flux_ujy
        Of shape (m, 4).
    """

    owner: IntArray
    of_deflector: BoolArray
    x_arcsec: FloatArray
    y_arcsec: FloatArray
    r_eff_arcsec: FloatArray
    sersic_n: FloatArray
    axis_ratio: FloatArray
    pa_rad: FloatArray
    flux_ujy: FloatArray


@dataclass(frozen=True)
class Sources:
    """Background sources (and those in front, with θ_E = 0): an exponential disc and Gaussian clumps each.

    Attributes
    ----------
    owner
        Object behind whose deflector the source lies, of shape (k,), rising.
    z
        Redshift, of shape (k,).
    theta_e_arcsec
        Einstein radius of the deflector for this source's redshift, of shape (k,); 0 where nothing deflects.
    x_arcsec, y_arcsec
        Unlensed position of its centre, from the deflector.
    r_eff_arcsec, axis_ratio, pa_rad
        Half-light radius along the geometric-mean axis and shape of the disc.
    disc_flux_ujy
        Of shape (k, 4); without the clumps.
    clump_owner
        Source that a clump belongs to, of shape (c,), rising.
    clump_x_arcsec, clump_y_arcsec
        Position in the source plane, from the deflector.
    clump_sigma_arcsec
        Standard deviation of its round Gaussian.
    clump_flux_ujy
        Of shape (c, 4).
    """

    owner: IntArray
    z: FloatArray
    theta_e_arcsec: FloatArray
    x_arcsec: FloatArray
    y_arcsec: FloatArray
    r_eff_arcsec: FloatArray
    axis_ratio: FloatArray
    pa_rad: FloatArray
    disc_flux_ujy: FloatArray
    clump_owner: IntArray
    clump_x_arcsec: FloatArray
    clump_y_arcsec: FloatArray
    clump_sigma_arcsec: FloatArray
    clump_flux_ujy: FloatArray


@dataclass(frozen=True)
class Mass:
    """Mass of the deflectors, one an object, each of shape (n,); their positions are those in the stamp."""

    x_arcsec: FloatArray
    y_arcsec: FloatArray
    theta_g_arcsec: FloatArray
    axis_ratio: FloatArray
    pa_rad: FloatArray
    shear_1: FloatArray
    shear_2: FloatArray


@dataclass(frozen=True)
class Scenes:
    """Everything in front of the camera, for n objects."""

    mass: Mass
    galaxies: GalaxyLight
    sources: Sources

    def __len__(self) -> int:
        return len(self.mass.x_arcsec)

    def lenses(self, sources: IntArray | int) -> Lens:
        """Deflectors as these sources are lensed by them; θ_E and shear are 0 where nothing deflects."""
        mass, owner = self.mass, self.sources.owner[sources]
        theta_e = self.sources.theta_e_arcsec[sources]
        return Lens(
            theta_e_arcsec=theta_e,
            theta_g_arcsec=mass.theta_g_arcsec[owner],
            axis_ratio=mass.axis_ratio[owner],
            position_angle_rad=mass.pa_rad[owner],
            shear_1=np.where(theta_e > 0, mass.shear_1[owner], 0.0),
            shear_2=np.where(theta_e > 0, mass.shear_2[owner], 0.0),
        )
