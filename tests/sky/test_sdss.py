from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table
from scipy import stats
from support.project import REPOSITORY

from lensfinder.errors import UserError
from lensfinder.sky import sdss
from lensfinder.sky.luminosity import eboss_luminosity_function
from lensfinder.sky.passbands import FilterSet, ab_magnitude, band_fluxes_ujy
from lensfinder.sky.quasars import QuasarPopulation
from lensfinder.sky.sdss import (
    SDSS_FLUX_CGS,
    ReadReport,
    Spectrum,
    SpectrumFile,
    read_quasar_spectra,
    read_spectrum,
)
from lensfinder.sky.sdss_identity import same_object
from lensfinder.sky.sdss_quasars import WAVELENGTH_A, SdssQuasars, complete_spectrum, filled_fraction
from lensfinder.sky.sdss_redshifts import Redshift, read_redshifts
from lensfinder.sky.sdss_writer import (
    BOSS_WAVELENGTH_A,
    spec_file_name,
    write_spec_file,
    write_synthetic_library,
)
from lensfinder.surveys.jpas.spectra_pages import covered_bands, draw_spectra_with_bands

SHARED = REPOSITORY.parent / "shared" / "real"
REAL_SPECTRA, REPEATED_SPECTRA = SHARED / "sdss", SHARED / "spectra"
needs_real_spectra = pytest.mark.skipif(
    not (REAL_SPECTRA.is_dir() and REPEATED_SPECTRA.is_dir()), reason=f"no real spectra in {SHARED}"
)
Z_RANGE = (0.4, 4.0)
NOWHERE = np.full(3, np.nan)


@pytest.fixture(scope="module")
def library(quasars: QuasarPopulation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spectra")
    write_synthetic_library(folder, 24, quasars, np.random.default_rng(7))
    return folder


@pytest.fixture
def files(library: Path) -> tuple[SpectrumFile, ...]:
    return read_quasar_spectra(library, Z_RANGE).used


@pytest.fixture
def spectra(files: tuple[SpectrumFile, ...]) -> list[Spectrum]:
    return [file.spectrum for file in files if file.spectrum]


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


def one_row_for_all_pixels(path: Path) -> None:
    """The columns of SDSS, but each a vector in a table of one row."""
    n = BOSS_WAVELENGTH_A.size
    columns = {"flux": np.ones(n), "loglam": np.log10(BOSS_WAVELENGTH_A), "ivar": np.ones(n)}
    with fits.open(write(path), memmap=False) as hdus:
        hdus[1] = fits.BinTableHDU.from_columns(
            [fits.Column(name, f"{n}E", array=values[None, :]) for name, values in columns.items()]
        )
        hdus.writeto(path, overwrite=True)


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
        (lambda path: write(path).write_bytes(write(path).read_bytes()[:7000]), sdss.DAMAGED),
        (drop_column, sdss.OTHER_LAYOUT),
        (drop_record, sdss.OTHER_LAYOUT),
        (lambda path: fits.PrimaryHDU(np.ones((5, 300))).writeto(path), sdss.OTHER_LAYOUT),
        (one_row_for_all_pixels, sdss.OTHER_LAYOUT),
        (lambda path: write(path, zwarning=4), sdss.DOUBTFUL),
        (lambda path: write(path, zwarning=16 + 512), sdss.DOUBTFUL),
        (lambda path: write(path, zwarning=1024), sdss.DOUBTFUL),
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
    report = read_quasar_spectra(tmp_path, Z_RANGE)
    assert [file.spectrum_id[-4:] for file in report.used] == ["0001", "0003"]
    assert report.counts() == {reason: 1}
    assert report.skipped[0].name == "spec-0002-00002-0002.fits"
    assert "spec-0002-00002-0002.fits" in report.summary()
    assert f"1 × {reason}" in report.summary()


def test_folder_without_spectra_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: no such folder; .*spec-\*\.fits"):
        read_quasar_spectra(tmp_path / "nowhere", Z_RANGE)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match=r"no file spec-\*\.fits or spec-\*\.fits\.gz in it or below"):
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
    spectrum = Spectrum("spec", 1.0, "QSO", WAVELENGTH_A[covered], truth[covered], 1.0)
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
    whole = Spectrum("spec", 1.0, "QSO", WAVELENGTH_A, np.ones(WAVELENGTH_A.size), 1.0)
    assert filled_fraction(whole, cube) == 0.0
    part = WAVELENGTH_A[(WAVELENGTH_A > 3800) & (WAVELENGTH_A < 9200)]
    # uJAVA, J0378 in the blue and J0910 (its edge), J1007 in the red.
    short = Spectrum("spec", 1.0, "QSO", part, np.ones(part.size), 1.0)
    assert 2 / 56 <= filled_fraction(short, cube) <= 5 / 56


