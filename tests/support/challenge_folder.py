"""A folder in the layout of the second lens-finding challenge, small, with the quirks of the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits

BANDS = ("VIS", "Y", "J", "H")
SIDES = {"VIS": 200, "Y": 66, "J": 66, "H": 66}
NOISE = {"VIS": 4.0e-13, "Y": 6.0e-12, "J": 5.0e-12, "H": 5.5e-12}
"""Of a pixel, in the unit that the files do not name."""
PEAK = 2e-10
FIRST = 200_001

HEADER = (
    ",ID,x_crit,mag_lens,z_lens,ein_area,n_crit,n_source_im,n_pix_source,source_flux,mag_eff,n_sources,note"
)


def image_path(folder: Path, band: str, number: int) -> Path:
    return folder / f"EUC_{band}" / f"imageEUC_{band}-{number}.fits"


def write_images(folder: Path, numbers: Iterable[int], bunit: str = "", seed: int = 0) -> None:
    for band in BANDS:
        (folder / f"EUC_{band}").mkdir(parents=True, exist_ok=True)
    for number in numbers:
        rng = np.random.default_rng([seed, number])
        for band in BANDS:
            middle = np.arange(SIDES[band]) - 0.5 * (SIDES[band] - 1)
            galaxy = PEAK * np.exp(-np.hypot(middle, middle[:, None]) / (0.03 * SIDES[band]))
            header = fits.Header([("BUNIT", bunit)] if bunit else [])
            pixels = (galaxy + rng.normal(0, NOISE[band], galaxy.shape)).astype(np.float32)
            fits.PrimaryHDU(pixels, header).writeto(image_path(folder, band, number))


def rewrite(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Put other pixels into the place of an image's."""
    fits.PrimaryHDU(change(fits.getdata(path))).writeto(path, overwrite=True)


def with_pixels(place: object, value: object) -> Callable[[np.ndarray], np.ndarray]:
    """Return a change of an image that sets pixels."""

    def change(pixels: np.ndarray) -> np.ndarray:
        pixels[place] = value
        return pixels

    return change


def cells_of(number: int) -> dict[str, str]:
    """One row: every third is a good lens, every third a source in front, every third has no source."""
    of_kind = (
        ("1.2e-10", 2, 4, 400, "3.1e-10", 9.25, 1),
        ("NaN", 0, 1, 30, "1e-11", "1.0", 1),
        ("", 0, 0, 0, "0.0", 0, 0),
    )
    cells = (number - FIRST, number, "[0.1; 0.2]", 19.5, 0.5, *of_kind[number % 3], "unknown")
    return dict(zip(HEADER.split(","), map(str, cells), strict=True))


def catalogue_text(numbers: Iterable[int], changed: Mapping[tuple[int, str], str] | None = None) -> str:
    """Catalogue with 27 lines of comment; ``changed`` cells are given by number and column."""
    comments = [f'# {i}: ein_area [rad^2], the "area' for i in range(27)]
    lines = []
    for number in numbers:
        cells = cells_of(number)
        for (where, column), cell in (changed or {}).items():
            if where == number:
                cells[column] = cell
        lines.append(",".join(cells.values()))
    return "\n".join([*comments, HEADER, *lines]) + "\n"


def write_folder(folder: Path, numbers: Iterable[int], bunit: str = "", seed: int = 0) -> tuple[Path, Path]:
    """Images of these numbers and a catalogue of them, in that order; returns both paths."""
    numbers = list(numbers)
    write_images(folder, numbers, bunit, seed)
    catalogue = folder / "catalogue.csv"
    catalogue.write_text(catalogue_text(numbers))
    return folder, catalogue
