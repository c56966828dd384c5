"""Sections of ``params.yaml`` that say what populations of galaxies and quasars are like."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lensfinder.params.base import Count, Finite, Fraction, NonNegative, Positive, Range, Section


class Galaxies(Section):
    """Galaxy population.

    ``core_radius_arcsec`` decides how bright the image behind the galaxy's centre is. Nature hardly shows
    one: most early types would magnify it by less than 1e-3 (Keeton 2003, ApJ 582, 17, abstract), one lens
    has a secure one (Winn, Rusin & Kochanek 2004, Nature 427, 613), and an isothermal lens without one has a
    core below about 5 pc (Boyce et al. 2006, ApJ 648, 73, abstract). The default is our choice in that
    spirit: in 19 of 20 lenses the central image of a quasar is fainter than a hundredth of the brightest.
    """

    early_fraction: Fraction
    redshift: Range
    r_mag: Range
    r_abs_mag_faint_limit: Finite
    faber_jackson_scatter_dex: Positive
    tully_fisher_scatter_dex: NonNegative
    core_radius_arcsec: Range
    mass_axis_ratio_scatter: NonNegative
    mass_pa_scatter_deg: NonNegative
    shear_sigma: NonNegative


class FaintGalaxies(Section):
    """Redshifts and sizes of faint galaxies of the field, by their magnitude."""

    redshift_max: Positive
    redshift_median_at_24: Positive
    redshift_slope_per_mag: NonNegative
    r_eff_arcsec_at_24: Positive
    r_eff_slope_dex_per_mag: Finite
    r_eff_scatter_dex: NonNegative


class Neighbours(FaintGalaxies):
    """Galaxies and stars that have nothing to do with what a stamp shows."""

    r_mag: Range
    star_g_i: Range


class FieldGalaxies(FaintGalaxies):
    """Faint galaxies of the field: sources behind the deflectors, and neighbours.

    Neighbours are only drawn down to ``neighbour_vis_mag_max``: the others would not be seen.
    """

    vis_mag: Range
    neighbour_vis_mag_max: Finite
    counts_slope_dex: Positive
    density_below_24_5_arcmin2: Positive
    clumps_max: Count
    clump_light_fraction: Range
    clump_r_eff_arcsec: Range

    @model_validator(mode="after")
    def _neighbours_are_field_galaxies(self) -> Self:
        if not self.vis_mag.low < self.neighbour_vis_mag_max <= self.vis_mag.high:
            raise ValueError(
                f"neighbour_vis_mag_max ({self.neighbour_vis_mag_max}) must lie in the range of vis_mag "
                f"({self.vis_mag.low}–{self.vis_mag.high})"
            )
        return self


class Quasars(Section):
    """Quasar population and where its spectra come from."""

    source: Literal["synthetic", "sdss"]
    sdss_folder: Annotated[str, Field(min_length=1)]
    sdss_redshifts: str
    redshift: Range
    r_mag: Range
    luminosity_function: Literal["palanque_delabrouille_2016", "ross_2013"]
    bal_fraction: Fraction
    dust_ebv_mean: NonNegative
