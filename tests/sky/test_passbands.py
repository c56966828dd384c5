from __future__ import annotations

import csv
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from speclite.filters import FilterResponse
from support.project import CATALOGS, REPOSITORY

from lensfinder.errors import UserError
from lensfinder.sky.galaxy_spectra import GalaxyTemplates, draw_mixtures, redshifted_spectra
from lensfinder.sky.passbands import (
    FilterSet,
    Photometer,
    ab_magnitude,
    band_fluxes_ujy,
    flux_of_magnitude_ujy,
    transmission,
)
from lensfinder.sky.quasar_spectra import CompositeLines, LineTrends, mean_traits, render
from lensfinder.sky.sdss import read_spectrum
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.typing import FloatArray

REAL_SPECTRA = REPOSITORY.parent / "shared" / "real" / "sdss"
MEASURED_CURVES = REPOSITORY.parent / "shared" / "reference" / "jpas_transmission_10A.csv"

COARSE_A = np.arange(3000.0, 11200.1, 5.0)
FINE_A = np.arange(3000.0, 11200.1, 1.0)


def speclite_fluxes_ujy(wavelength_A: FloatArray, f_lambda: FloatArray, filters: FilterSet) -> FloatArray:
    """Fluxes by speclite, from the same curves on a fine grid, in µJy."""
    fluxes = []
    for name in filters.names:
        curve = transmission(FINE_A, filters.band(name))[0]
        inside = np.flatnonzero(curve > 1e-7 * curve.max())
        span = slice(max(inside[0] - 1, 0), inside[-1] + 2)
        response = np.where(curve > 1e-7 * curve.max(), curve, 0.0)[span]
        response[[0, -1]] = 0.0
        meta = {"group_name": "jpas", "band_name": name}
        band = FilterResponse(wavelength=FINE_A[span] * u.AA, response=response, meta=meta)
        unit = u.erg / u.s / u.cm**2 / u.AA
        fluxes.append(band.get_ab_maggies(f_lambda * unit, wavelength_A * u.AA))
    return np.array(fluxes).T * 3631e6


def smooth_and_line_spectra(wavelength_A: FloatArray) -> FloatArray:
    """Power laws and a spectrum of lines 10–80 Å wide on a falling continuum."""
    spectra = [1e-16 * (wavelength_A / 6000.0) ** power for power in (-3.0, -1.5, 0.0, 2.0)]
    lines = 0.5 * spectra[1]
    for centre, width in ((3900, 30), (4530, 12), (5210, 60), (6075, 10), (7400, 80), (8615, 20), (9300, 40)):
        lines = lines + 2e-16 * np.exp(-0.5 * ((wavelength_A - centre) / width) ** 2)
    return np.array([*spectra, lines])


def test_bands_are_read(filters: FilterSet) -> None:
    assert len(filters) == 58
    assert len(filters.cube()) == 56
    assert set(filters.names) - set(filters.cube_names) == {"rSDSS", "iSDSS"}
    assert (np.diff(filters.cube().wavelength_mean_A) > 0).all()
    assert np.bincount(filters.trays).tolist() == [2, 14, 14, 14, 14]
    assert filters.band("J0510").depth_5s_3arcsec_mag[0] == pytest.approx(23.19)


def test_missing_table_and_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"jpas_filters\.ecsv: no such file"):
        read_filters(tmp_path)
    text = (CATALOGS / "jpas_filters.ecsv").read_text().replace("edge_width", "edge_breadth")
    (tmp_path / "jpas_filters.ecsv").write_text(text)
    with pytest.raises(UserError, match="column edge_width is missing"):
        read_filters(tmp_path)
    (tmp_path / "jpas_filters.ecsv").write_text("no table")
    with pytest.raises(UserError, match="cannot be read as ECSV"):
        read_filters(tmp_path)


def test_passband_has_its_widths(filters: FilterSet) -> None:
    band = filters.band("J0510")
    curve = transmission(FINE_A, band)[0]
    above = FINE_A[curve > 0.5 * band.peak_throughput[0]]
    assert above[-1] - above[0] == pytest.approx(band.fwhm_A[0], abs=2.0)
    above = FINE_A[curve > 0.01 * band.peak_throughput[0]]
    assert above[-1] - above[0] == pytest.approx(band.fwhm_A[0] + 9.2 * band.edge_width_A[0], abs=3.0)
    assert (FINE_A * curve).sum() / curve.sum() == pytest.approx(band.wavelength_mean_A[0], abs=0.1)


