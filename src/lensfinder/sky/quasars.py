"""The synthetic quasar population: redshifts and luminosities, spectra, fluxes in every band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.sky.distances import Distances
from lensfinder.sky.luminosity import (
    QUASAR_LUMINOSITY_FUNCTIONS,
    ROUNDS_MAX,
    WHOLE_SKY_SR,
    DensitySampler,
)
from lensfinder.sky.passbands import FilterSet, Photometer, ab_magnitude, flux_of_magnitude_ujy
from lensfinder.sky.quasar_spectra import (
    CompositeLines,
    LineTrends,
    QuasarTraits,
    draw_traits,
    mean_traits,
    render,
)
from lensfinder.typing import AnyArray, BoolArray, FloatArray

if TYPE_CHECKING:
    from lensfinder.params import Cosmology
    from lensfinder.params.populations import Quasars

WAVELENGTH_A = np.arange(3000.0, 11200.1, 5.0)
"""Observed grid of synthetic spectra: covers all bands, five points to a narrow band's edge."""

K_CORRECTION_SLOPE = -0.5
K_CORRECTION_Z = 2.0
# r − i of quasars lies in this range; what it leaves out is drawn again.
R_MINUS_I = (-0.4, 1.0)
MEAN_ABS_MAG = -25.5
"""M_i(z=2) of the mean quasar that fills what a spectrum does not cover."""


def i_k_correction(z: AnyArray) -> FloatArray:
    """Return K in i = M_i(z=2) + DM + K for f_ν ∝ ν^−0.5 (Richards et al. 2006, AJ 131, 2766, eq. 1)."""
    correction: FloatArray = (
        -2.5 * (1 + K_CORRECTION_SLOPE) * np.log10((1 + np.asarray(z)) / (1 + K_CORRECTION_Z))
    )
    return correction


def quasar_frame(
    z: FloatArray,
    r_mag: FloatArray,
    i_abs_mag: FloatArray,
    bal: BoolArray,
    filled_fraction: FloatArray,
    source: str,
    bands: Sequence[str],
    flux_ujy: FloatArray,
) -> pd.DataFrame:
    """Return the table that both sources of quasars make; ``flux_ujy`` is of shape ``(n, n_bands)``."""
    columns: dict[str, AnyArray] = {
        "source": np.full(len(z), source, dtype=object),
        "z": z,
        "r_mag": r_mag,
        "i_abs_mag": i_abs_mag,
        "filled_fraction": filled_fraction,
        "bal": bal,
    }
    columns |= {f"flux_{band}": flux_ujy[:, k] for k, band in enumerate(bands)}
    return pd.DataFrame(columns)


