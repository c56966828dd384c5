"""Einstein radii from velocity dispersions and redshifts."""

from __future__ import annotations

import numpy as np
from astropy import constants
from astropy.cosmology import FLRW
from numpy.typing import ArrayLike

from lensfinder.errors import UserError
from lensfinder.typing import FloatArray

_C_KM_S = float(constants.c.to_value("km/s"))
_ARCSEC_PER_RAD = 180.0 * 3600.0 / np.pi


def einstein_radius_arcsec(
    sigma_v_km_s: ArrayLike, z_lens: ArrayLike, z_source: ArrayLike, cosmology: FLRW
) -> FloatArray:
    """Einstein radius θ_E = 4π (σ_v/c)² D_ls/D_s of an isothermal sphere (Narayan & Bartelmann 1996, eq. 46).

    Parameters
    ----------
    sigma_v_km_s, z_lens, z_source
        Arrays that broadcast to the shape of the result.
    cosmology
        A flat cosmology of astropy's; there D_ls/D_s = 1 − χ_l/χ_s with comoving distances χ.

    Returns
    -------
    FloatArray
        Arcsec; 0 where the source does not lie behind the lens.

    Raises
    ------
    UserError
        The cosmology is curved, or σ_v or a redshift is negative or not finite.
    """
    if cosmology.Ok0 != 0.0:
        raise UserError(f"einstein_radius_arcsec: cosmology must be flat, but Ok0 = {cosmology.Ok0!r}")
    sigma = _checked("sigma_v_km_s", sigma_v_km_s)
    redshifts = np.broadcast_arrays(_checked("z_lens", z_lens), _checked("z_source", z_source))
    chi_lens, chi_source = (_comoving_distance_mpc(z, cosmology) for z in redshifts)
    behind = chi_source > chi_lens
    distance_ratio = np.where(behind, 1.0 - chi_lens / np.where(behind, chi_source, 1.0), 0.0)
    return np.asarray(4.0 * np.pi * (sigma / _C_KM_S) ** 2 * distance_ratio * _ARCSEC_PER_RAD)


def _comoving_distance_mpc(z: FloatArray, cosmology: FLRW) -> FloatArray:
    """Comoving distance, integrated once for each distinct redshift."""
    distinct, inverse = np.unique(z, return_inverse=True)
    return np.asarray(cosmology.comoving_distance(distinct).to_value("Mpc")[inverse].reshape(z.shape))


def _checked(name: str, values: ArrayLike) -> FloatArray:
    """The values as float64, or UserError with the first that is negative or not finite."""
    array = np.asarray(values, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0.0)))
    if wrong.size:
        value = array.ravel()[wrong[0]]
        raise UserError(
            f"einstein_radius_arcsec: {name} = {value!r} at index {wrong[0]} must be finite and at least 0"
        )
    return array
