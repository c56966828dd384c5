"""What one unit of a pixel is: from every card in use, and from the noise, on made-up and real stamps."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from support.project import REPOSITORY, make_project

from lensfinder.params import read_params
from lensfinder.surveys.euclid.challenge.import_stamps import import_challenge
from lensfinder.surveys.euclid.challenge.pixel_units import background_noise, header_unit
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.workspace.jsonfiles import read_json

REAL = REPOSITORY.parent / "shared" / "real"
needs_real_stamps = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real stamps at {REAL}")

HST = {"BUNIT": "ELECTRONS/S", "PHOTPLAM": 8045.0}


def test_background_noise_ignores_galaxy_and_sky() -> None:
    rng = np.random.default_rng(1)
    stamp = rng.normal(7e-11, 3e-12, (200, 200))
    stamp[80:120, 80:120] += 1e-9
    stamp[:30, :30] += 1e-9  # a neighbour in the corner
    assert background_noise(stamp) == pytest.approx(3e-12, rel=0.06)


@pytest.mark.parametrize(
    ("cards", "card", "zero_point_mag"),
    [
        ({"MAGZERO": 24.6}, "MAGZERO", 24.6),
        ({"MAGZERO": "24.6", "BUNIT": "adu"}, "MAGZERO", 24.6),
        ({"ZP": 27}, "ZP", 27),
        ({"BUNIT": "maggy"}, "BUNIT", 0),
        ({"BUNIT": "maggy", "MAGZERO": 0.0}, "BUNIT", 0),
        ({"BUNIT": "nanomaggy"}, "BUNIT", 22.5),
        ({"BUNIT": "nmgy", "PHOTZP": 22.5}, "BUNIT", 22.5),
        ({"BUNIT": "1e-9 maggy"}, "BUNIT", 22.5),
        ({"BUNIT": "Jy"}, "BUNIT", 8.9),
        ({"BUNIT": "uJy"}, "BUNIT", 23.9),
        ({"BUNIT": "3.631 uJy"}, "BUNIT", 22.5),
        ({"FLUXMAG0": 63095734448.0194}, "FLUXMAG0", 27),
        # The handbook of WFC3: -2.5 log PHOTFLAM - 5 log PHOTPLAM - 2.408.
        ({**HST, "PHOTFLAM": 1.5e-19}, "PHOTFLAM", -2.5 * np.log10(1.5e-19) - 5 * np.log10(8045.0) - 2.408),
        ({"FPA.ZP": 24.31745, "EXPTIME": 30.0}, "FPA.ZP", 24.31745 + 2.5 * np.log10(30)),
    ],
)
def test_headers_give_the_unit(cards: dict[str, object], card: str, zero_point_mag: float) -> None:
    unit = header_unit(fits.Header(cards))
    assert (unit.known_from, unit.uncertain) == (card, False)
    assert unit.zero_point_mag == pytest.approx(zero_point_mag, abs=1e-3)


@pytest.mark.parametrize("bunit", ["", "adu", "electron/s", "MJy/sr", "mag(AB)", "furlong"])
def test_headers_without_a_flux_leave_it_to_the_noise(bunit: str) -> None:
    unit = header_unit(fits.Header([("BUNIT", bunit)]))
    assert (unit.header, unit.uncertain) == (f"BUNIT = {bunit!r}", True)


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        *(({"MAGZERO": bad}, "MAGZERO = ") for bad in (0.0, 99.0, -99.0, "NaN", "INDEF", None)),
        ({"BUNIT": "nanomaggy", "MAGZERO": 0}, "MAGZERO = 0 gives no flux"),
        ({"BUNIT": "nanomaggy", "MAGZERO": 25.0}, "BUNIT = 'nanomaggy' and MAGZERO = 25.0 are different"),
        ({"BUNIT": "maggy", "MAGZERO": "NaN"}, "MAGZERO = 'NaN' gives no flux"),
        ({"FLUXMAG0": 0.0}, "FLUXMAG0 = 0.0 gives no flux"),
        ({**HST, "PHOTFLAM": 0.0}, "PHOTFLAM = 0.0 gives no flux"),
        ({**HST, "PHOTFLAM": 1e-19, "PHOTPLAM": 0.0}, "PHOTFLAM = 1e-19 gives no flux"),
        ({**HST, "PHOTFLAM": 1e-19, "BUNIT": "ELECTRONS"}, "PHOTFLAM = 1e-19 gives no flux"),
        ({"FPA.ZP": 24.3}, "FPA.ZP = 24.3 gives no flux"),
    ],
)
def test_senseless_cards_are_refused(cards: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        header_unit(fits.Header(cards))


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_a_nan_that_fits_does_not_know_is_named() -> None:
    with pytest.raises(ValueError, match="MAGZERO = 'NaN' gives no flux"):
        header_unit(fits.Header.fromstring(f"{'MAGZERO =                  NaN / zero point':80}{'END':80}"))


@needs_real_stamps
def test_real_euclid_stamps_have_their_headers_zero_points(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without them the noise is off by what the README states."""
    euclid = EuclidPaths(make_project(tmp_path / "project"))
    stamps = tmp_path / "stamps"
    shutil.copytree(REAL / "derived_challenge2_layout", stamps)

    def imported() -> dict[str, dict[str, object]]:
        import_challenge(euclid, read_params(euclid.root / "params.yaml"), stamps, stamps / "catalogue.csv")
        (source,) = read_json(euclid.images_dir / "import.json")["sources"]
        return source["pixel_units"]

    units = imported()
    in_header = {
        band: fits.getheader(stamps / f"EUC_{band}" / f"imageEUC_{band}-200001.fits")["MAGZERO"]
        for band in units
    }
    for band, unit in units.items():
        assert (unit["known_from"], unit["uncertain"]) == ("MAGZERO", False)
        assert unit["zero_point_mag"] == pytest.approx(in_header[band], abs=0.05)
    assert "from MAGZERO = 24.6" in capfd.readouterr().out
    for path in stamps.rglob("*.fits"):
        fits.delval(path, "MAGZERO")
    off = {}
    for band, unit in imported().items():
        assert (unit["known_from"], unit["uncertain"]) == ("background noise", True)
        off[band] = unit["zero_point_mag"] - in_header[band]
    assert off == pytest.approx({"VIS": -0.25, "Y": -0.24, "J": -0.31, "H": -0.25}, abs=0.01)
    assert "the unit of VIS, Y, J, H is estimated from the background noise" in capfd.readouterr().err


@needs_real_stamps
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hsc/star_4_HSC-I.fits", 27.0),
        ("sdss/0951+2635/g_sci.fits", 22.5),
        ("ps1/H1413+117_10x10arcsec_55377.34051_z_sci.fits", 28.01),
    ],
)
def test_real_headers_of_other_surveys(name: str, expected: float) -> None:
    assert header_unit(fits.getheader(REAL / name)).zero_point_mag == pytest.approx(expected, abs=0.005)


@needs_real_stamps
def test_a_real_header_without_calibration_is_refused() -> None:
    with pytest.raises(ValueError, match=r"PHOTFLAM = 0\.0 gives no flux"):
        header_unit(fits.getheader(REAL / "hst" / "horseshoe_f814_cut.fits"))