class QuasarPopulation:
    """Quasars of a published luminosity function with synthetic spectra.

    Building it integrates the luminosity function and the passbands; :meth:`draw` is cheap.
    """

    def __init__(
        self,
        params: Quasars,
        cosmology: Cosmology,
        filters: FilterSet,
        lines: CompositeLines,
        trends: LineTrends,
    ) -> None:
        """Build the population.

        Raises
        ------
        UserError
            If no quasar has a redshift and a magnitude in the ranges of ``params``.
        """
        self._params = params
        self._luminosity_function = QUASAR_LUMINOSITY_FUNCTIONS[params.luminosity_function]
        self._lines = lines
        self._trends = trends
        self._distances = Distances(cosmology)
        self._photometer = Photometer(WAVELENGTH_A, filters)
        self._cube = np.flatnonzero(filters.in_cube)
        self._bands = filters.cube_names
        self._r, self._i = filters.index("rSDSS"), filters.index("iSDSS")
        self._sampler = self._build_sampler()

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` quasars with r in range.

        Returns
        -------
        DataFrame
            Columns source ("synthetic"), z, r_mag, i_abs_mag, filled_fraction (0), bal, and ``flux_<BAND>``
            in µJy for the bands of a cube; unlensed.
        """
        return self.draw_spectra(n, rng)[0]

    def density_deg2(self, candidates: int, rng: np.random.Generator) -> float:
        """Number of quasars with r in range a square degree: the luminosity function's integral.

        It is taken over ranges of i that hold all of r; so many candidates tell the part that is in r.
        """
        frame, _ = self._candidates(candidates, rng)
        limits = self._params.r_mag
        in_range = float(frame["r_mag"].between(limits.low, limits.high).mean())
        return self._sampler.total * float(np.radians(1.0) ** 2) * in_range

    def draw_tile(self, tile: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw the quasars of a tile: every tile has the same population, and its own stream."""
        del tile
        return self.draw(n, rng)

    def draw_spectra(self, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, FloatArray]:
        """Return the table of :meth:`draw` and f_λ in erg/s/cm²/Å on :data:`WAVELENGTH_A`."""
        frames: list[pd.DataFrame] = []
        spectra: list[FloatArray] = []
        found = 0
        for _ in range(ROUNDS_MAX):
            if found == n:
                break
            # About six in ten candidates are bright enough. What is drawn depends on n and the stream alone.
            frame, f_lambda = self._candidates(int(1.7 * (n - found)) + 8, rng)
            low, high = self._params.r_mag.low, self._params.r_mag.high
            good = np.flatnonzero(frame["r_mag"].between(low, high))[: n - found]
            frames.append(frame.iloc[good])
            spectra.append(f_lambda[good])
            found += len(good)
        else:
            raise self._none_in_range()
        return pd.concat(frames, ignore_index=True), np.concatenate(spectra)

    def mean_spectra(self, z: FloatArray, wavelength_A: FloatArray) -> FloatArray:
        """Return the mean quasar at each redshift, f_λ in arbitrary units, of shape ``(n, n_wave)``."""
        traits = mean_traits(
            np.asarray(z, dtype=np.float64),
            MEAN_ABS_MAG,
            self._params.dust_ebv_mean,
            self._trends,
            self._lines,
        )
        return render(wavelength_A, traits)

    def draw_abs_mag(self, z: FloatArray, r_minus_i: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Draw M_i(z=2) at given redshifts and colours, such that r lies in range; all of shape ``(n,)``."""
        shift = self._distances.distance_modulus(z) + i_k_correction(z) + r_minus_i
        step = np.linspace(0, 1, 201)
        r_mag = self._params.r_mag.low + step * (self._params.r_mag.high - self._params.r_mag.low)
        abs_mag = r_mag - shift[:, None]
        density = self._luminosity_function(z[:, None], abs_mag)
        cumulative = np.cumsum((density[:, 1:] + density[:, :-1]) / 2, axis=1)
        cumulative = np.hstack([np.zeros((len(z), 1)), cumulative]) / cumulative[:, [-1]]
        uniform = rng.random(len(z))
        return np.array([np.interp(u, c, m) for u, c, m in zip(uniform, cumulative, abs_mag, strict=True)])

    def i_mag(self, z: FloatArray, i_abs_mag: FloatArray) -> FloatArray:
        """Return apparent iSDSS of M_i(z=2)."""
        magnitude: FloatArray = i_abs_mag + self._distances.distance_modulus(z) + i_k_correction(z)
        return magnitude

    def _build_sampler(self) -> DensitySampler:
        z, r = self._params.redshift, self._params.r_mag
        i_low, i_high = r.low - R_MINUS_I[1], r.high - R_MINUS_I[0]
        ends = np.array([z.low, z.high])
        modulus = self._distances.distance_modulus(ends) + i_k_correction(ends)

        def density(redshift: FloatArray, abs_mag: FloatArray) -> FloatArray:
            visible = np.abs(self.i_mag(redshift, abs_mag) - (i_low + i_high) / 2) <= (i_high - i_low) / 2
            number = self._luminosity_function(redshift, abs_mag)
            seen: FloatArray = number * self._distances.volume_per_redshift(redshift) * visible
            return seen

        sampler = DensitySampler(density, (z.low, z.high), (i_low - modulus.max(), i_high - modulus.min()))
        if sampler.total * WHOLE_SKY_SR < 1:
            raise self._none_in_range()
        return sampler

    def _none_in_range(self) -> UserError:
        z, r = self._params.redshift, self._params.r_mag
        return UserError(
            f"quasars: none in the whole sky has redshift {z.low}–{z.high} and r {r.low}–{r.high}; "
            "widen quasars.redshift or quasars.r_mag"
        )

    def _candidates(self, n: int, rng: np.random.Generator) -> tuple[pd.DataFrame, FloatArray]:
        z, i_abs_mag = self._sampler.draw(n, rng)
        traits: QuasarTraits = draw_traits(
            z,
            i_abs_mag,
            self._params.bal_fraction,
            self._params.dust_ebv_mean,
            self._trends,
            self._lines,
            rng,
        )
        f_lambda = render(WAVELENGTH_A, traits)
        flux = self._photometer.fluxes_ujy(f_lambda)
        scale = flux_of_magnitude_ujy(self.i_mag(z, i_abs_mag)) / flux[:, self._i]
        flux *= scale[:, None]
        frame = quasar_frame(
            z=z,
            r_mag=ab_magnitude(flux[:, self._r]),
            i_abs_mag=i_abs_mag,
            bal=traits.bal,
            filled_fraction=np.zeros(n),
            source="synthetic",
            bands=self._bands,
            flux_ujy=flux[:, self._cube],
        )
        return frame, f_lambda * scale[:, None]
