from __future__ import annotations

from importlib.resources import files

import astropy.units as u
import numpy as np
import pytest
import speclite.filters

from lensfinder.sky.passbands import FilterSet, Photometer, band_fluxes_ujy
from lensfinder.sky.stars import WAVELENGTH_A, StarPhotometry, locus_colours, star_spectra
from lensfinder.studies.hard_negatives.params import STAR_G_I_LIMITS

G_I = np.array([0.3, 0.55, 0.8, 1.0, 1.35, 1.7, 2.0, 2.3, 2.6, 2.9])


def sdss_colours(f_lambda: np.ndarray, wavelength: np.ndarray) -> np.ndarray:
    """u − g, g − r, r − i, i − z through the SDSS camera's measured curves (Doi et al. 2010)."""
    bank = speclite.filters.load_filters("sdss2010-*")
    magnitudes = bank.get_ab_magnitudes(f_lambda * u.Unit("erg/(s cm2 AA)"), wavelength * u.AA)
    table = np.stack([magnitudes[name] for name in bank.names], axis=1)
    return table[:, :-1] - table[:, 1:]


@pytest.fixture(scope="module")
def measured() -> np.ndarray:
    return sdss_colours(star_spectra(G_I), WAVELENGTH_A)


def test_colours_through_the_measured_sdss_curves_lie_on_the_locus(measured: np.ndarray) -> None:
    wrong = np.abs(measured - locus_colours(G_I))
    assert wrong[:, 1:].max() < 0.04
    assert wrong[G_I <= 1.7, 0].max() < 0.03
    assert wrong[:, 0].max() < 0.2


def test_another_publications_locus_agrees(measured: np.ndarray) -> None:
    """Jurić et al. 2008, ApJ 673, 864, eq. 4: g − r of the locus as a function of r − i."""
    g_r, r_i = measured[:, 1], measured[:, 2]
    inside = r_i > 0.1
    locus = 1.39 * (1 - np.exp(-4.9 * r_i**3 - 2.45 * r_i**2 - 1.68 * r_i - 0.05))
    assert inside.sum() >= 8
    assert np.abs(g_r - locus)[inside].max() < 0.08


def test_the_locus_reddens_and_g_minus_i_is_g_minus_i() -> None:
    g_i = np.linspace(*STAR_G_I_LIMITS, 29)
    colours = locus_colours(g_i)
    assert np.allclose(colours[:, 1] + colours[:, 2], g_i, atol=0.03)
    assert (np.diff(colours[:, 2]) > 0).all()


def test_a_model_atmosphere_of_the_sun_differs_by_a_few_per_cent(filters: FilterSet) -> None:
    """Lejeune et al. 1997's Sun, which kcorrect carries: 1221 wavelengths [nm], six words, 1221 H_ν."""
    text = (files("kcorrect") / "data" / "basel" / "lcbsun.ori").read_text().split()
    wavelength = 10 * np.array(text[:1221], dtype=float)
    sun = np.interp(WAVELENGTH_A, wavelength, np.array(text[-1221:], dtype=float) / wavelength**2)[None]
    colours = sdss_colours(sun, WAVELENGTH_A)[0]
    photometer = Photometer(WAVELENGTH_A, filters.cube())
    ours = photometer.fluxes_ujy(star_spectra(colours[[1]] + colours[[2]]))[0]
    ln_ratio = np.log(photometer.fluxes_ujy(sun)[0] / ours)
    assert ln_ratio.std() < 0.045
    # The Sun's black body is no star: the test can tell.
    black = WAVELENGTH_A**-5.0 / np.expm1(1.438776877e8 / (5777 * WAVELENGTH_A))
    from_black = np.log(photometer.fluxes_ujy(sun)[0] / photometer.fluxes_ujy(black[None])[0])
    assert from_black.std() > 0.09


@pytest.mark.parametrize(("g_i", "subtype"), [(2.0, 0.0), (2.9, 4.0)])
def test_titanium_oxide_deepens_as_in_m_dwarfs(g_i: float, subtype: float) -> None:
    """Reid, Hawley & Gizis 1995: subtype = 8.2 − 10.775 TiO5, good to half a subtype."""
    spectrum = star_spectra(np.array([g_i]))[0]

    def mean(low: float, high: float) -> float:
        return float(spectrum[(low <= WAVELENGTH_A) & (high >= WAVELENGTH_A)].mean())

    tio5 = mean(7126, 7135) / mean(7042, 7046)
    assert 8.2 - 10.775 * tio5 == pytest.approx(subtype, abs=0.5)


def test_fluxes_have_the_magnitude_asked_for(filters: FilterSet) -> None:
    g_i, r_mag = np.array([0.5, 2.5]), np.array([18.0, 21.0])
    fluxes = StarPhotometry(filters).fluxes_ujy(g_i, r_mag)
    assert fluxes.shape == (2, 56)
    spectra = star_spectra(g_i)
    in_r = band_fluxes_ujy(WAVELENGTH_A, spectra, filters.band("rSDSS"))[:, 0]
    scale = 10 ** (-0.4 * (r_mag - 23.9)) / in_r
    expected = band_fluxes_ujy(WAVELENGTH_A, spectra * scale[:, None], filters.cube())
    np.testing.assert_allclose(fluxes, expected, rtol=1e-9)
    assert (np.diff(fluxes[:, ::20], axis=1)[1] > 0).all()  # an M dwarf is red
