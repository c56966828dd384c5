from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from astropy.cosmology import FlatLambdaCDM
from scipy import stats
from support.project import changed

from lensfinder.errors import UserError
from lensfinder.params import Params, Range
from lensfinder.sky import quasar_spectra as spectra
from lensfinder.sky.distances import Distances
from lensfinder.sky.intergalactic import intergalactic_transmission
from lensfinder.sky.luminosity import DensitySampler, boss_luminosity_function, eboss_luminosity_function
from lensfinder.sky.passbands import FilterSet, ab_magnitude, band_fluxes_ujy
from lensfinder.sky.quasar_spectra import CompositeLines, LineTrends, QuasarTraits
from lensfinder.sky.quasars import WAVELENGTH_A, QuasarPopulation, i_k_correction
from lensfinder.surveys.jpas.columns import QUASAR_COLUMNS, flux_columns


@pytest.fixture(scope="module")
def many(quasars: QuasarPopulation) -> pd.DataFrame:
    return quasars.draw(1500, np.random.default_rng(1))


def test_distances_agree_with_astropy(params: Params) -> None:
    exact = FlatLambdaCDM(H0=70.0, Om0=0.3)
    z = np.array([0.05, 0.4, 1.234, 2.5, 4.0])
    ours = Distances(params.cosmology)
    np.testing.assert_allclose(ours.distance_modulus(z), exact.distmod(z).value, atol=1e-4)
    np.testing.assert_allclose(ours.kpc_per_arcsec(z), exact.kpc_proper_per_arcmin(z).value / 60, rtol=1e-4)
    volume = exact.differential_comoving_volume(z).value
    np.testing.assert_allclose(ours.volume_per_redshift(z), volume, rtol=1e-4)


def test_luminosity_functions_at_their_breaks() -> None:
    # There both power laws meet: half of Φ*. Ross et al. 2013, table 8, lines 1 and 7.
    break_at_1 = -22.85 - 2.5 * (1.241 - 0.249)
    assert boss_luminosity_function(1.0, break_at_1) == pytest.approx(10**-5.96 / 2)
    assert boss_luminosity_function(2.2, -26.57) == pytest.approx(10**-5.93 / 2)
    assert boss_luminosity_function(3.2, -26.57 - 0.809) == pytest.approx(10 ** (-5.93 - 0.689) / 2)
    # Palanque-Delabrouille et al. 2016, PLE + LEDE; M_g = M_i + 0.256.
    break_at_1 = -22.25 - 2.5 * (1.59 - 0.36) - 0.256
    break_at_2_2 = -22.25 - 2.5 * (1.59 * 2.2 - 0.36 * 2.2**2) - 0.256
    assert eboss_luminosity_function(1.0, break_at_1) == pytest.approx(10**-5.93 / 2)
    assert eboss_luminosity_function(3.2, break_at_2_2 - 0.14) == pytest.approx(
        10 ** (-5.93 - 0.46 - 0.06) / 2
    )


@pytest.mark.parametrize(
    ("function", "z", "faint", "bright"),
    [
        (boss_luminosity_function, 1.0, -1.16, -3.37),
        (boss_luminosity_function, 3.0, -1.29, -3.51),
        (eboss_luminosity_function, 1.0, -1.47, -3.89),
        (eboss_luminosity_function, 3.2, -1.47, -3.89 + 0.32),
    ],
)
def test_luminosity_functions_have_their_slopes(function, z: float, faint: float, bright: float) -> None:
    # Ten magnitudes from the break they are 0.4 (α + 1) and 0.4 (β + 1) per magnitude.
    for mag, slope in ((-15.0, faint), (-37.0, bright)):
        rise = np.diff(np.log10(function(z, np.array([mag, mag + 1.0]))))[0]
        assert rise == pytest.approx(-0.4 * (slope + 1), abs=1e-3)