def test_flat_f_nu_has_one_magnitude_in_every_band(filters: FilterSet) -> None:
    # An AB source of 20 mag has f_λ = f_ν c/λ²; c in Å/s and 1 µJy = 1e-29 erg/s/cm²/Hz.
    f_lambda = flux_of_magnitude_ujy(20.0) * 1e-29 * 2.99792458e18 / COARSE_A**2
    magnitudes = ab_magnitude(band_fluxes_ujy(COARSE_A, f_lambda, filters))
    assert magnitudes.shape == (1, 58)
    np.testing.assert_allclose(magnitudes, 20.0, atol=1e-4)


def test_photometry_agrees_with_speclite(filters: FilterSet) -> None:
    ours = band_fluxes_ujy(COARSE_A, smooth_and_line_spectra(COARSE_A), filters)
    theirs = speclite_fluxes_ujy(FINE_A, smooth_and_line_spectra(FINE_A), filters)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)  # found: 4e-6


@pytest.mark.skipif(not REAL_SPECTRA.is_dir(), reason=f"no real spectra at {REAL_SPECTRA}")
@pytest.mark.parametrize("path", sorted(REAL_SPECTRA.glob("spec-*.fits")), ids=lambda path: path.stem)
def test_photometry_of_real_spectra_agrees_with_speclite(filters: FilterSet, path: Path) -> None:
    spectrum = read_spectrum(path)
    low, high = spectrum.wavelength_A[[0, -1]]
    half = filters.fwhm_A / 2 + 12 * filters.edge_width_A
    inside = (filters.wavelength_mean_A - half > low) & (filters.wavelength_mean_A + half < high)
    covered = filters.take(np.flatnonzero(inside))
    assert len(covered) >= 50
    ours = band_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, covered)
    theirs = speclite_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, covered)
    np.testing.assert_allclose(ours[0], theirs, rtol=5e-4)  # found: 9e-5


@pytest.mark.skipif(not MEASURED_CURVES.is_file(), reason=f"no measured curves at {MEASURED_CURVES}")
def test_analytic_passbands_are_close_to_measured_ones(
    filters: FilterSet, templates: GalaxyTemplates, lines: CompositeLines, trends: LineTrends
) -> None:
    with MEASURED_CURVES.open() as file:
        rows = list(csv.DictReader(file))
    grid = np.array([float(row["wavelength_A"]) for row in rows])
    z = np.array([0.8, 1.6, 2.4])
    quasars = render(COARSE_A, mean_traits(z, -25.5, 0.02, trends, lines))
    mixtures = np.vstack(
        [draw_mixtures(early, 2, templates, np.random.default_rng(1)) for early in (True, False)]
    )
    galaxies = redshifted_spectra(COARSE_A, np.array([0.1, 0.3, 0.5, 0.7]), mixtures, templates)
    spectra = np.vstack([smooth_and_line_spectra(COARSE_A)[:4], quasars, galaxies])
    analytic = Photometer(COARSE_A, filters).fluxes_ujy(spectra)
    measured = np.empty_like(analytic)
    for k, name in enumerate(filters.names):
        curve = np.interp(COARSE_A, grid, [float(row[name]) for row in rows])
        norm = 2.99792458e18 * 1e-29 * (curve / COARSE_A).sum()
        measured[:, k] = (spectra * curve * COARSE_A).sum(axis=1) / norm
    difference = np.abs(analytic / measured - 1)
    assert np.median(difference) < 0.002
    assert difference[:4].max() < 0.01  # power laws
    assert difference.max() < 0.06  # emission lines and breaks at the edge of a band


def test_uncovered_band_is_named(filters: FilterSet) -> None:
    with pytest.raises(ValueError, match=r"3000–9000 Å does not cover .* J0910, J1007"):
        Photometer(np.arange(3000.0, 9000.1, 5.0), filters)
