from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from support.project import REPOSITORY

from lensfinder.errors import UserError
from lensfinder.sky import sdss
from lensfinder.sky.passbands import FilterSet, ab_magnitude, band_fluxes_ujy
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.sky.sdss import SDSS_FLUX_CGS, Spectrum, read_quasar_spectra, read_spectrum
from lensfinder.sky.sdss_quasars import WAVELENGTH_A, SdssQuasars, complete_spectrum, filled_fraction
from lensfinder.sky.sdss_writer import (
    BOSS_WAVELENGTH_A,
    spec_file_name,
    write_spec_file,
    write_synthetic_library,
)
from lensfinder.surveys.jpas.spectra import covered_bands, draw_spectra_with_bands

REAL_SPECTRA = REPOSITORY.parent / "shared" / "real" / "sdss"
needs_real_spectra = pytest.mark.skipif(
    not REAL_SPECTRA.is_dir(), reason=f"no real spectra at {REAL_SPECTRA}"
)
Z_RANGE = (0.4, 4.0)


@pytest.fixture(scope="module")
def library(quasars: QuasarPopulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spectra")
    write_synthetic_library(folder, 24, quasars, np.random.default_rng(7))
    return folder


@pytest.fixture
def spectra(library: Path) -> list[Spectrum]:
    return read_quasar_spectra(library, Z_RANGE)[0]


def write(path: Path, **changes: object) -> Path:
    """Write a plain quasar of z = 1.5, with changes."""
    wavelength = BOSS_WAVELENGTH_A
    fields: dict[str, object] = {
        "wavelength_A": wavelength,
        "f_lambda": 5e-17 * (wavelength / 6000.0) ** -1.5,
        "ivar": np.full(wavelength.size, 4.0),
        "z": 1.5,
        "object_class": "QSO",
        "plate": 1,
        "mjd": 2,
        "fiber": 3,
        **changes,
    }
    write_spec_file(path, **fields)  # type: ignore[arg-type]
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / spec_file_name(266, 51602, 13))
    assert path.name == "spec-0266-51602-0013.fits"
    spectrum = read_spectrum(path)
    assert spectrum.spectrum_id == "spec-0266-51602-0013"
    assert spectrum.object_class == "QSO"
    assert spectrum.z == pytest.approx(1.5)
    np.testing.assert_allclose(spectrum.wavelength_A, BOSS_WAVELENGTH_A, rtol=1e-6)
    np.testing.assert_allclose(spectrum.f_lambda, 5e-17 * (BOSS_WAVELENGTH_A / 6000.0) ** -1.5, rtol=1e-5)


def test_bad_pixels_are_interpolated_inside_and_cut_at_the_ends(tmp_path: Path) -> None:
    flux = np.full(BOSS_WAVELENGTH_A.size, 3.0 * SDSS_FLUX_CGS)
    ivar = np.ones(flux.size)
    for bad in (slice(0, 40), slice(1000, 1010), slice(2000, 2001)):
        flux[bad] = np.nan
        ivar[bad] = 0.0
    spectrum = read_spectrum(write(tmp_path / "spec-1-2-3.fits", f_lambda=flux, ivar=ivar))
    np.testing.assert_allclose(spectrum.f_lambda, 3.0 * SDSS_FLUX_CGS, rtol=1e-6)
    assert spectrum.wavelength_A[0] == pytest.approx(BOSS_WAVELENGTH_A[40], rel=1e-6)


def drop_column(path: Path) -> None:
    with fits.open(write(path)) as hdus:
        hdus[1].columns["ivar"].name = "weight"
        table = fits.BinTableHDU.from_columns(hdus[1].columns, name="COADD")
        parts = fits.HDUList([hdus[0].copy(), table, hdus[2].copy()])
        parts.writeto(path, overwrite=True)


def drop_record(path: Path) -> None:
    with fits.open(write(path), memmap=False) as hdus:
        parts = fits.HDUList([hdu.copy() for hdu in hdus[:2]])
    parts.writeto(path, overwrite=True)


def lose_pixels(path: Path) -> None:
    ivar = np.ones(BOSS_WAVELENGTH_A.size)
    ivar[::2] = 0.0
    write(path, ivar=ivar)