def test_step_at_the_pivot_is_that_of_the_published_fits() -> None:
    mag = np.array([-22.0, -24.0, -28.0])
    step = boss_luminosity_function(2.2, mag) / boss_luminosity_function(2.2 - 1e-9, mag)
    np.testing.assert_allclose(step, [1.83, 1.44, 0.74], atol=0.01)
    step = eboss_luminosity_function(2.2, mag) / eboss_luminosity_function(2.2 - 1e-9, mag)
    np.testing.assert_allclose(step, 1.0, atol=1e-6)


def number_deg2(
    function, params: Params, z_range: tuple[float, float], i_range: tuple[float, float]
) -> float:
    """Integral of a luminosity function over redshift and apparent i."""
    distances = Distances(params.cosmology)
    z, i_mag = np.linspace(*z_range, 501), np.linspace(*i_range, 301)
    abs_mag = i_mag - (distances.distance_modulus(z) + i_k_correction(z))[:, None]
    number = np.trapezoid(function(z[:, None], abs_mag), i_mag, axis=1) * distances.volume_per_redshift(z)
    return float(np.trapezoid(number, z) * np.radians(1.0) ** 2)


@pytest.mark.parametrize(
    ("r_mag", "published"),
    [
        # Quasars in 10,000 deg² and half a magnitude of r, at 1 < z < 2, 2–3 and 3–4
        # (Palanque-Delabrouille et al. 2016, table 7, PLE + LEDE, read in a public code).
        (20.25, (102_993, 55_189, 6_846)),
        (21.25, (172_381, 108_661, 19_287)),
        (22.25, (271_898, 177_682, 35_182)),
    ],
)
def test_counts_are_those_of_palanque_delabrouille_2016(
    params: Params, r_mag: float, published: tuple[int, int, int]
) -> None:
    r_minus_i = 0.15  # of quasars on the average
    i_range = (r_mag - 0.25 - r_minus_i, r_mag + 0.25 - r_minus_i)
    for z_low, count in zip((1.0, 2.0, 3.0), published, strict=True):
        found = number_deg2(eboss_luminosity_function, params, (z_low, z_low + 1), i_range)
        assert 10_000 * found == pytest.approx(count, rel=0.2)


def test_faint_quasars_are_as_many_as_counted(params: Params) -> None:
    # Table 7 has 115 and 223 a square degree of r < 21.5 and 22.5; Ross et al. 2013 give half of the latter.
    for limit, published in ((21.5, 115.0), (22.5, 223.0)):
        found = number_deg2(eboss_luminosity_function, params, (0.3, 5.0), (15.0, limit - 0.15))
        assert found == pytest.approx(published, rel=0.1)
    assert number_deg2(boss_luminosity_function, params, (0.3, 5.0), (15.0, 22.35)) < 0.6 * 223.0


def test_luminosity_function_is_a_choice(
    params: Params, filters: FilterSet, lines: CompositeLines, trends: LineTrends
) -> None:
    ross = changed(params.jpas.quasars, {"luminosity_function": "ross_2013"})
    by_name = {
        name: QuasarPopulation(chosen, params.cosmology, filters, lines, trends)
        for name, chosen in (("ours", params.jpas.quasars), ("ross", ross))
    }
    r_mag = {
        name: population.draw(800, np.random.default_rng(0))["r_mag"] for name, population in by_name.items()
    }
    # The steeper faint end makes fainter quasars.
    assert r_mag["ours"].median() > r_mag["ross"].median() + 0.1


def test_k_correction_is_that_of_richards_2006() -> None:
    # M_i(z=0) = M_i(z=2) + 0.596; none at z = 2 by definition; −2.5 · 0.5 · log10((1 + z)/3) between.
    np.testing.assert_allclose(i_k_correction(np.array([0.0, 0.5, 2.0])), [0.596, 0.376, 0.0], atol=5e-4)