def test_tiles_share_no_quasar_and_lose_none(
    quasars: QuasarPopulation, filters: FilterSet, files: tuple[SpectrumFile, ...]
) -> None:
    dealer = SdssQuasars(quasars, filters, files, 5, np.random.default_rng(1))
    tiles = [dealer.draw_tile(tile, 80, np.random.default_rng(tile)) for tile in range(5)]
    members = [set(tile["quasar_id"]) for tile in tiles]
    assert sorted(map(len, members)) == [4, 5, 5, 5, 5]
    assert set.union(*members) == {file.quasar_id for file in files}
    assert pd.concat(tiles)["spectrum_id"].is_unique
    assert dealer.draw_tile(0, 3, np.random.default_rng(0))["quasar_id"].nunique() == 3
    other = SdssQuasars(quasars, filters, files, 5, np.random.default_rng(2))
    assert set(other.draw_tile(0, 80, np.random.default_rng(0))["quasar_id"]) != members[0]


def test_no_tile_has_only_near_quasars(
    quasars: QuasarPopulation, filters: FilterSet, files: tuple[SpectrumFile, ...]
) -> None:
    z = np.sort([file.spectrum.z for file in files if file.spectrum])
    dealer = SdssQuasars(quasars, filters, files, 12, np.random.default_rng(1))
    for tile in range(12):
        of_tile = dealer.draw_tile(tile, 2, np.random.default_rng(0))["z"]
        assert of_tile.min() < z[12] <= of_tile.max()


def test_quasars_keep_redshift_and_colour(
    quasars: QuasarPopulation, filters: FilterSet, files: tuple[SpectrumFile, ...], spectra: list[Spectrum]
) -> None:
    dealer = SdssQuasars(quasars, filters, files, 1, np.random.default_rng(1))
    frame = dealer.draw_tile(0, 80, np.random.default_rng(3))
    synthetic = quasars.draw(2, np.random.default_rng(0))
    assert list(frame.columns) == ["quasar_id", "spectrum_id", *synthetic.columns]
    assert len(frame) == 80
    assert frame["r_mag"].between(17.5, 26.0).all()
    assert (frame["source"] == "sdss").all()
    by_id = {spectrum.spectrum_id: spectrum for spectrum in spectra}
    colours = filters.take(np.array([filters.index("J0450"), filters.index("J0800")]))
    for _, row in frame.iterrows():
        spectrum = by_id[row["quasar_id"]]
        assert row["spectrum_id"].startswith(spectrum.spectrum_id)
        assert row["z"] == spectrum.z
        direct = ab_magnitude(band_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, colours))[0]
        found = ab_magnitude(np.array([row["flux_J0450"], row["flux_J0800"]]))
        assert found[0] - found[1] == pytest.approx(direct[0] - direct[1], abs=0.01)
    assert (frame.filter(like="flux_") >= 0).all(axis=None)


def test_each_draw_of_a_quasar_has_a_magnitude_of_the_luminosity_function(
    quasars: QuasarPopulation, filters: FilterSet, files: tuple[SpectrumFile, ...]
) -> None:
    dealer = SdssQuasars(quasars, filters, files[:1], 1, np.random.default_rng(1))
    r_mag = dealer.draw_tile(0, 2000, np.random.default_rng(3))["r_mag"].to_numpy()
    assert np.unique(r_mag).size == 2000
    spectrum = files[0].spectrum
    assert spectrum is not None
    red = filters.take(np.array([filters.index("rSDSS"), filters.index("iSDSS")]))
    r, i = ab_magnitude(band_fluxes_ujy(spectrum.wavelength_A, spectrum.f_lambda, red))[0]
    z, faint = spectrum.z, np.linspace(17.5, 26.0, 800)
    abs_mag = faint - (r - i) - quasars.i_mag(np.array([z]), np.zeros(1))
    expected = np.cumsum(eboss_luminosity_function(z, abs_mag))
    assert stats.kstest(r_mag, lambda m: np.interp(m, faint, expected / expected[-1])).pvalue > 1e-3


