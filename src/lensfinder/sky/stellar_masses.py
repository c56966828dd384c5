"""Stellar masses of galaxies from the mass-to-light ratios of their own templates."""

from __future__ import annotations

import numpy as np

from lensfinder.sky.galaxy_photometry import MixturePhotometry
from lensfinder.sky.luminosity import EARLY_TYPES, LATE_TYPES
from lensfinder.sky.passbands import ab_magnitude
from lensfinder.typing import FloatArray


class StellarMasses:
    """Masses of living stars and remnants, for the initial mass function of Chabrier 2003 (PASP 115, 763).

    It is the one of the templates (Blanton & Roweis 2007, AJ 133, 734). These are of today's galaxies: their
    ratio holds for the luminosity the galaxy has faded to by z = 0.1, by the evolution of its type.
    """

    def __init__(self, photometry: MixturePhotometry) -> None:
        self._mass_msun = photometry.templates.mass_msun
        count = len(self._mass_msun)
        self._r_ujy = photometry.band("rSDSS").fluxes_ujy(np.zeros(count), np.eye(count))[:, 0]

    def log_msun(self, early: bool, z: FloatArray, abs_mag: FloatArray, weights: FloatArray) -> FloatArray:
        """Return log10 of the masses in M☉ of galaxies of one type.

        Parameters
        ----------
        z, abs_mag
            Redshift and M_r, of shape (n,).
        weights
            Part of the light at 6000 Å of each template, of shape (n, n_templates).
        """
        function = EARLY_TYPES if early else LATE_TYPES
        # Of a galaxy at 10 pc whose mean f_λ at 5500–6500 Å is 1 erg/s/cm²/Å.
        mass, r_mag = weights @ self._mass_msun, ab_magnitude(weights @ self._r_ujy)
        log_mass: FloatArray = np.log10(mass) - 0.4 * (function.faded(z, abs_mag) - r_mag)
        return log_mass