def test_sampler_follows_its_density() -> None:
    sampler = DensitySampler(lambda z, mag: z**2 * np.exp(mag), (0.0, 2.0), (-3.0, 0.0))
    z, mag = sampler.draw(20000, np.random.default_rng(0))
    assert stats.kstest(z, lambda x: (x / 2) ** 3).pvalue > 1e-3
    assert stats.kstest(mag, lambda x: (np.exp(x) - np.exp(-3)) / (1 - np.exp(-3))).pvalue > 1e-3
    assert abs(stats.spearmanr(z, mag).statistic) < 0.03


def test_table_has_the_declared_columns_and_ranges(many: pd.DataFrame, filters: FilterSet) -> None:
    given_by_others = {"quasar_id", "spectrum_id", "tile", "sample", "ra_deg", "dec_deg"}
    declared = [name for name in QUASAR_COLUMNS if name not in given_by_others]
    assert list(many.columns) == [*declared, *flux_columns(filters.cube_names)]
    assert len(many) == 1500
    assert many["z"].between(0.4, 4.0).all()
    assert many["r_mag"].between(17.5, 26.0).all()
    fluxes = many.filter(like="flux_").to_numpy()
    assert np.isfinite(fluxes).all()
    assert (fluxes >= 0).all()
    assert (many["filled_fraction"] == 0).all()
    assert stats.binomtest(int(many["bal"].sum()), len(many), 0.12).pvalue > 1e-3


