"""Quasars with real spectra: dealt to tiles, completed, and given magnitudes of the luminosity function."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.sky.passbands import (
    FilterSet,
    Photometer,
    ab_magnitude,
    covered_fraction,
    flux_of_magnitude_ujy,
)
from lensfinder.sky.quasars import QuasarPopulation, quasar_frame
from lensfinder.sky.sdss import Spectrum
from lensfinder.typing import FloatArray

WAVELENGTH_A = 10 ** np.arange(3.4770, 4.0493, 1e-4)
"""SDSS's own grid, 1e-4 in log10 λ, over all bands."""

OVERLAP_A = 500.0
"""The template is scaled to the light in so much of a spectrum next to the end that it continues."""
BAND_COVERED = 0.99
"""A band counts as filled if the spectrum covers less of its transmission."""


def complete_spectrum(spectrum: Spectrum, template: FloatArray) -> FloatArray:
    """Return f_λ on :data:`WAVELENGTH_A`: the spectrum, continued at both ends by a template on that grid.

    At each end the template is scaled to the same light as the spectrum in the nearest 500 Å.
    """
    low, high = spectrum.wavelength_A[0], spectrum.wavelength_A[-1]
    complete: FloatArray = np.interp(WAVELENGTH_A, spectrum.wavelength_A, spectrum.f_lambda)
    blue, red = low > WAVELENGTH_A, high < WAVELENGTH_A
    near_blue = ~blue & (low + OVERLAP_A > WAVELENGTH_A)
    near_red = ~red & (high - OVERLAP_A < WAVELENGTH_A)
    for outside, near in ((blue, near_blue), (red, near_red)):
        light = max(float(complete[near].sum()), 0.0)
        expected = float(template[near].sum())
        # Without an overlap nothing lies outside, or nothing is known of its light.
        complete[outside] = template[outside] * (light / expected if expected > 0 else 0.0)
    return complete


def filled_fraction(spectrum: Spectrum, filters: FilterSet) -> float:
    """Return the part of the bands that a spectrum does not cover by itself."""
    return float((covered_fraction(spectrum.wavelength_A, filters) < BAND_COVERED).mean())


class SdssQuasars:
    """Real spectra in the place of :class:`~lensfinder.sky.quasars.QuasarPopulation`.

    Every spectrum keeps its redshift and belongs to one tile; its magnitude is drawn from the luminosity
    function at that redshift.
    """

    def __init__(
        self,
        population: QuasarPopulation,
        filters: FilterSet,
        spectra: Sequence[Spectrum],
        n_tiles: int,
        rng: np.random.Generator,
    ) -> None:
        """Deal the spectra to tiles by a permutation from ``rng``.

        Raises
        ------
        UserError
            If there are fewer spectra than tiles.
        """
        if len(spectra) < n_tiles:
            raise UserError(
                f"quasars.source is sdss: {len(spectra)} usable quasar spectra cannot be dealt to {n_tiles} "
                "tiles, no two of which share one; add files to quasars.sdss_folder or lower sky.tiles"
            )
        self._population = population
        self._filters = filters
        self._spectra = spectra
        self._photometer = Photometer(WAVELENGTH_A, filters)
        order = rng.permutation(len(spectra))
        self._members = [order[tile::n_tiles] for tile in range(n_tiles)]

    def draw_tile(self, tile: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Return the quasars of a tile: all its spectra, or the first ``n`` dealt to it.

        Returns
        -------
        DataFrame
            spectrum_id (the file's name), then the columns of :meth:`QuasarPopulation.draw`; source "sdss",
            bal is False throughout. Noise may take a faint band below zero: its flux is then 0.
        """
        chosen = [self._spectra[index] for index in self._members[tile][:n]]
        z = np.array([spectrum.z for spectrum in chosen])
        templates = self._population.mean_spectra(z, WAVELENGTH_A)
        complete = np.array([complete_spectrum(s, t) for s, t in zip(chosen, templates, strict=True)])
        flux = self._photometer.fluxes_ujy(complete)
        r, i = flux[:, self._filters.index("rSDSS")], flux[:, self._filters.index("iSDSS")]
        r_minus_i = ab_magnitude(r) - ab_magnitude(i)
        i_abs_mag = self._population.draw_abs_mag(z, r_minus_i, rng)
        r_mag = self._population.i_mag(z, i_abs_mag) + r_minus_i
        flux *= (flux_of_magnitude_ujy(r_mag) / r)[:, None]
        cube = self._filters.cube()
        frame = quasar_frame(
            z=z,
            r_mag=r_mag,
            i_abs_mag=i_abs_mag,
            bal=np.zeros(len(chosen), dtype=bool),
            filled_fraction=np.array([filled_fraction(spectrum, cube) for spectrum in chosen]),
            source="sdss",
            bands=cube.names,
            flux_ujy=np.maximum(flux[:, self._filters.in_cube], 0.0),
        )
        frame.insert(0, "spectrum_id", [spectrum.spectrum_id for spectrum in chosen])
        return frame
