"""Reading the challenge's files: quirks pass, damage is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from support.challenge_folder import (
    FIRST,
    HEADER,
    catalogue_text,
    image_path,
    rewrite,
    with_pixels,
    write_images,
)

from lensfinder.errors import UserError
from lensfinder.surveys.euclid.challenge.catalogue import read_challenge_catalogue
from lensfinder.surveys.euclid.challenge.images import ChallengeImages, UnusableImage
from lensfinder.surveys.euclid.columns import CHALLENGE_COLUMNS

NUMBERS = range(FIRST, FIRST + 4)
# What astropy says of a damaged file, besides what it raises.
pytestmark = pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")


def with_cell(row: int, column: str, cell: str) -> str:
    return catalogue_text(NUMBERS, {(FIRST + row, column): cell})


def test_quirks_of_the_catalogue_pass(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.csv"
    numbers = [FIRST + 2, FIRST, FIRST + 1]
    text = catalogue_text(numbers, {(FIRST, "mag_eff"): "9.123456789012345", (FIRST, "note"): '"a, b"'})
    path.write_bytes(b"\xef\xbb\xbf# r\xe9sum\xe9\n" + text.replace("\n", "\r\n").encode())
    frame = read_challenge_catalogue(path)
    assert list(frame.columns) == list(CHALLENGE_COLUMNS)
    assert frame["ID"].tolist() == numbers
    assert frame["ID"].dtype == np.int64
    assert frame["mag_eff"][1] == 9.123456789012345
    # 200001 = 0 modulo 3: its successors have NaN and nothing for an area.
    assert frame["ein_area"].isna().tolist() == [True, False, True]
    assert frame["mag_source"].isna().all()  # not in the file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (with_cell(2, "mag_eff", "1.2.3"), r"line 31: mag_eff = '1.2.3' is not a num"),
        (with_cell(0, "ID", "7.5"), r"line 29: ID = 7.5 is not a whole number"),
        (with_cell(0, "ID", ""), r"line 29: ID = nan is not a whole number"),
        (with_cell(0, "ID", "-3"), r"line 29: ID = -3.0 is not a whole number"),
        (catalogue_text(NUMBERS).replace(",n_pix_source", ",n_pix"), r"column\(s\) missing: n_pix_source"),
        (catalogue_text(NUMBERS).replace("x_crit", "mag_eff"), r"twice in the header: mag_eff"),
        (catalogue_text(NUMBERS)[:-20], r"line 32: \d+ cell\(s\), the header has 13"),
        (catalogue_text([]), r"no rows below the header"),
        ("# only a comment\n", r"column\(s\) missing: ID"),
    ],
)
def test_bad_catalogues_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "catalogue.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_challenge_catalogue(path)
    assert "catalogue.csv" in str(caught.value)


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"other\.csv: no such file"):
        read_challenge_catalogue(tmp_path / "other.csv")


def test_header_of_the_helper_has_what_it_claims() -> None:
    assert len(HEADER.split(",")) == 13
    assert catalogue_text([FIRST]).count("#") == 27


def test_images_are_listed_by_number(tmp_path: Path) -> None:
    write_images(tmp_path, [12, 3])
    image_path(tmp_path, "J", 3).unlink()
    (tmp_path / "EUC_VIS" / "imageEUC_VIS-004.fits").write_bytes(b"")  # no image's name
    (tmp_path / "EUC_VIS" / "notes.txt").write_text("")
    images = ChallengeImages.open(tmp_path)
    assert images.numbers["VIS"].tolist() == [3, 12]
    present = images.present(np.array([12, 4, 3]))
    assert present["VIS"].tolist() == [True, False, True]
    assert present["J"].tolist() == [True, False, False]
    pixels, unit = images.read("H", 3)
    assert pixels.shape == (66, 66)
    assert unit.header == "BUNIT = ''"


CHANGES = {
    "shape": lambda pixels: pixels[1:],
    "nan": with_pixels((3, slice(4, 6)), (np.nan, np.inf)),
    "zeros": np.zeros_like,
    "constant": np.ones_like,
}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("cut short", "cut short"),
        ("empty", "damaged"),
        ("text", "damaged"),
        ("header", "damaged"),
        ("huge", r": of another size, 900000000 × 66 pixels, expected 66 × 66 pixels"),
        ("shape", r": of another size, 66 × 65 pixels, expected 66 × 66 pixels"),
        ("no pixels", r"no image in the first HDU, expected 66 × 66 pixels"),
        ("nan", r"the gate asks that no pixel of a stamp is NaN or infinite"),
        ("zeros", r"the gate asks that not all pixels of a stamp are equal"),
        ("constant", r"the gate asks that not all pixels of a stamp are equal"),
        ("zero point", r": MAGZERO = -99 gives no flux"),
    ],
)
def test_unusable_images_are_named(tmp_path: Path, damage: str, message: str) -> None:
    write_images(tmp_path, [5])
    images, path = ChallengeImages.open(tmp_path), image_path(tmp_path, "Y", 5)
    good = path.read_bytes()
    if damage in CHANGES:
        rewrite(path, CHANGES[damage])
    elif damage == "zero point":
        fits.setval(path, "MAGZERO", value=-99)
    elif damage == "no pixels":
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(fits.getdata(path))]).writeto(path, overwrite=True)
    else:
        path.write_bytes(
            {
                "cut short": good[:9000],
                "empty": b"",
                "text": b"not a FITS file",
                "header": good.replace(b"NAXIS   =", b"NAX+S  !="),
                "huge": good.replace(b"NAXIS1  =                   66", b"NAXIS1  =            900000000"),
            }[damage]
        )
    with pytest.raises(UnusableImage, match=message) as caught:
        images.read("Y", 5)
    assert "EUC_Y/imageEUC_Y-5.fits" in str(caught.value)


def test_folders_without_images_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: no such folder"):
        ChallengeImages.open(tmp_path / "nowhere")
    write_images(tmp_path, [5])
    image_path(tmp_path, "J", 5).unlink()
    with pytest.raises(UserError, match=r"EUC_J: no file named imageEUC_J-<ID>\.fits"):
        ChallengeImages.open(tmp_path)
    (tmp_path / "EUC_J").rmdir()
    with pytest.raises(UserError, match="EUC_J: no such folder"):
        ChallengeImages.open(tmp_path)
