"""Draw the picture of the README: the pseudo-spectra of a lensed quasar beside those of a pair.

The lens is a bright one with two images, as far apart as they come; the pair, a quasar near a galaxy, is
the one most like it in redshift and brightness: chosen by columns of the catalogue, so that the same
catalogue gives the same picture.

    python benchmarks/readme_picture.py   # after `make repro SURVEY=jpas`; writes docs/pseudo_spectra.png
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from common import described

from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
from lensfinder.figures.colours import colour_image
from lensfinder.figures.images import Example, pseudo_spectra_figure
from lensfinder.figures.style import styled
from lensfinder.params import read_params
from lensfinder.surveys.jpas.bands import read_wavelengths
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths

DPI = 140
"""More than that of reports: 1610 pixels wide, sharp where a screen doubles them."""

TITLES = ("lens: two images of\none quasar, z = {:.2f}", "pair: a quasar beside\na galaxy, z = {:.2f}")


def chosen(catalogue: pd.DataFrame) -> list[int]:
    """Rows of a bright lens with wide images, and of the pair most like it in redshift and brightness."""
    bright = catalogue["quasar_r_mag_observed"] < 19.5
    double = (catalogue["kind"] == "lensed_quasar") & (catalogue["n_bright_images"] == 2)
    lenses = catalogue[bright & double & catalogue["z_source"].between(2, 3)]
    lens = lenses["separation_arcsec"].idxmax()
    pairs = catalogue[catalogue["kind"] == "quasar_near_galaxy"]
    redshift, mag = (
        (pairs[name] - catalogue.at[lens, name]).abs() for name in ("z_source", "quasar_r_mag_observed")
    )
    return [int(lens), int((redshift + mag).idxmin())]


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="checkout with simulated cubes")
    parser.add_argument("--out", type=Path, default=Path("docs") / "pseudo_spectra.png")
    arguments = parser.parse_args()
    paths = JpasPaths(arguments.root)
    catalogue = read_table(paths.catalogue)
    cubes, spectra = open_images(paths.cubes), open_images(paths.pseudo_spectra)
    wavelength_aa = read_wavelengths(paths.tables, cubes.shape[-1])
    examples = [
        Example(
            title.format(catalogue.at[row, "z_source"]),
            colour_image(cubes[row], wavelength_aa),
            spectra[row],
        )
        for title, row in zip(TITLES, chosen(catalogue), strict=True)
    ]
    scale = read_params(arguments.root / "params.yaml").section(Jpas).observation.pixel_scale_arcsec
    figure = pseudo_spectra_figure(
        examples,
        wavelength_aa,
        scale,
        "Two simulated objects in 56 narrow bands, and both pseudo-spectra of each",
    )
    with styled():
        figure.savefig(arguments.out, dpi=DPI, metadata={"Software": None})


if __name__ == "__main__":
    main()
