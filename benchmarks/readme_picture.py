"""Draw the picture of the README: the pseudo-spectra of a lensed quasar beside those of a pair.

The lens is a bright one with images as far apart as they come, the pair the one most like it in redshift and
brightness: chosen by columns of the catalogue, so that the same catalogue gives the same picture.

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
from lensfinder.figures.style import save_figure
from lensfinder.params import read_params
from lensfinder.surveys.jpas.bands import read_wavelengths
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths


def chosen(catalogue: pd.DataFrame) -> list[int]:
    """Rows of a bright lens with wide images, and of the pair most like it in redshift and brightness."""
    bright = catalogue["quasar_r_mag_observed"] < 19.5
    lenses = catalogue[bright & (catalogue["kind"] == "lensed_quasar") & catalogue["z_source"].between(2, 3)]
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
    words = ("a lensed quasar", "a quasar beside a galaxy")
    examples = [
        Example(
            f"{name}, z = {catalogue.at[row, 'z_source']:.2f}",
            colour_image(cubes[row], wavelength_aa),
            spectra[row],
        )
        for name, row in zip(words, chosen(catalogue), strict=True)
    ]
    scale = read_params(arguments.root / "params.yaml").section(Jpas).observation.pixel_scale_arcsec
    figure = pseudo_spectra_figure(
        examples, wavelength_aa, scale, "Two objects in 56 narrow bands, and the two pseudo-spectra of each"
    )
    save_figure(figure, arguments.out)


if __name__ == "__main__":
    main()