def test_spectra_are_of_one_object_if_anything_links_them() -> None:
    names, thing_ids = ["a", "b", "c"], np.array([0, 7, 7])
    ra, dec = np.array([10.0, 10.0, np.nan]), np.array([60.0, 60.0 + 0.9 / 3600, np.nan])
    # a lies by b, and b has the number of c: a and c have nothing in common by themselves.
    assert len(set(same_object(names, thing_ids, ra, dec))) == 1
    assert len(set(same_object(names, np.zeros(3), ra, dec))) == 2
    assert len(set(same_object(names, np.array([0, -1, -1]), NOWHERE, NOWHERE))) == 3
    assert len(set(same_object(["a", "a", "b"], np.zeros(3), NOWHERE, NOWHERE))) == 2
    # On the sky, not in right ascension: at 60° 1.8″ of it are 0.9″, and 0° is 360°.
    ra, dec = np.array([0.0, 360.0 - 1.8 / 3600, 2.2 / 3600]), np.full(3, 60.0)
    assert same_object(names, np.zeros(3), ra, dec).tolist() == [0, 0, 1]


def test_one_epoch_of_a_quasar_is_used_and_refused_files_link_others(tmp_path: Path) -> None:
    there = {"ra_deg": 30.0, "dec_deg": 5.0}
    write(tmp_path / "spec-0001-00001-0001.fits", **there)
    write(tmp_path / "spec-0002-00002-0002.fits", **there, thing_id=8, zwarning=4)
    deep = np.full(BOSS_WAVELENGTH_A.size, 9.0)
    write(tmp_path / "2" / "spec-0003-00003-0003.fits", thing_id=8, ivar=deep)
    write(tmp_path / "spec-0004-00004-0004.fits", ra_deg=40.0, dec_deg=5.0)
    report = read_quasar_spectra(tmp_path, Z_RANGE)
    first = "spec-0001-00001-0001"
    assert [file.quasar_id for file in report.files] == [first] * 3 + ["spec-0004-00004-0004"]
    assert [file.name for file in report.used] == ["2/spec-0003-00003-0003.fits", "spec-0004-00004-0004.fits"]
    assert report.counts() == {sdss.OTHER_EPOCH: 1, sdss.DOUBTFUL: 1}
    assert "ZWARNING is 4 (SMALL_DELTA_CHI2)" in report.summary()
    assert [line.split()[:2] for line in report.listing().splitlines()[1:]] == [
        [file.name, file.quasar_id] for file in report.files
    ]


def test_many_outliers_are_no_doubt(tmp_path: Path) -> None:
    write(tmp_path / "spec-1-2-3.fits", zwarning=16)
    assert len(read_quasar_spectra(tmp_path, Z_RANGE).used) == 1


