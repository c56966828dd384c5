"""The galaxy population: luminosities, shapes, masses, fluxes in every band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.sky.distances import Distances
from lensfinder.sky.galaxy_spectra import GalaxyTemplates, draw_mixtures, mixture_names, redshifted_spectra
from lensfinder.sky.luminosity import (
    EARLY_TYPES,
    LATE_TYPES,
    ROUNDS_MAX,
    WHOLE_SKY_SR,
    DensitySampler,
    Schechter,
)
from lensfinder.sky.passbands import FilterSet, Photometer, ab_magnitude, flux_of_magnitude_ujy
from lensfinder.typing import AnyArray, FloatArray

if TYPE_CHECKING:
    from lensfinder.params import Cosmology, Galaxies

WAVELENGTH_A = np.arange(3000.0, 11200.1, 5.0)
"""Observed grid of galaxy spectra."""

R_MAG_MARGIN = 0.4
"""K-corrections of single galaxies differ from the mean of their type by less than this."""
ABS_MAG_BRIGHT = -25.5

# Sizes: half-light radius in kpc against M_r (Shen et al. 2003, MNRAS 343, 978, eqs. 14–16 and table 1).
EARLY_SIZE = (0.60, -4.63)
LATE_SIZE = (0.21, 0.53, -1.31, -20.52)
SIZE_SCATTER = (0.48, 0.25, -20.52)
# and how they shrink with redshift at fixed mass, (1 + z)^power (van der Wel et al. 2014, ApJ 788, 28).
EARLY_SIZE_EVOLUTION, LATE_SIZE_EVOLUTION = -1.48, -0.75
SIZE_Z = 0.1
"""Typical redshift of the galaxies that define the sizes."""

# Velocity dispersion at L*: 200 km/s (Faber & Jackson 1976 slope 1/4) and a circular velocity of 204 km/s
# (Tully–Fisher, index 2.6) as in Fukugita & Turner 1991 (MNRAS 253, 99), who have 225 km/s for ellipticals.
FABER_JACKSON = (200.0, 0.25)
TULLY_FISHER = (204.0, 1 / 2.6)

# Natural logarithm of the Sérsic index: mean, scatter, limits.
EARLY_LN_SERSIC = (np.log(4.0), 0.25, (np.log(2.0), np.log(6.0)))
LATE_LN_SERSIC = (np.log(1.0), 0.30, (np.log(0.5), np.log(2.0)))
# Axis ratio of early types: mean, scatter, limits (Holden et al. 2012, ApJ 749, 96); of late types: limits
# of a flat distribution, that of discs at random inclinations.
EARLY_AXIS_RATIO = (0.75, 0.16, (0.35, 0.99))
LATE_AXIS_RATIO = (0.25, 0.95)
MASS_AXIS_RATIO = (0.3, 0.99)


class GalaxyPopulation:
    """Early- and late-type galaxies of evolving Schechter luminosity functions in r.

    Building it integrates luminosity functions and passbands; :meth:`draw` is cheap.
    """

    def __init__(
        self, params: Galaxies, cosmology: Cosmology, filters: FilterSet, templates: GalaxyTemplates
    ) -> None:
        """Build the population.

        Raises
        ------
        UserError
            If no galaxy has a redshift and magnitudes in the ranges of ``params``.
        """
        self._params = params
        self._distances = Distances(cosmology)
        self._templates = templates
        self._photometer = Photometer(WAVELENGTH_A, filters)
        self._r_photometer = Photometer(WAVELENGTH_A, filters.band("rSDSS"))
        self._cube = np.flatnonzero(filters.in_cube)
        self._bands = filters.cube_names
        self._r = filters.index("rSDSS")
        self._samplers = {early: self._build_sampler(early) for early in (True, False)}

    def draw(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """Draw ``n`` galaxies with r and M_r in range.

        Returns
        -------
        DataFrame
            Columns type, z, r_mag, r_abs_mag, r_eff_arcsec, sersic_n, axis_ratio, pa_deg, sigma_v_km_s,
            theta_g_arcsec, mass_axis_ratio, mass_pa_deg, shear_1, shear_2, template, and ``flux_<BAND>``
            in µJy for the bands of a cube.
        """
        n_early = int((rng.random(n) < self._params.early_fraction).sum())
        parts = [
            self._draw_type(early, count, rng)
            for early, count in ((True, n_early), (False, n - n_early))
            if count
        ]
        galaxies = pd.concat(parts, ignore_index=True)
        return galaxies.iloc[rng.permutation(n)].reset_index(drop=True)

    def _draw_type(self, early: bool, n: int, rng: np.random.Generator) -> pd.DataFrame:
        kind = "early" if early else "late"
        photometry = self._draw_photometry(early, n, rng)
        z, abs_mag = photometry["z"].to_numpy(), photometry["r_abs_mag"].to_numpy()
        function = EARLY_TYPES if early else LATE_TYPES
        axis_ratio = (
            _truncated_normal(*EARLY_AXIS_RATIO, n, rng) if early else rng.uniform(*LATE_AXIS_RATIO, n)
        )
        pa_deg = rng.uniform(0.0, 180.0, n)
        shear = rng.normal(0.0, self._params.shear_sigma, (2, n))
        shape = {
            "type": np.full(n, kind, dtype=object),
            "r_eff_arcsec": self._sizes_arcsec(early, z, abs_mag, rng),
            "sersic_n": np.exp(_truncated_normal(*(EARLY_LN_SERSIC if early else LATE_LN_SERSIC), n, rng)),
            "axis_ratio": axis_ratio,
            "pa_deg": pa_deg,
            "sigma_v_km_s": self._velocity_dispersions(early, function, z, abs_mag, rng),
            "theta_g_arcsec": rng.uniform(
                self._params.core_radius_arcsec.low, self._params.core_radius_arcsec.high, n
            ),
            "mass_axis_ratio": _truncated_normal(
                axis_ratio, self._params.mass_axis_ratio_scatter, MASS_AXIS_RATIO, n, rng
            ),
            "mass_pa_deg": (pa_deg + rng.normal(0.0, self._params.mass_pa_scatter_deg, n)) % 180.0,
            "shear_1": shear[0],
            "shear_2": shear[1],
        }
        frame = pd.concat([pd.DataFrame(shape), photometry], axis=1)
        fluxes = [name for name in frame.columns if name.startswith("flux_")]
        order = ["type", "z", "r_mag", "r_abs_mag", *list(shape)[1:], "template", *fluxes]
        return frame[order]

    def _draw_photometry(self, early: bool, n: int, rng: np.random.Generator) -> pd.DataFrame:
        params = self._params
        parts: list[pd.DataFrame] = []
        found = 0
        for _ in range(ROUNDS_MAX):
            if found == n:
                break
            candidates = int(1.6 * (n - found)) + 8
            z, abs_mag = self._samplers[early].draw(candidates, rng)
            weights = draw_mixtures(early, candidates, self._templates, rng)
            r_mag = abs_mag + self._distances.distance_modulus(z) + self._k_correction(z, weights)
            good = np.flatnonzero((r_mag >= params.r_mag.low) & (r_mag <= params.r_mag.high))[: n - found]
            spectra = redshifted_spectra(WAVELENGTH_A, z[good], weights[good], self._templates)
            flux = self._photometer.fluxes_ujy(spectra)
            flux *= (flux_of_magnitude_ujy(r_mag[good]) / flux[:, self._r])[:, None]
            columns: dict[str, AnyArray | list[str]] = {
                "z": z[good],
                "r_mag": r_mag[good],
                "r_abs_mag": abs_mag[good],
                "template": mixture_names(weights[good], self._templates),
            }
            columns |= {f"flux_{band}": flux[:, k] for band, k in zip(self._bands, self._cube, strict=True)}
            parts.append(pd.DataFrame(columns))
            found += len(good)
        else:
            raise self._none_in_range()
        return pd.concat(parts, ignore_index=True)

    def _k_correction(self, z: FloatArray, weights: FloatArray) -> FloatArray:
        """Return K in r = M_r + DM + K for rSDSS observed and at rest, of mixtures of templates."""
        seen, rest = (
            self._r_photometer.fluxes_ujy(redshifted_spectra(WAVELENGTH_A, at, weights, self._templates))[
                :, 0
            ]
            for at in (z, np.zeros_like(z))
        )
        correction: FloatArray = ab_magnitude(seen) - ab_magnitude(rest)
        return correction

    def _build_sampler(self, early: bool) -> DensitySampler:
        params = self._params
        function = EARLY_TYPES if early else LATE_TYPES
        grid = np.linspace(params.redshift.low, params.redshift.high, 100)
        # The mean mixture of a type stands for it here: the exact K-correction is applied to every galaxy
        # drawn.
        mixtures = draw_mixtures(early, 2000, self._templates, np.random.default_rng(0)).mean(axis=0)
        mean_k = self._k_correction(grid, np.tile(mixtures, (grid.size, 1)))

        def density(z: FloatArray, abs_mag: FloatArray) -> FloatArray:
            r_mag = abs_mag + self._distances.distance_modulus(z) + np.interp(z, grid, mean_k)
            visible = (r_mag > params.r_mag.low - R_MAG_MARGIN) & (r_mag < params.r_mag.high + R_MAG_MARGIN)
            number: FloatArray = (
                function.density(z, abs_mag) * self._distances.volume_per_redshift(z) * visible
            )
            return number

        sampler = DensitySampler(
            density,
            (params.redshift.low, params.redshift.high),
            (ABS_MAG_BRIGHT, params.r_abs_mag_faint_limit),
        )
        if sampler.total * WHOLE_SKY_SR < 1:
            raise self._none_in_range()
        return sampler

    def _none_in_range(self) -> UserError:
        z, r, faint = self._params.redshift, self._params.r_mag, self._params.r_abs_mag_faint_limit
        return UserError(
            f"galaxies: none has redshift {z.low}–{z.high}, r {r.low}–{r.high} and M_r < {faint}; "
            "widen galaxies.redshift, galaxies.r_mag or galaxies.r_abs_mag_faint_limit"
        )

    def _sizes_arcsec(
        self, early: bool, z: FloatArray, abs_mag: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        # Sizes go with mass: the relation is entered with the luminosity the galaxy has faded to by z = 0.1.
        function = EARLY_TYPES if early else LATE_TYPES
        faded = abs_mag - function.break_mag_at(z) + function.break_mag
        if early:
            slope, offset = EARLY_SIZE
            log_kpc = -0.4 * slope * faded + offset
        else:
            faint, bright, offset, knee = LATE_SIZE
            log_kpc = (
                offset - 0.4 * faint * faded + (bright - faint) * np.log10(1 + 10 ** (-0.4 * (faded - knee)))
            )
        scatter_faint, scatter_bright, knee = SIZE_SCATTER
        scatter = scatter_bright + (scatter_faint - scatter_bright) / (1 + 10 ** (-0.8 * (faded - knee)))
        evolution = ((1 + z) / (1 + SIZE_Z)) ** (EARLY_SIZE_EVOLUTION if early else LATE_SIZE_EVOLUTION)
        kpc = 10**log_kpc * np.exp(scatter * rng.normal(size=len(z))) * evolution
        size: FloatArray = kpc / self._distances.kpc_per_arcsec(z)
        return size

    def _velocity_dispersions(
        self, early: bool, function: Schechter, z: FloatArray, abs_mag: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        luminosity = 10 ** (-0.4 * (abs_mag - function.break_mag_at(z)))
        at_break, power = FABER_JACKSON if early else TULLY_FISHER
        scatter_dex = (
            self._params.faber_jackson_scatter_dex if early else self._params.tully_fisher_scatter_dex
        )
        # An isothermal disc galaxy has σ_v = V_c/√2.
        speed = at_break * luminosity**power / (1.0 if early else np.sqrt(2.0))
        dispersion: FloatArray = speed * 10 ** (scatter_dex * rng.normal(size=len(z)))
        return dispersion


def _truncated_normal(
    mean: float | FloatArray, scatter: float, limits: tuple[float, float], n: int, rng: np.random.Generator
) -> FloatArray:
    """Draw ``n`` values, anew where they fall outside ``limits``: clipping would pile galaxies up there."""
    centre = np.broadcast_to(np.clip(mean, *limits), n)
    values = rng.normal(centre, scatter)
    while (outside := (values < limits[0]) | (values > limits[1])).any():
        values[outside] = rng.normal(centre[outside], scatter)
    return values
