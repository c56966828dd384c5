from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from support.project import changed

from lensfinder.errors import UserError
from lensfinder.params import Params, Range
from lensfinder.sky.distances import Distances
from lensfinder.sky.early_types import EarlyTypes, dispersion_function
from lensfinder.sky.galaxies import GalaxyPopulation
from lensfinder.sky.galaxy_spectra import GalaxyTemplates, draw_mixtures, mixture_names, redshifted_spectra
from lensfinder.sky.luminosity import EARLY_TYPES, LATE_TYPES, DensitySampler
from lensfinder.sky.passbands import FilterSet, ab_magnitude, band_fluxes_ujy
from lensfinder.surveys.jpas.columns import GALAXY_COLUMNS, flux_columns

GRID_A = np.arange(3000.0, 11200.1, 5.0)


@pytest.fixture(scope="module")
def population(params: Params, filters: FilterSet, templates: GalaxyTemplates) -> GalaxyPopulation:
    return GalaxyPopulation(params.jpas.galaxies, params.cosmology, filters, templates)


@pytest.fixture(scope="module")
def distances(params: Params) -> Distances:
    return Distances(params.cosmology)


@pytest.fixture(scope="module")
def many(population: GalaxyPopulation) -> pd.DataFrame:
    return population.draw(2000, np.random.default_rng(1))


def weights_of(names: pd.Series, templates: GalaxyTemplates) -> np.ndarray:
    """Undo ``mixture_names``, to 1 %."""
    weights = np.zeros((len(names), len(templates.names)))
    for row, name in enumerate(names):
        for part in name.split("+"):
            template, percent = part.split(":")
            weights[row, templates.names.index(template)] = float(percent) / 100
    return weights


def test_table_has_the_declared_columns_and_ranges(many: pd.DataFrame, filters: FilterSet) -> None:
    given_by_others = {"galaxy_id", "tile", "sample", "ra_deg", "dec_deg"}
    declared = [name for name in GALAXY_COLUMNS if name not in given_by_others]
    assert list(many.columns) == [*declared, *flux_columns(filters.cube_names)]
    assert len(many) == 2000
    assert set(many["type"]) == {"early", "late"}
    for column, low, high in (
        ("z", 0.05, 1.2),
        ("r_mag", 17.0, 22.7),
        ("r_abs_mag", -25.5, -19.5),
        ("sersic_n", 0.5, 6.0),
        ("axis_ratio", 0.25, 0.99),
        ("pa_deg", 0.0, 180.0),
        ("theta_g_arcsec", 0.005, 0.025),
        ("mass_axis_ratio", 0.3, 0.99),
        ("mass_pa_deg", 0.0, 180.0),
        ("r_eff_arcsec", 0.02, 10.0),
        ("sigma_v_km_s", 30.0, 600.0),
    ):
        assert many[column].between(low, high).all(), column
    fluxes = many.filter(like="flux_").to_numpy()
    assert np.isfinite(fluxes).all()
    assert (fluxes > 0).all()
    assert stats.binomtest(int((many["type"] == "early").sum()), len(many), 0.5).pvalue > 1e-3