def test_files_are_read_gzipped_and_below_the_folder(tmp_path: Path) -> None:
    plain = write(tmp_path / "0266" / "spec-0266-51602-0013.fits").read_bytes()
    (tmp_path / "spec-0267-51602-0013.fits.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "spec-0268-51602-0013.fits.gz").write_bytes(gzip.compress(plain)[:-2000])
    report = read_quasar_spectra(tmp_path, Z_RANGE)
    assert [file.spectrum_id for file in report.used] == ["spec-0266-51602-0013", "spec-0267-51602-0013"]
    assert report.counts() == {sdss.DAMAGED: 1}
    assert "2 file(s) with neither THING_ID nor position" in report.summary()


def test_names_of_tables_and_columns_may_be_in_any_case_and_order(tmp_path: Path) -> None:
    path = write(tmp_path / "spec-1-2-3.fits")
    with fits.open(path, memmap=False) as hdus:
        for number, name in ((1, "CoAdd"), (2, "specobj")):
            hdus[number].header["EXTNAME"] = name
            for column in hdus[number].columns.names:
                hdus[number].columns[column].name = column.swapcase()
        fits.HDUList([hdus[0], hdus[2], hdus[1]]).writeto(tmp_path / "spec-1-2-4.fits")
    (report,) = [read_quasar_spectra(tmp_path, Z_RANGE)]
    assert len(report.used) == 2, report.summary()


def add_card(path: Path, number: int, card: str) -> None:
    """Put a card into the header of a table where a blank one is."""
    content = path.read_bytes()
    with fits.open(path) as hdus:
        start, end = hdus[number].fileinfo()["hdrLoc"], hdus[number].fileinfo()["datLoc"]
    header = content[start:end]
    last = header.index(b"END".ljust(80))
    header = (header[:last] + card.ljust(80).encode("latin-1") + b"END").ljust(end - start)
    path.write_bytes(content[:start] + header + content[end:])


@pytest.mark.parametrize(
    "card", ["TNULL1  =                   -1", "TDISP1  = 'nonsense'", "COMMENT a degree sign: \xb0"]
)
def test_blemish_of_a_header_is_tolerated_and_counted(tmp_path: Path, card: str) -> None:
    path = write(tmp_path / "spec-1-2-3.fits")
    healthy = read_spectrum(path)
    add_card(path, 1, card)
    report = read_quasar_spectra(tmp_path, Z_RANGE)
    (file,) = report.used
    assert file.blemish
    assert "1 file(s) read in spite of a faulty header:\n    spec-1-2-3.fits: " in report.summary()
    assert file.spectrum is not None
    np.testing.assert_array_equal(file.spectrum.f_lambda, healthy.f_lambda)


def test_table_of_redshifts_replaces_the_pipeline(tmp_path: Path) -> None:
    write(tmp_path / "spec-1-2-3.fits", zwarning=4)
    write(tmp_path / "spec-1-2-4.fits", object_class="STAR", z=0.0)
    write(tmp_path / "spec-1-2-5.fits")
    rows = ["spectrum,z,class", "spec-1-2-3.fits,2.25,QSO", "spec-1-2-4,1.75,qso", "spec-1-2-5,0.2,GALAXY"]
    (tmp_path / "seen.csv").write_text("\n".join([*rows, "spec-9-9-9,1,QSO"]))
    report = read_quasar_spectra(tmp_path, Z_RANGE, read_redshifts(tmp_path, "seen.csv"))
    assert [(file.spectrum_id, file.spectrum.z) for file in report.used if file.spectrum] == [
        ("spec-1-2-3", 2.25),
        ("spec-1-2-4", 1.75),
    ]
    assert report.counts() == {sdss.WRONG_CLASS: 1}
    assert "1 row(s) of the table of redshifts have no file: spec-9-9-9" in report.summary()
    ecsv = Table(names=("spectrum", "z", "class"), rows=[("spec-1-2-3", 2.25, "QSO")])
    ecsv.write(tmp_path / "seen.ecsv", format="ascii.ecsv")
    assert read_redshifts(tmp_path, "seen.ecsv") == {"spec-1-2-3": Redshift(2.25, "QSO")}
    assert read_redshifts(tmp_path, "") == {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("seen.csv", "spectrum,redshift,class\nspec-1-2-3,1,QSO", r"seen\.csv: column z is missing"),
        ("seen.csv", "spectrum,z,class\nspec-1-2-3,one,QSO", r"seen\.csv: cannot be read as CSV"),
        ("seen.csv", "spectrum,z,class\nspec-1-2-3,,QSO", r"seen\.csv: a cell is empty"),
        ("seen.csv", "spectrum,z,class\nspec-1-2-3,nan,QSO", r"seen\.csv: column z holds 1 value"),
        ("seen.csv", "spectrum,z,class\na,1,QSO\na.fits,2,QSO", r"seen\.csv: .* names a more than once"),
        ("seen.ecsv", "spectrum,z,class\na,1,QSO", r"seen\.ecsv: cannot be read as ECSV"),
        ("seen.txt", "", r"seen\.txt: a table of redshifts is a \.csv or \.ecsv"),
        ("../seen.csv", "", r"'\.\./seen\.csv': the table must lie in quasars\.sdss_folder"),
        ("seen.csv", None, r"seen\.csv: no such file"),
    ],
)
def test_faulty_table_of_redshifts_is_an_error(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    folder = tmp_path / "spectra"
    folder.mkdir()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(UserError, match=message):
        read_redshifts(folder, name)


def test_figure_pages_through_all(
    tmp_path: Path, filters: FilterSet, files: tuple[SpectrumFile, ...], spectra: list[Spectrum]
) -> None:
    assert draw_spectra_with_bands(tmp_path / "one.png", files[:8], filters) == 6
    assert draw_spectra_with_bands(tmp_path / "figures" / "all.pdf", files[:8], filters) == 8
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "figures" / "all.pdf").read_bytes().count(b"/Type /Page ") == 2
    with pytest.raises(UserError, match=r"one\.fig: a figure ends in one of .*\.pdf"):
        draw_spectra_with_bands(tmp_path / "one.fig", files, filters)
    centre, _, flux = covered_bands(spectra[0], filters.cube())
    inside = np.interp(centre, spectra[0].wavelength_A, spectra[0].f_lambda)
    assert np.median(np.abs(flux / inside - 1)) < 0.2


