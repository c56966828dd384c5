"""Faint galaxies of the field: their formulae, drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from lensfinder.params import Params
from lensfinder.params.populations import FieldGalaxies
from lensfinder.sky.field_counts import FieldCounts
from lensfinder.sky.field_galaxies import FieldGalaxyLooks
from lensfinder.sky.galaxy_photometry import SpectralPhotometry, TabulatedPhotometry
from lensfinder.sky.passbands import ab_magnitude


@pytest.fixture(scope="module")
def field(params: Params) -> FieldGalaxies:
    return params.euclid.field


@pytest.fixture(scope="module")
def counts(field: FieldGalaxies) -> FieldCounts:
    return FieldCounts(field)


@pytest.fixture(scope="module")
def looks(field: FieldGalaxies, euclid_photometry: SpectralPhotometry) -> FieldGalaxyLooks:
    return FieldGalaxyLooks(field, TabulatedPhotometry.build(euclid_photometry, field.redshift_max))


@pytest.mark.parametrize("slope", [0.3, 0.0, -0.2])
def test_magnitudes_follow_the_counts(counts: FieldCounts, slope: float) -> None:
    mag = counts.draw_mags((4000,), slope, np.random.default_rng(0))
    low, high = counts.mag_low, counts.mag_high

    def below(m: np.ndarray) -> np.ndarray:
        if slope == 0:
            return (m - low) / (high - low)
        return (10 ** (slope * m) - 10 ** (slope * low)) / (10 ** (slope * high) - 10 ** (slope * low))

    assert stats.kstest(mag, below).pvalue > 1e-3
    assert quad(lambda m: float(counts.mag_density(m, slope)), low, high)[0] == pytest.approx(1.0)
    grid = np.array([21.0, 22.0])
    ratio = counts.mag_density(grid, slope)
    assert ratio[1] / ratio[0] == pytest.approx(10**slope)


def test_density_is_counted_at_24_5(counts: FieldCounts, field: FieldGalaxies) -> None:
    assert counts.density_arcsec2(24.5) * 3600 == pytest.approx(field.density_below_24_5_arcmin2)
    # Far below the bright limit the numbers go as 10^(slope m).
    growth = counts.density_arcsec2(26.5) / counts.density_arcsec2(25.5)
    assert growth == pytest.approx(10**field.counts_slope_dex, rel=0.03)
    bright = counts.draw_mags((2000,), field.counts_slope_dex, np.random.default_rng(1), 24.5)
    assert bright.max() <= 24.5


@pytest.mark.parametrize("mag", [21.0, 24.0, 27.0])
def test_redshifts_follow_smail(counts: FieldCounts, field: FieldGalaxies, mag: float) -> None:
    median = field.redshift_median_at_24 + field.redshift_slope_per_mag * (mag - 24)
    z_0 = median / 1.412  # as the formula is usually quoted

    def number(z: float) -> float:
        return z**2 * np.exp(-((z / z_0) ** 1.5))

    whole = quad(number, 0, field.redshift_max)[0]
    for z in (0.3, 0.8, 2.0):
        assert counts.fraction_below(mag, z) == pytest.approx(quad(number, 0, z)[0] / whole, rel=2e-3)
    drawn = counts.draw_redshifts(np.full(4000, mag), np.random.default_rng(2))
    assert stats.kstest(drawn, lambda z: counts.fraction_below(mag, z)).pvalue > 1e-3
    between = counts.draw_redshifts(np.full(4000, mag), np.random.default_rng(3), 0.5, np.full(4000, 1.1))
    ends = counts.fraction_below(mag, np.array([0.5, 1.1]))

    def conditional(z: np.ndarray) -> np.ndarray:
        return (counts.fraction_below(mag, z) - ends[0]) / (ends[1] - ends[0])

    assert between.min() >= 0.5
    assert between.max() <= 1.1
    assert stats.kstest(between, conditional).pvalue > 1e-3


def test_sizes_and_shapes_of_discs(looks: FieldGalaxyLooks, field: FieldGalaxies) -> None:
    mag = np.repeat([22.0, 26.0], 3000)
    discs = looks.draw_discs(mag, np.full(6000, 1.0), np.random.default_rng(3))
    log_size = np.log10(discs.r_eff_arcsec)
    for m in (22.0, 26.0):
        expected = np.log10(field.r_eff_arcsec_at_24) + field.r_eff_slope_dex_per_mag * (m - 24)
        residual = (log_size[mag == m] - expected) / field.r_eff_scatter_dex
        assert stats.kstest(residual, "norm").pvalue > 1e-3
    # Discs of flattening 0.2 at random inclinations: cos i is uniform.
    cos = np.sqrt((discs.axis_ratio**2 - 0.04) / 0.96)
    assert stats.kstest(cos, "uniform").pvalue > 1e-3
    assert stats.kstest(discs.pa_rad / np.pi, "uniform").pvalue > 1e-3


def test_fluxes_are_those_of_the_magnitude_and_the_spectrum(looks: FieldGalaxyLooks) -> None:
    rng = np.random.default_rng(5)
    mag = rng.uniform(20.0, 27.0, 2000)
    discs, clumps = looks.draw_clumpy_discs(mag, np.full(2000, 1.0), rng)
    together = discs.flux_ujy.copy()
    np.add.at(together, clumps.owner, clumps.flux_ujy)
    np.testing.assert_allclose(ab_magnitude(together[:, 0]), mag, atol=1e-9)
    smooth = ab_magnitude(discs.flux_ujy)
    assert np.median(smooth[:, 0] - smooth[:, 3]) == pytest.approx(1.0, abs=0.15)
    young = ab_magnitude(clumps.flux_ujy)
    assert np.median(young[:, 0] - young[:, 3]) < np.median(smooth[:, 0] - smooth[:, 3]) - 0.3


def test_clumps_are_part_of_their_disc(looks: FieldGalaxyLooks, field: FieldGalaxies) -> None:
    n = 4000
    rng = np.random.default_rng(6)
    discs, clumps = looks.draw_clumpy_discs(np.full(n, 23.0), np.full(n, 1.0), rng)
    number = np.bincount(clumps.owner, minlength=n)
    assert (np.diff(clumps.owner) >= 0).all()
    expected = np.full(field.clumps_max + 1, n / (field.clumps_max + 1))
    assert stats.chisquare(np.bincount(number), expected).pvalue > 1e-3
    light = np.bincount(clumps.owner, clumps.flux_ujy[:, 0], minlength=n)
    part = light / (light + discs.flux_ujy[:, 0])
    assert (part[number == 0] == 0).all()
    limits = field.clump_light_fraction
    scaled = (part[number > 0] - limits.low) / (limits.high - limits.low)
    assert stats.kstest(scaled, "uniform").pvalue > 1e-3
    # In half-light radii along the geometric-mean axis clumps follow the light of an exponential disc.
    cos, sin = np.cos(discs.pa_rad[clumps.owner]), np.sin(discs.pa_rad[clumps.owner])
    along = cos * clumps.x_arcsec + sin * clumps.y_arcsec
    across = cos * clumps.y_arcsec - sin * clumps.x_arcsec
    q = discs.axis_ratio[clumps.owner]
    radius = np.sqrt(q * along**2 + across**2 / q) / discs.r_eff_arcsec[clumps.owner]
    assert radius.max() <= 2.0 + 1e-9

    def light_inside(r: np.ndarray) -> np.ndarray:
        x = 1.67835 * np.asarray(r)
        return 1 - (1 + x) * np.exp(-x)

    assert stats.kstest(radius, lambda r: light_inside(r) / light_inside(2.0)).pvalue > 1e-3
    half_light = clumps.sigma_arcsec * 1.17741
    assert half_light.min() >= field.clump_r_eff_arcsec.low - 1e-6
    assert half_light.max() <= field.clump_r_eff_arcsec.high + 1e-6