def cut_short(path: Path) -> None:
    part = BOSS_WAVELENGTH_A[BOSS_WAVELENGTH_A < 7000]
    write(path, wavelength_A=part, f_lambda=np.full(part.size, 1e-17), ivar=np.ones(part.size))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_bytes(write(path).read_bytes()[:40000]), sdss.DAMAGED),
        (lambda path: path.write_bytes(b"not a FITS file"), sdss.DAMAGED),
        (lambda path: path.write_bytes(b""), sdss.DAMAGED),
        (drop_column, sdss.DAMAGED),
        (drop_record, sdss.DAMAGED),
        (lambda path: write(path, f_lambda=np.full(BOSS_WAVELENGTH_A.size, np.nan)), sdss.NOT_FINITE),
        (lambda path: write(path, z=np.nan), sdss.NOT_FINITE),
        (lose_pixels, sdss.TOO_FEW_PIXELS),
        (lambda path: write(path, object_class="GALAXY"), sdss.WRONG_CLASS),
        (lambda path: write(path, object_class="STAR"), sdss.WRONG_CLASS),
        (lambda path: write(path, z=0.1), sdss.OUT_OF_RANGE),
        (lambda path: write(path, f_lambda=np.full(BOSS_WAVELENGTH_A.size, -1e-17)), sdss.TOO_FEW_PIXELS),
        (cut_short, sdss.TOO_SHORT),
    ],
)
def test_unusable_file_is_named_counted_and_skipped(
    tmp_path: Path, damage: Callable[[Path], object], reason: str
) -> None:
    write(tmp_path / "spec-0001-00001-0001.fits")
    damage(tmp_path / "spec-0002-00002-0002.fits")
    write(tmp_path / "spec-0003-00003-0003.fits")
    spectra, report = read_quasar_spectra(tmp_path, Z_RANGE)
    assert [spectrum.spectrum_id[-4:] for spectrum in spectra] == ["0001", "0003"]
    assert report.n_read == 2
    assert report.counts() == {reason: 1}
    assert report.skipped[0].name == "spec-0002-00002-0002.fits"
    assert "spec-0002-00002-0002.fits" in report.summary()
    assert f"1 × {reason}" in report.summary()


def test_folder_without_spectra_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: no such folder; .*spec-\*\.fits"):
        read_quasar_spectra(tmp_path / "nowhere", Z_RANGE)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match=r"no file spec-\*\.fits in it"):
        read_quasar_spectra(tmp_path, Z_RANGE)
    write(tmp_path / "spec-0001-00001-0001.fits", object_class="GALAXY")
    with pytest.raises(UserError, match=r"none of the 1 files .* usable quasar\n(.|\n)*CLASS is 'GALAXY'"):
        read_quasar_spectra(tmp_path, Z_RANGE)


