"""Fluxes of galaxies whose light is a mixture of templates, at any redshift."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np

from lensfinder.sky.galaxy_spectra import GalaxyTemplates, redshifted_spectra
from lensfinder.sky.passbands import Passbands, Photometer
from lensfinder.typing import FloatArray

Z_STEP = 0.005
"""Step of the tables: fluxes in broad bands are right to 1e-3."""


class MixturePhotometry(Protocol):
    """What gives mixtures of templates their fluxes."""

    templates: GalaxyTemplates
    filters: Passbands

    def fluxes_ujy(self, z: FloatArray, weights: FloatArray) -> FloatArray:
        """Return fluxes in µJy, ``(n, n_bands)``, of mixtures of weights ``(n, n_templates)`` at z ``(n,)``.

        The distance is left out: f_λ is that of :func:`~lensfinder.sky.galaxy_spectra.redshifted_spectra`.
        """

    def band(self, name: str) -> Self:
        """Return the same for one band."""


class SpectralPhotometry:
    """Fluxes from the spectrum of every single galaxy."""

    def __init__(self, wavelength_A: FloatArray, filters: Passbands, templates: GalaxyTemplates) -> None:
        self.templates, self.filters = templates, filters
        self._wavelength_A = wavelength_A
        self._photometer = Photometer(wavelength_A, filters)

    def fluxes_ujy(self, z: FloatArray, weights: FloatArray) -> FloatArray:
        """Return fluxes in µJy; see :class:`MixturePhotometry`."""
        return self._photometer.fluxes_ujy(redshifted_spectra(self._wavelength_A, z, weights, self.templates))

    def band(self, name: str) -> SpectralPhotometry:
        """Return the same for one band."""
        return SpectralPhotometry(self._wavelength_A, self.filters.band(name), self.templates)


class TabulatedPhotometry:
    """Fluxes from a table of every template at every redshift: a thousand times faster, for broad bands.

    Fluxes are linear in the weights, so that only the redshift is interpolated.
    """

    def __init__(self, table_ujy: FloatArray, filters: Passbands, templates: GalaxyTemplates) -> None:
        """Store a table of shape ``(n_z, n_templates, n_bands)`` in steps of :data:`Z_STEP` from z = 0."""
        self.templates, self.filters = templates, filters
        self._table_ujy = table_ujy

    @classmethod
    def build(cls, exact: SpectralPhotometry, z_max: float) -> TabulatedPhotometry:
        """Tabulate another photometry for 0 ≤ z ≤ ``z_max``."""
        grid = np.arange(0.0, z_max + 2 * Z_STEP, Z_STEP)
        pure = np.eye(len(exact.templates.names))
        fluxes = [exact.fluxes_ujy(grid, np.tile(template, (len(grid), 1))) for template in pure]
        return cls(np.stack(fluxes, axis=1), exact.filters, exact.templates)

    def fluxes_ujy(self, z: FloatArray, weights: FloatArray) -> FloatArray:
        """Return fluxes in µJy; see :class:`MixturePhotometry`."""
        position = np.asarray(z) / Z_STEP
        below = position.astype(np.int64)
        part = (position - below)[:, None]
        near, far = (np.einsum("nt,ntb->nb", weights, self._table_ujy[row]) for row in (below, below + 1))
        fluxes: FloatArray = (1 - part) * near + part * far
        return fluxes

    def band(self, name: str) -> TabulatedPhotometry:
        """Return the same for one band."""
        k = self.filters.index(name)
        return TabulatedPhotometry(self._table_ujy[:, :, k : k + 1], self.filters.band(name), self.templates)
