"""Quasars with real spectra: dealt to tiles, completed, and given magnitudes of the luminosity function."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lensfinder.sky.passbands import (
    FilterSet,
    Photometer,
    ab_magnitude,
    covered_fraction,
    flux_of_magnitude_ujy,
)
from lensfinder.sky.quasars import QuasarPopulation, quasar_frame
from lensfinder.sky.sdss import Spectrum, SpectrumFile
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

    Every quasar belongs to one tile and keeps its redshift. Each draw of it has a magnitude of its own, from
    the luminosity function at that redshift.
    """

    def __init__(
        self,
        population: QuasarPopulation,
        filters: FilterSet,
        quasars: Sequence[SpectrumFile],
        n_tiles: int,
        rng: np.random.Generator,
    ) -> None:
        """Deal the quasars, each of which has one file, to no more tiles.

        Quasars of about one redshift go to different tiles, which of them to which by ``rng``: no tile has
        only near ones.
        """
        self._population = population
        self._filters = filters
        self._quasars = quasars
        self._photometer = Photometer(WAVELENGTH_A, filters)
        by_redshift = np.argsort([file.spectrum.z for file in quasars if file.spectrum], kind="stable")
        rounds = np.split(by_redshift, range(n_tiles, len(quasars), n_tiles))
        order = np.concatenate([rng.permutation(of_one) for of_one in rounds])
        self._members = [order[tile::n_tiles] for tile in range(n_tiles)]

    def draw_tile(self, tile: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` quasars of a tile: those dealt to it by turns, each time with another magnitude.

        Returns
        -------
        DataFrame
            quasar_id, spectrum_id (the file's name and the number of the draw), then the columns of
            :meth:`QuasarPopulation.draw`; source "sdss", bal is False throughout. Noise may take a faint band
            below zero: its flux is then 0.
        """
        members = [self._quasars[index] for index in self._members[tile][:n]]
        spectra = [file.spectrum for file in members if file.spectrum]
        cube = self._filters.cube()
        templates = self._population.mean_spectra(np.array([of.z for of in spectra]), WAVELENGTH_A)
        complete = np.array([complete_spectrum(s, t) for s, t in zip(spectra, templates, strict=True)])
        filled = np.array([filled_fraction(spectrum, cube) for spectrum in spectra])
        turn = np.arange(n) % len(members)
        z = np.array([spectrum.z for spectrum in spectra])[turn]
        flux = self._photometer.fluxes_ujy(complete)[turn]
        r, i = flux[:, self._filters.index("rSDSS")], flux[:, self._filters.index("iSDSS")]
        r_minus_i = ab_magnitude(r) - ab_magnitude(i)
        i_abs_mag = self._population.draw_abs_mag(z, r_minus_i, rng)
        r_mag = self._population.i_mag(z, i_abs_mag) + r_minus_i
        flux *= (flux_of_magnitude_ujy(r_mag) / r)[:, None]
        frame = quasar_frame(
            z=z,
            r_mag=r_mag,
            i_abs_mag=i_abs_mag,
            bal=np.zeros(n, dtype=bool),
            filled_fraction=filled[turn],
            source="sdss",
            bands=cube.names,
            flux_ujy=np.maximum(flux[:, self._filters.in_cube], 0.0),
        )
        names = [f"{members[of].spectrum_id}_{number:04d}" for number, of in enumerate(turn)]
        frame.insert(0, "spectrum_id", names)
        frame.insert(0, "quasar_id", [members[of].quasar_id for of in turn])
        return frame