def test_draws_follow_the_stream_alone(quasars: QuasarPopulation, many: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(quasars.draw(1500, np.random.default_rng(1)), many)
    tile = quasars.draw_tile(3, 20, np.random.default_rng(2))
    pd.testing.assert_frame_equal(tile, quasars.draw(20, np.random.default_rng(2)))
    assert not set(tile["z"]) & set(many["z"])


def test_magnitudes_are_those_of_the_spectra(quasars: QuasarPopulation, filters: FilterSet) -> None:
    frame, f_lambda = quasars.draw_spectra(30, np.random.default_rng(4))
    fluxes = band_fluxes_ujy(WAVELENGTH_A, f_lambda, filters)
    np.testing.assert_allclose(ab_magnitude(fluxes[:, filters.index("rSDSS")]), frame["r_mag"], atol=1e-9)
    i_mag = quasars.i_mag(frame["z"].to_numpy(), frame["i_abs_mag"].to_numpy())
    np.testing.assert_allclose(ab_magnitude(fluxes[:, filters.index("iSDSS")]), i_mag, atol=1e-9)
    np.testing.assert_allclose(fluxes[:, filters.in_cube], frame.filter(like="flux_"), rtol=1e-12)


def test_numbers_grow_with_magnitude_as_counted_in_the_sky(many: pd.DataFrame) -> None:
    # Differential counts rise steeply and flatten: 0.4 < z < 4, Ross et al. 2013, fig. 9, from 18 to 22.
    counts = np.histogram(many["r_mag"], bins=[18, 19, 20, 21, 22, 23])[0]
    assert (np.diff(counts) > 0).all()
    assert 1.6 < counts[2] / counts[1] < 4.5
    assert counts[4] / counts[3] < counts[2] / counts[1]


def test_quasars_of_one_redshift_differ(many: pd.DataFrame) -> None:
    at = many[many["z"].between(1.4, 1.6)]
    colour = ab_magnitude(at["flux_J0450"].to_numpy()) - ab_magnitude(at["flux_J0750"].to_numpy())
    assert 0.1 < colour.std() < 0.5
    assert np.unique(colour).size == colour.size


def test_continuum_has_its_slopes() -> None:
    rest = np.array([[800.0, 1000.0, 2000.0, 4000.0, 6000.0, 9000.0]])
    slopes = np.array([[-1.5, -0.5, -0.37]])
    f_nu = spectra.continuum(rest, slopes) * rest**2
    index = -np.diff(np.log(f_nu[0]))[::2] / np.diff(np.log(rest[0]))[::2]
    np.testing.assert_allclose(index, slopes[0], atol=1e-12)
    edge = spectra.continuum(np.array([[1099.999, 1100.001, 5699.99, 5700.01]]), slopes)[0]
    np.testing.assert_allclose(edge[::2], edge[1::2], rtol=1e-4)


def test_lines_have_their_equivalent_width_and_place() -> None:
    rest = np.arange(1000.0, 3000.0, 1.0)[None, :]
    emission = spectra.line_emission(
        rest, np.array([[1549.0, 2500.0]]), np.array([[30.0, 8.0]]), np.array([[20.0, 10.0]])
    )
    left = rest[0] < 2000
    assert emission[0, left].sum() == pytest.approx(30.0, rel=1e-5)
    assert emission[0, ~left].sum() == pytest.approx(8.0, rel=1e-5)
    assert rest[0, emission[0].argmax()] == 1549.0


def test_lines_weaken_with_luminosity(trends: LineTrends) -> None:
    bright, faint = np.array([-27.0]), np.array([-23.0])
    still = np.zeros((1, len(trends.names)))
    fall = (trends.log_ew.draw(bright, still, 0.0) - trends.log_ew.draw(faint, still, 0.0))[0]
    by_name = dict(zip(trends.names, fall, strict=True))
    # Baldwin 1977: 0.1 dex of C IV per magnitude; the narrow optical lines have no trend.
    assert -0.6 < by_name["CIVb"] < -0.2
    assert by_name["[OIII]5008"] == 0.0
    names = list(trends.names)
    # The composite of Vanden Berk et al. 2001 has lines above a local continuum that holds their wings, the
    # trends above the power law: up to 2.6 times as strong.
    strength = 10 ** trends.log_ew.draw(np.array([-25.5]), still, 0.0)[0]
    for parts, published in ((("CIVb", "CIVn"), 23.8), (("MgIIb", "MgIIn"), 32.3), (("Hbeta",), 46.2)):
        total = sum(strength[names.index(part)] for part in parts)
        assert 0.9 < total / published < 3.0


def test_scatter_of_lines_is_two_sided(trends: LineTrends) -> None:
    magnitude = np.full(1, -25.0)
    shape = (1, len(trends.names))
    mean, low, high = (trends.log_ew.draw(magnitude, np.full(shape, d), 0.0)[0] for d in (0.0, -1.0, 1.0))
    k = trends.names.index("fe2120")
    assert mean[k] - low[k] == pytest.approx(0.230449 + 0.522879)
    assert high[k] - mean[k] == pytest.approx(0.39794 - 0.230449)
    floored = trends.log_ew.draw(magnitude, np.full(shape, 1.0), 0.15)[0]
    assert (floored - mean).min() == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("z", "wavelength_A", "published"),
    [
        # Values of lbg_tools 1.7.0, IGM("inoue"): Lyman continuum, series and Lyα alone.
        (0.9, 1700.0, 0.912252),
        (2.2, 3000.0, 0.860569),
        (3.0, 3300.0, 0.273373),
        (3.0, 3600.0, 0.546548),
        (3.0, 4000.0, 0.741938),
        (3.0, 4800.0, 0.682313),
        (3.9, 3500.0, 0.022381),
        (3.9, 5800.0, 0.463424),
    ],
)
def test_intergalactic_transmission_is_that_of_inoue_2014(
    z: float, wavelength_A: float, published: float
) -> None:
    passed = intergalactic_transmission(np.array([wavelength_A, 1300.0 * (1 + z)]), np.array([0.0, z]))
    assert passed[1].tolist() == [pytest.approx(published, abs=1e-6), 1.0]
    assert passed[0].tolist() == [1.0, 1.0]  # nothing lies in front of what is near


