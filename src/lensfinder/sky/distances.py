"""Distances and volumes of flat ΛCDM on a redshift grid, interpolated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from lensfinder.typing import AnyArray, FloatArray

if TYPE_CHECKING:
    from lensfinder.params import Cosmology

Z_MAX = 8.0


class Distances:
    """Distances in flat ΛCDM, accurate to 1e-4 for 0.01 < z < 8 and fast for arrays."""

    def __init__(self, cosmology: Cosmology) -> None:
        model = FlatLambdaCDM(H0=cosmology.h0_km_s_mpc, Om0=cosmology.omega_m)
        self._z = np.geomspace(1e-3, Z_MAX, 2000)
        self._comoving_mpc = np.asarray(model.comoving_distance(self._z).value)
        # Mpc³ per steradian and unit of redshift.
        self._volume = np.asarray(model.differential_comoving_volume(self._z).value)

    def distance_modulus(self, z: AnyArray) -> FloatArray:
        """Return m − M in mag."""
        luminosity_mpc = self._at(z, self._comoving_mpc) * (1 + np.asarray(z))
        modulus: FloatArray = 5 * np.log10(luminosity_mpc) + 25
        return modulus

    def kpc_per_arcsec(self, z: AnyArray) -> FloatArray:
        """Return the proper transverse scale."""
        angular_mpc = self._at(z, self._comoving_mpc) / (1 + np.asarray(z))
        scale: FloatArray = angular_mpc * 1e3 * np.pi / 180 / 3600
        return scale

    def volume_per_redshift(self, z: AnyArray) -> FloatArray:
        """Return the comoving volume in Mpc³ per steradian and unit of redshift."""
        return self._at(z, self._volume)

    def _at(self, z: AnyArray, values: FloatArray) -> FloatArray:
        # Interpolated in logarithms, where distances and volumes are nearly straight.
        found: FloatArray = np.exp(np.interp(np.log(z), np.log(self._z), np.log(values)))
        return found