@pytest.fixture(scope="module")
def repeated() -> ReadReport:
    """The real spectra of all sub-folders, some quasars among them observed several times."""
    return read_quasar_spectra(REPEATED_SPECTRA, Z_RANGE)


@needs_real_spectra
def test_real_spectra_are_read_and_galaxies_named() -> None:
    report = read_quasar_spectra(REAL_SPECTRA, (0.05, 4.0))
    assert {file.spectrum_id: round(file.spectrum.z, 4) for file in report.used if file.spectrum} == {
        "spec-0332-52367-0639": 0.1006,
        "spec-7338-57859-0739": 0.4565,
    }
    assert report.counts() == {sdss.WRONG_CLASS: 2}
    assert {file.name for file in report.skipped} == {
        "spec-0266-51602-0013.fits",
        "spec-0266-51602-0107.fits",
    }


@needs_real_spectra
def test_real_files_are_of_40_quasars_one_of_them_doubtful(repeated: ReadReport) -> None:
    assert repeated.counts() == {
        sdss.DOUBTFUL: 1,
        sdss.OTHER_EPOCH: 5,
        sdss.OTHER_LAYOUT: 2,
        sdss.TOO_SHORT: 2,
        sdss.WRONG_CLASS: 3,
    }
    usable = [file for file in repeated.files if file.reason in {"", sdss.OTHER_EPOCH, sdss.DOUBTFUL}]
    assert len(usable) == 45
    assert len({file.quasar_id for file in usable}) == 40
    assert len(repeated.used) == 39
    # One file has no THING_ID and the other two have the same one.
    epochs = [file for file in repeated.files if file.quasar_id == "spec-1325-52762-0133"]
    assert [(file.spectrum_id, file.thing_id) for file in epochs] == [
        ("spec-1325-52762-0133", 0),
        ("spec-7338-57859-0739", 499418441),
        ("spec-7339-57918-0737", 499418441),
    ]


@needs_real_spectra
def test_no_real_quasar_is_in_two_tiles(
    quasars: QuasarPopulation, filters: FilterSet, repeated: ReadReport
) -> None:
    dealer = SdssQuasars(quasars, filters, repeated.used, 20, np.random.default_rng(1))
    names = [set(dealer.draw_tile(tile, 6, np.random.default_rng(tile))["quasar_id"]) for tile in range(20)]
    assert sum(map(len, names)) == len(set.union(*names)) == 39


@needs_real_spectra
def test_blemish_and_damage_of_a_real_file_are_told_apart(tmp_path: Path) -> None:
    source = REPEATED_SPECTRA / "repeat_epochs" / "spec-7338-57859-0739.fits"
    for name in ("spec-1-2-3.fits", "spec-1-2-4.fits"):
        shutil.copyfile(source, tmp_path / name)
    add_card(tmp_path / "spec-1-2-3.fits", 1, "TNULL1  =                   -1")
    (tmp_path / "spec-1-2-4.fits").write_bytes(source.read_bytes()[:100_000])
    report = read_quasar_spectra(tmp_path, Z_RANGE)
    assert [file.name for file in report.used if file.blemish] == ["spec-1-2-3.fits"]
    assert report.counts() == {sdss.DAMAGED: 1}


@needs_real_spectra
def test_bands_of_real_quasars_lie_on_their_spectra(filters: FilterSet) -> None:
    for file in read_quasar_spectra(REAL_SPECTRA, (0.05, 4.0)).used:
        spectrum = file.spectrum
        assert spectrum is not None
        centre, width, flux = covered_bands(spectrum, filters.cube())
        assert len(centre) >= 50
        for c, w, f in zip(centre, width, flux, strict=True):
            inside = np.abs(spectrum.wavelength_A - c) < w / 2
            assert f == pytest.approx(spectrum.f_lambda[inside].mean(), rel=0.06)
