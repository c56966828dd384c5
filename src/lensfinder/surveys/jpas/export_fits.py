"""Export of single J-PAS objects to FITS, for any other tool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table

from lensfinder.datasets.fits import describe_image, describe_object, make_folder, rows_of
from lensfinder.datasets.store import open_images
from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.sky.passbands import FilterSet
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.typing import AnyArray


def export_objects(paths: JpasPaths, params: Params, object_ids: Sequence[str], out: Path) -> list[Path]:
    """Write one ``<object_id>.fits`` an object and return the paths.

    Each file holds the cube ``(band, y, x)``, the two pseudo-spectra ``(band, position)``, a table of the
    bands and the object's row of the catalogue with units.

    Raises
    ------
    UserError
        If an object is not in the catalogue, or a file of the dataset is missing.
    """
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    rows = rows_of(paths.catalogue, catalogue, object_ids)
    cubes, spectra = open_images(paths.cubes), open_images(paths.pseudo_spectra)
    filters = read_filters(paths.tables).cube()
    make_folder(out)
    written = []
    for name, row in zip(object_ids, rows, strict=True):
        path = out / f"{name}.fits"
        _hdus(catalogue.iloc[row], cubes[row], spectra[row], filters, params).writeto(path, overwrite=True)
        written.append(path)
    return written


def _hdus(
    row: pd.Series, cube: AnyArray, spectra: AnyArray, filters: FilterSet, params: Params
) -> fits.HDUList:
    scale = params.section(Jpas).observation.pixel_scale_arcsec
    primary = fits.PrimaryHDU()
    describe_object(primary.header, row["object_id"], "simulated, not observed")
    primary.header["KIND"] = (row["kind"], "kind of object")
    primary.header["LABEL"] = (int(row["label"]), "1 for a lensed quasar")
    image = fits.ImageHDU(np.moveaxis(cube.astype(np.float32), -1, 0), name="CUBE")
    describe_image(image.header, "uJy", {1: ("x", cube.shape[1]), 2: ("y", cube.shape[0])}, scale)
    image.header["CTYPE3"] = ("BAND", "row of table BANDS, from 1")
    hdus = [primary, image]
    for name, axis, spectrum in (("PSEUDO_X", "x", spectra[0]), ("PSEUDO_Y", "y", spectra[1])):
        hdu = fits.ImageHDU(spectrum.astype(np.float32), name=name)
        describe_image(hdu.header, "uJy", {1: (axis, spectrum.shape[1])}, scale)
        hdu.header["CTYPE2"] = ("BAND", "row of table BANDS, from 1")
        hdus.append(hdu)
    return fits.HDUList([*hdus, _bands(filters), _truth(row)])


def _bands(filters: FilterSet) -> fits.BinTableHDU:
    table = Table(
        {
            "name": list(filters.names),
            "wavelength": filters.wavelength_mean_A,
            "fwhm": filters.fwhm_A,
            "depth_5s_3arcsec": filters.depth_5s_3arcsec_mag,
        }
    )
    table["wavelength"].unit = table["fwhm"].unit = "Angstrom"
    table["depth_5s_3arcsec"].unit = "mag"
    hdu = fits.table_to_hdu(table)
    hdu.name = "BANDS"
    return hdu


def _for_fits(value: object) -> object:
    return np.int32(value) if isinstance(value, np.integer) else value


def _truth(row: pd.Series) -> fits.BinTableHDU:
    # FITS has no integer of 8 bits: astropy would write a logical column, and 3 images would read as True.
    table = Table({name: [_for_fits(row[name])] for name in CATALOGUE_COLUMNS})
    for name, column in CATALOGUE_COLUMNS.items():
        if column.unit:
            # FITS has no spelling for AB magnitudes.
            table[name].unit = column.unit.replace("mag(AB)", "mag")
    hdu = fits.table_to_hdu(table)
    for number, column in enumerate(CATALOGUE_COLUMNS.values(), start=1):
        hdu.header.comments[f"TTYPE{number}"] = column.description.encode("ascii", "ignore").decode()[:40]
    hdu.name = "TRUTH"
    return hdu