def test_no_band_of_a_quasar_is_dark(lines: CompositeLines, trends: LineTrends, filters: FilterSet) -> None:
    z = np.linspace(0.4, 4.0, 37)
    spectrum = spectra.render(WAVELENGTH_A, spectra.mean_traits(z, -25.5, 0.0, trends, lines))
    assert (spectrum > 0).all()
    assert (band_fluxes_ujy(WAVELENGTH_A, spectrum, filters) > 0).all()


def test_dust_reddens_as_in_the_small_magellanic_cloud() -> None:
    passed = spectra.host_dust_transmission(np.array([[1500.0, 4400.0, 5500.0]]), np.array([0.1]))
    extinction = -2.5 * np.log10(passed[0]) / 0.1
    # Prévot et al. 1984: R_V = 2.72, E(B − V) is A_B − A_V, and A(1500 Å)/A_V about 5.
    assert extinction[2] == pytest.approx(2.85, abs=0.05)
    assert extinction[1] - extinction[2] == pytest.approx(0.87, abs=0.15)
    assert extinction[0] / extinction[2] == pytest.approx(4.8, abs=0.3)


def test_broad_absorption_cuts_blueward_of_c_iv_only_in_its_quasars(
    lines: CompositeLines, trends: LineTrends
) -> None:
    z = np.full(400, 2.2)
    traits = spectra.draw_traits(z, np.full(400, -25.0), 0.5, 0.0, trends, lines, np.random.default_rng(3))
    whole = spectra.render(WAVELENGTH_A, QuasarTraits(**{**vars(traits), "bal": np.zeros(400, dtype=bool)}))
    cut = spectra.render(WAVELENGTH_A, traits) / np.where(whole > 0, whole, 1.0)
    assert (cut[~traits.bal][:, WAVELENGTH_A > 3500] == 1.0).all()
    rest = WAVELENGTH_A / 3.2
    trough = (rest > 1420) & (rest < 1549)
    assert (cut[traits.bal][:, trough].min(axis=1) < 0.75).all()
    redward = (rest > 1600) & (rest < 1700)
    np.testing.assert_allclose(cut[:, redward], 1.0, atol=1e-3)
    low = traits.bal & traits.bal_low
    assert (cut[low][:, (rest > 2500) & (rest < 2790)].min(axis=1) < 0.75).all()


def test_mean_quasar_shows_its_lines(lines: CompositeLines, trends: LineTrends) -> None:
    spectrum = spectra.render(WAVELENGTH_A, spectra.mean_traits(np.array([1.0]), -25.5, 0.0, trends, lines))[
        0
    ]
    rest = WAVELENGTH_A / 2.0
    peak = spectrum[(rest > 2780) & (rest < 2820)].max()
    beside = np.median(spectrum[(rest > 3000) & (rest < 3050)])
    assert peak > 1.3 * beside


def test_magnitudes_at_a_redshift_keep_r_in_range(quasars: QuasarPopulation) -> None:
    z = np.full(3000, 1.5)
    abs_mag = quasars.draw_abs_mag(z, np.full(3000, 0.1), np.random.default_rng(0))
    r_mag = quasars.i_mag(z, abs_mag) + 0.1
    assert r_mag.min() >= 17.5
    assert r_mag.max() <= 26.0
    grid = np.linspace(abs_mag.min(), abs_mag.max(), 2000)
    density = eboss_luminosity_function(1.5, grid)
    cumulative = np.cumsum(density) / density.sum()
    assert stats.kstest(abs_mag, lambda x: np.interp(x, grid, cumulative)).pvalue > 1e-3


def test_impossible_ranges_are_refused(
    params: Params, filters: FilterSet, lines: CompositeLines, trends: LineTrends
) -> None:
    bright = changed(params.jpas.quasars, {"r_mag": Range(low=-1.0, high=2.0)})
    with pytest.raises(UserError, match=r"none in the whole sky has redshift 0\.4–4\.0 and r -1\.0–2\.0"):
        QuasarPopulation(bright, params.cosmology, filters, lines, trends)
