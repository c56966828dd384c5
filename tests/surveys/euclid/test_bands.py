"""The Euclid bands: what a pixel counts, and fluxes in four bands from tables of templates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.project import CATALOGS

from lensfinder.errors import UserError
from lensfinder.sky.galaxy_photometry import SpectralPhotometry, TabulatedPhotometry
from lensfinder.sky.galaxy_spectra import draw_mixtures
from lensfinder.sky.passbands import Photometer, ab_magnitude, transmission
from lensfinder.sky.tables import read_galaxy_templates
from lensfinder.surveys.euclid.bands import EuclidBands, read_euclid_bands

GRID_A = np.arange(4500.0, 21600.1, 5.0)


def test_bands_are_those_of_a_stamp(bands: EuclidBands) -> None:
    assert bands.names == ("VIS", "Y", "J", "H")
    assert bands.filters.names == (*bands.names, "rSDSS")
    assert bands.stamp_pixels.tolist() == [200, 66, 66, 66]
    np.testing.assert_allclose(bands.stamp_pixels * bands.pixel_scale_arcsec, [20.0, 19.8, 19.8, 19.8])


def test_noise_of_a_pixel_is_the_published_one(bands: EuclidBands) -> None:
    # Sky of surveycodex 1.3.0, four exposures, read noise 4.4 and 6 e: worked out apart from this code.
    np.testing.assert_allclose(bands.background_sigma_electrons, [26.4, 24.4, 25.1, 23.7], rtol=2e-3)
    np.testing.assert_allclose(bands.background_sigma_ujy, [0.00183, 0.0256, 0.0223, 0.0223], rtol=3e-3)
    # A source of the zero point's magnitude leaves one electron a second.
    flux = 10 ** (-0.4 * (bands.zero_point_mag - 23.9))
    np.testing.assert_allclose(flux * bands.electrons_per_ujy, 4 * np.array([560.53, 87.2, 87.2, 87.2]))


def test_passbands_have_their_half_power_limits(bands: EuclidBands) -> None:
    curves = transmission(GRID_A, bands.filters)
    limits = ((5500, 9000), (9496, 12123), (11676, 15670), (15215, 20214))
    for curve, peak, expected in zip(curves[:4], bands.filters.peak_throughput[:4], limits, strict=True):
        above = GRID_A[curve > 0.5 * peak]
        np.testing.assert_allclose([above[0], above[-1]], expected, atol=5.0)


def test_throughput_belongs_to_the_zero_point(bands: EuclidBands) -> None:
    # Electrons per second of a source of magnitude m: A/h ∫ f_ν T dν/ν; 3631 Jy = 3.631e-20 erg/s/cm²/Hz.
    curves = transmission(GRID_A, bands.filters)[:4]
    rate = 9926 * 3.631e-20 / 6.62607e-27 * (curves / GRID_A).sum(axis=1) * 5.0
    np.testing.assert_allclose(2.5 * np.log10(rate), bands.zero_point_mag, atol=0.01)


def test_missing_column_is_named(tmp_path: Path) -> None:
    for name in ("jpas_filters.ecsv", "euclid_bands.ecsv"):
        text = (CATALOGS / name).read_text().replace("psf_fwhm", "seeing")
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=r"euclid_bands\.ecsv: column psf_fwhm is missing"):
        read_euclid_bands(tmp_path)


def test_tabulated_fluxes_are_those_of_the_spectra(bands: EuclidBands) -> None:
    exact = SpectralPhotometry(GRID_A, bands.filters, read_galaxy_templates())
    table = TabulatedPhotometry.build(exact, z_max=1.5)
    rng = np.random.default_rng(4)
    z = np.concatenate([[0.0, 1.5], rng.uniform(0.0, 1.5, 60)])
    for early in (True, False):
        weights = draw_mixtures(early, len(z), exact.templates, rng)
        fluxes, in_h = table.fluxes_ujy(z, weights), table.band("H").fluxes_ujy(z, weights)[:, 0]
        np.testing.assert_allclose(fluxes, exact.fluxes_ujy(z, weights), rtol=2e-3)
        np.testing.assert_allclose(in_h, fluxes[:, 3], rtol=1e-13)


def test_templates_reach_the_end_of_h(bands: EuclidBands) -> None:
    templates = read_galaxy_templates()
    # An old galaxy falls from its peak at 1.6 µm as f_λ ~ λ^-3 or so, and does not stop falling at 2 µm.
    lrg = templates.f_lambda[templates.names.index("lrg0")]
    spectrum = np.interp(GRID_A, templates.wavelength_A, lrg)
    flux = Photometer(GRID_A, bands.filters).fluxes_ujy(spectrum[None])
    assert templates.wavelength_A[-1] > 21500
    magnitudes = ab_magnitude(flux[0] / flux[0, 0])
    assert magnitudes[1] - magnitudes[3] == pytest.approx(0.4, abs=0.25)  # Y − H of a nearby elliptical