def test_library_has_the_layout_and_noise_of_boss(library: Path, spectra: list[Spectrum]) -> None:
    assert len(spectra) == 24
    with fits.open(library / "spec-90000-60000-0001.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "COADD", "SPECOBJ"]
        assert hdus[1].columns.names[:3] == ["flux", "loglam", "ivar"]
        ivar = hdus[1].data["ivar"]
        assert 0.003 < (ivar == 0).mean() < 0.02
    for spectrum in spectra:
        assert spectrum.wavelength_A[[0, -1]] == pytest.approx([3600.0, 10400.0], rel=5e-3)
        assert np.isfinite(spectrum.f_lambda).all()
    noise = np.array(
        [np.diff(s.f_lambda[2000:2400]).std() / np.median(s.f_lambda[2000:2400]) for s in spectra]
    )
    assert (noise > 0.01).all()
    assert (noise < 0.5).all()


def test_spectrum_is_continued_by_the_template_without_a_step() -> None:
    covered = (WAVELENGTH_A > 3800) & (WAVELENGTH_A < 9200)
    truth = 4e-17 * (WAVELENGTH_A / 6000.0) ** -1.2
    spectrum = Spectrum("spec", 1.0, "QSO", WAVELENGTH_A[covered], truth[covered])
    template = 0.3 * (WAVELENGTH_A / 6000.0) ** -1.2
    complete = complete_spectrum(spectrum, template)
    np.testing.assert_allclose(complete, truth, rtol=1e-9)
    # A template that is too blue is pinned to the light next to either end, not to that of the whole.
    blue = complete_spectrum(spectrum, template * (WAVELENGTH_A / 6000.0) ** -1.0)
    first, last = np.flatnonzero(covered)[[0, -1]]
    assert blue[first - 1] == pytest.approx(blue[first], rel=0.1)
    assert blue[last + 1] == pytest.approx(blue[last], rel=0.1)
    dark = complete_spectrum(spectrum, np.zeros_like(template))
    assert (dark[~covered] == 0).all()


def test_filled_fraction_counts_uncovered_bands(filters: FilterSet) -> None:
    cube = filters.cube()
    whole = Spectrum("spec", 1.0, "QSO", WAVELENGTH_A, np.ones(WAVELENGTH_A.size))
    assert filled_fraction(whole, cube) == 0.0
    part = WAVELENGTH_A[(WAVELENGTH_A > 3800) & (WAVELENGTH_A < 9200)]
    # uJAVA, J0378 in the blue and J0910 (its edge), J1007 in the red.
    assert 2 / 56 <= filled_fraction(Spectrum("spec", 1.0, "QSO", part, np.ones(part.size)), cube) <= 5 / 56


def test_tiles_share_no_spectrum_and_lose_none(
    quasars: QuasarPopulation, filters: FilterSet, spectra: list[Spectrum]
) -> None:
    dealer = SdssQuasars(quasars, filters, spectra, 5, np.random.default_rng(1))
    tiles = [dealer.draw_tile(tile, 80, np.random.default_rng(tile)) for tile in range(5)]
    assert sorted(len(tile) for tile in tiles) == [4, 5, 5, 5, 5]
    dealt = [name for tile in tiles for name in tile["spectrum_id"]]
    assert sorted(dealt) == sorted(spectrum.spectrum_id for spectrum in spectra)
    assert len(dealer.draw_tile(0, 3, np.random.default_rng(0))) == 3
    other = SdssQuasars(quasars, filters, spectra, 5, np.random.default_rng(2))
    assert set(other.draw_tile(0, 80, np.random.default_rng(0))["spectrum_id"]) != set(
        tiles[0]["spectrum_id"]
    )


def test_quasars_keep_redshift_and_colour(
    quasars: QuasarPopulation, filters: FilterSet, spectra: list[Spectrum]
) -> None:
    dealer = SdssQuasars(quasars, filters, spectra, 1, np.random.default_rng(1))
    frame = dealer.draw_tile(0, 80, np.random.default_rng(3))
    synthetic = quasars.draw(2, np.random.default_rng(0))
    assert list(frame.columns) == ["spectrum_id", *synthetic.columns]
    assert frame["r_mag"].between(17.5, 23.0).all()
    assert (frame["source"] == "sdss").all()
    by_id = {spectrum.spectrum_id: spectrum for spectrum in spectra}
    colours = filters.take(np.array([filters.index("J0450"), filters.index("J0800")]))
    for _, row in frame.iterrows():
        spectrum = by_id[row["spectrum_id"]]
        assert row["z"] == spectrum.z
        direct = ab_magnitude(band_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, colours))[0]
        found = ab_magnitude(np.array([row["flux_J0450"], row["flux_J0800"]]))
        assert found[0] - found[1] == pytest.approx(direct[0] - direct[1], abs=0.01)
    assert (frame.filter(like="flux_") >= 0).all(axis=None)


def test_fewer_quasars_than_tiles_is_an_error_with_both_numbers(
    quasars: QuasarPopulation, filters: FilterSet, spectra: list[Spectrum]
) -> None:
    with pytest.raises(UserError, match="24 usable quasar spectra cannot be dealt to 25 tiles"):
        SdssQuasars(quasars, filters, spectra, 25, np.random.default_rng(1))


def test_figure_is_drawn(tmp_path: Path, filters: FilterSet, spectra: list[Spectrum]) -> None:
    draw_spectra_with_bands(tmp_path / "one.png", spectra[:1], filters)
    draw_spectra_with_bands(tmp_path / "figures" / "two.png", spectra[:2], filters)
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "figures" / "two.png").stat().st_size > 10_000
    centre, _, flux = covered_bands(spectra[0], filters.cube())
    inside = np.interp(centre, spectra[0].wavelength_A, spectra[0].f_lambda)
    assert np.median(np.abs(flux / inside - 1)) < 0.2


@needs_real_spectra
def test_real_spectra_are_read_and_galaxies_named() -> None:
    spectra, report = read_quasar_spectra(REAL_SPECTRA, (0.05, 4.0))
    assert {spectrum.spectrum_id: round(spectrum.z, 4) for spectrum in spectra} == {
        "spec-0332-52367-0639": 0.1006,
        "spec-7338-57859-0739": 0.4565,
    }
    assert report.counts() == {sdss.WRONG_CLASS: 2}
    assert {file.name for file in report.skipped} == {
        "spec-0266-51602-0013.fits",
        "spec-0266-51602-0107.fits",
    }


@needs_real_spectra
def test_bands_of_real_quasars_lie_on_their_spectra(filters: FilterSet) -> None:
    for spectrum in read_quasar_spectra(REAL_SPECTRA, (0.05, 4.0))[0]:
        centre, width, flux = covered_bands(spectrum, filters.cube())
        assert len(centre) >= 50
        for c, w, f in zip(centre, width, flux, strict=True):
            inside = np.abs(spectrum.wavelength_A - c) < w / 2
            assert f == pytest.approx(spectrum.f_lambda[inside].mean(), rel=0.06)