def test_draws_follow_the_stream_alone(population: GalaxyPopulation, many: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(population.draw(2000, np.random.default_rng(1)), many)
    assert not set(population.draw(40, np.random.default_rng(2))["z"]) & set(many["z"])


def test_fluxes_and_magnitudes_are_those_of_the_mixture(
    many: pd.DataFrame, filters: FilterSet, templates: GalaxyTemplates, distances: Distances
) -> None:
    some = many.head(40)
    z, weights = some["z"].to_numpy(), weights_of(some["template"], templates)
    fluxes = band_fluxes_ujy(GRID_A, redshifted_spectra(GRID_A, z, weights, templates), filters)
    r = filters.index("rSDSS")
    # Names give the weights to 1 %: colours to a few.
    expected = fluxes[:, filters.in_cube] / fluxes[:, [r]]
    found = some.filter(like="flux_").to_numpy() / 10 ** (-0.4 * (some["r_mag"].to_numpy()[:, None] - 23.9))
    np.testing.assert_allclose(found, expected, rtol=0.12)
    assert np.median(np.abs(found / expected - 1)) < 0.01
    rest = band_fluxes_ujy(GRID_A, redshifted_spectra(GRID_A, 0 * z, weights, templates), filters)
    k_correction = ab_magnitude(fluxes[:, r]) - ab_magnitude(rest[:, r])
    modulus = distances.distance_modulus(z)
    np.testing.assert_allclose(some["r_mag"] - some["r_abs_mag"], modulus + k_correction, atol=0.06)


def test_k_correction_of_flat_f_nu_is_that_of_the_bandwidth(filters: FilterSet) -> None:
    # L_ν flat: f_ν at a given luminosity distance grows by 1 + z alone (Hogg et al. 2002, eq. 12).
    wavelength = np.geomspace(900.0, 20000.0, 4000)
    flat = GalaxyTemplates(("flat",), wavelength, wavelength[None, :] ** -2.0 * 1e-9, np.ones(1))
    z = np.array([0.0, 0.3, 1.0])
    fluxes = band_fluxes_ujy(
        GRID_A, redshifted_spectra(GRID_A, z, np.ones((3, 1)), flat), filters.band("rSDSS")
    )
    np.testing.assert_allclose(
        ab_magnitude(fluxes[:, 0] / fluxes[0, 0]), 23.9 - 2.5 * np.log10(1 + z), atol=1e-3
    )


def test_early_types_are_redder_rounder_and_more_concentrated(many: pd.DataFrame) -> None:
    near = many[many["z"].between(0.2, 0.5)]
    colour = ab_magnitude(near["flux_J0500"].to_numpy()) - ab_magnitude(near["flux_J0700"].to_numpy())
    early = (near["type"] == "early").to_numpy()
    assert np.median(colour[early]) > np.median(colour[~early]) + 0.3
    assert colour[~early].std() > colour[early].std() > 0.02
    by_type = many.groupby("type")[["sersic_n", "axis_ratio", "sigma_v_km_s"]].median()
    assert (by_type.loc["early"] > by_type.loc["late"]).all()
    assert by_type.loc["early", "sersic_n"] == pytest.approx(4.0, abs=0.2)
    assert by_type.loc["late", "sersic_n"] == pytest.approx(1.0, abs=0.1)


def test_dispersions_of_late_types_follow_luminosity(many: pd.DataFrame) -> None:
    these = many[many["type"] == "late"]
    log_luminosity = -0.4 * (these["r_abs_mag"] - LATE_TYPES.break_mag_at(these["z"].to_numpy()))
    fit = stats.linregress(log_luminosity, np.log10(these["sigma_v_km_s"]))
    assert fit.slope == pytest.approx(1 / 2.6, abs=0.03)
    assert 10**fit.intercept == pytest.approx(204.0 / np.sqrt(2), rel=0.03)
    residual = np.log10(these["sigma_v_km_s"]) - fit.intercept - fit.slope * log_luminosity
    assert residual.std() == pytest.approx(0.07, abs=0.007)


def test_dispersions_of_early_types_follow_luminosity(many: pd.DataFrame) -> None:
    these = many[(many["type"] == "early") & many["r_abs_mag"].between(-23.5, -20.0)]
    faded = these["r_abs_mag"] + 1.8 * (np.minimum(these["z"], 0.5) - 0.1)
    residual = np.log10(these["sigma_v_km_s"]) - (-2.97 - 0.37 * faded - 0.006 * faded**2)
    assert residual.mean() == pytest.approx(0.0, abs=0.03)
    assert residual.std() == pytest.approx(0.07, abs=0.01)


@pytest.fixture(scope="module")
def dispersions_before_cuts() -> np.ndarray:
    """σ_v of a million early types of all luminosities, half of them at z = 0.1 and half at 0.6."""
    galaxies, rng = EarlyTypes(0.07), np.random.default_rng(3)
    parts = []
    for z in (0.1, 0.6):
        at, abs_mag = DensitySampler(galaxies.density, (z, z + 1e-6), (-26.0, -14.0)).draw(500_000, rng)
        parts.append(galaxies.draw_velocity_dispersions(at, abs_mag, rng))
    return np.concatenate(parts)


@pytest.mark.parametrize("limit", [250.0, 300.0, 350.0])
def test_heavy_galaxies_are_as_rare_as_choi_2007_found(
    dispersions_before_cuts: np.ndarray, limit: float
) -> None:
    def heavier(than: float) -> float:
        # Of the published function, in which (σ/161)^2.67 follows a gamma distribution.
        return float(stats.gamma.sf((than / 161.0) ** 2.67, 2.32 / 2.67))

    found = (dispersions_before_cuts > limit).sum() / (dispersions_before_cuts > 200.0).sum()
    assert found == pytest.approx(heavier(limit) / heavier(200.0), rel=0.25)


def test_number_of_early_types_is_that_of_choi_2007() -> None:
    log_sigma, abs_mag = np.linspace(0.5, 3.0, 4001), np.linspace(-26.0, -14.0, 4001)
    assert np.trapezoid(dispersion_function(10**log_sigma), log_sigma) == pytest.approx(2.744e-3, rel=1e-3)
    # Below 32 km/s, where nothing is drawn, lie 3 % of them.
    number = np.trapezoid(EarlyTypes(0.07).density(0.3, abs_mag), abs_mag)
    assert number == pytest.approx(2.744e-3, rel=0.04)


@pytest.fixture(scope="module")
def sizes(population: GalaxyPopulation, templates: GalaxyTemplates, distances: Distances) -> pd.DataFrame:
    """Type, z, log stellar mass and half-light radius along the major axis of 6000 galaxies."""
    galaxies = population.draw(6000, np.random.default_rng(4))
    weights = weights_of(galaxies["template"], templates)
    evolution = np.where(galaxies["type"] == "early", 1.8, 0.8) * (np.minimum(galaxies["z"], 0.5) - 0.1)
    # r of a mixture is that at 6000 Å, where all have f_λ = 1, to a few hundredths of a magnitude.
    r_mag = -2.5 * np.log10(6200.0**2 / 2.998e18) - 48.6
    log_msun = np.log10(weights @ templates.mass_msun) - 0.4 * (galaxies["r_abs_mag"] + evolution - r_mag)
    kpc = galaxies["r_eff_arcsec"] * distances.kpc_per_arcsec(galaxies["z"].to_numpy())
    return galaxies[["type", "z"]].assign(log_msun=log_msun, major_kpc=kpc / np.sqrt(galaxies["axis_ratio"]))


@pytest.mark.parametrize("half", ["light", "heavy"])
@pytest.mark.parametrize(
    ("kind", "z", "log_a", "slope"),
    # Van der Wel et al. 2014, table 1, at z = 0.25 and 0.75, and half way between these.
    [
        ("early", 0.25, 0.60, 0.75),
        ("early", 0.50, 0.51, 0.73),
        ("early", 0.75, 0.42, 0.71),
        ("late", 0.25, 0.86, 0.25),
        ("late", 0.50, 0.82, 0.235),
        ("late", 0.75, 0.78, 0.22),
    ],
)
def test_sizes_are_those_of_van_der_wel_2014(
    sizes: pd.DataFrame, half: str, kind: str, z: float, log_a: float, slope: float
) -> None:
    edges = {"early": (10.5, 10.9, 11.5), "late": (9.9, 10.3, 10.9)}[kind][half == "heavy" :][:2]
    near = sizes["z"].between(z - 0.1, z + 0.1) & sizes["log_msun"].between(*edges)
    cell = sizes[near & (sizes["type"] == kind)]
    published = 10 ** (log_a + slope * (cell["log_msun"] - np.log10(5e10)))
    assert len(cell) > 40
    assert np.median(cell["major_kpc"] / published) == pytest.approx(1.0, abs=0.15)


def test_masses_to_light_are_those_of_old_and_young_stars(templates: GalaxyTemplates) -> None:
    # In the Sun's units in r (M☉ = 4.65 AB, Willmer 2018, ApJS 236, 47); Salpeter's are 1.7 times as heavy.
    r_mag = -2.5 * np.log10(6200.0**2 / 2.998e18) - 48.6
    ratio = dict(zip(templates.names, templates.mass_msun * 10 ** (0.4 * (r_mag - 4.65)), strict=True))
    assert 1.7 < ratio["lrg0"] < 2.6
    assert ratio["basis4"] < 0.5


def test_mass_is_scattered_about_the_light(many: pd.DataFrame) -> None:
    turn = (many["mass_pa_deg"] - many["pa_deg"] + 90.0) % 180.0 - 90.0
    assert turn.std() == pytest.approx(10.0, rel=0.1)
    assert stats.pearsonr(many["axis_ratio"], many["mass_axis_ratio"]).statistic > 0.7
    assert (many["mass_axis_ratio"] == 0.99).mean() < 0.001  # nothing piles up at a limit
    for name in ("shear_1", "shear_2"):
        assert stats.kstest(many[name] / 0.035, "norm").pvalue > 1e-3


def test_schechter_functions_have_their_knee_and_evolution() -> None:
    # Loveday et al. 2012: M* − 5 log h = −20.34 and −20.45 in the r band of z = 0.1.
    assert EARLY_TYPES.break_mag_at(0.1) == pytest.approx(-20.34 - 0.775 - 0.21, abs=0.01)
    assert LATE_TYPES.break_mag_at(0.1) == pytest.approx(-20.45 - 0.775 - 0.18, abs=0.01)
    assert EARLY_TYPES.break_mag_at(0.5) == pytest.approx(EARLY_TYPES.break_mag - 1.8 * 0.4)
    assert EARLY_TYPES.break_mag_at(1.0) == EARLY_TYPES.break_mag_at(0.5)
    faint = LATE_TYPES.density(0.1, LATE_TYPES.break_mag + np.array([5.0, 6.0]))
    assert np.log10(faint[1] / faint[0]) == pytest.approx(-0.4 * (1 - 1.49), abs=0.01)


def test_templates_are_galaxies(templates: GalaxyTemplates) -> None:
    assert templates.names == ("basis0", "basis1", "basis2", "basis3", "basis4", "lrg0")
    assert np.isfinite(templates.f_lambda).all()
    inside = (templates.wavelength_A > 5500) & (templates.wavelength_A < 6500)
    np.testing.assert_allclose(templates.f_lambda[:, inside].mean(axis=1), 1.0)
    lrg = templates.f_lambda[templates.names.index("lrg0")]
    w = templates.wavelength_A
    break_4000 = lrg[(w > 4050) & (w < 4250)].mean() / lrg[(w > 3750) & (w < 3950)].mean()
    assert 1.5 < break_4000 < 2.3  # the break of an old population (Bruzual 1983)


def test_mixtures_have_names(templates: GalaxyTemplates) -> None:
    weights = draw_mixtures(False, 50, templates, np.random.default_rng(0))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert mixture_names(np.array([[0, 0, 0, 0.62, 0.376, 0.004]]), templates) == ["basis3:62+basis4:38"]


def test_impossible_ranges_are_refused(
    params: Params, filters: FilterSet, templates: GalaxyTemplates
) -> None:
    near_and_faint = {"redshift": Range(low=0.05, high=0.06), "r_mag": Range(low=21.0, high=22.0)}
    with pytest.raises(UserError, match=r"none has redshift 0\.05–0\.06, r 21\.0–22\.0"):
        GalaxyPopulation(changed(params.jpas.galaxies, near_and_faint), params.cosmology, filters, templates)
