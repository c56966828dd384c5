"""Readers of the small tables on sky and instruments (ECSV with units) and of the galaxy templates."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from lensfinder.errors import UserError
from lensfinder.sky.euclid_bands import EuclidBands
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.sky.passbands import FilterSet, Passbands
from lensfinder.sky.quasar_spectra import CompositeLines, LineTrends, Trend
from lensfinder.typing import FloatArray

FILTERS_FILE = "jpas_filters.ecsv"
EUCLID_BANDS_FILE = "euclid_bands.ecsv"
LINES_FILE = "quasar_lines.ecsv"
TRENDS_FILE = "quasar_line_trends.ecsv"


def read_filters(folder: Path) -> FilterSet:
    """Read ``jpas_filters.ecsv``.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    table = _read_ecsv(folder / FILTERS_FILE)
    return FilterSet(
        names=tuple(str(name) for name in _column(table, "name", folder / FILTERS_FILE)),
        in_cube=np.array(_column(table, "in_cube", folder / FILTERS_FILE), dtype=bool),
        trays=np.array(_column(table, "tray", folder / FILTERS_FILE), dtype=np.int64),
        **{
            field: _floats(table, column, folder / FILTERS_FILE)
            for field, column in {
                "wavelength_mean_A": "wavelength_mean",
                "fwhm_A": "fwhm",
                "edge_width_A": "edge_width",
                "peak_throughput": "peak_throughput",
                "zero_point_mag": "zero_point",
                "sky_mag_arcsec2": "sky",
                "depth_5s_3arcsec_mag": "depth_5s_3arcsec",
            }.items()
        },
    )


def read_euclid_bands(folder: Path) -> EuclidBands:
    """Read ``euclid_bands.ecsv``, and the r band of ``jpas_filters.ecsv``.

    Raises
    ------
    UserError
        If a file is missing, cannot be read, or lacks a column.
    """
    path = folder / EUCLID_BANDS_FILE
    table = _read_ecsv(path)
    r_band = read_filters(folder).band("rSDSS")
    shapes = {
        field: np.append(_floats(table, column, path), getattr(r_band, field))
        for field, column in {
            "wavelength_mean_A": "wavelength_mean",
            "fwhm_A": "fwhm",
            "edge_width_A": "edge_width",
            "peak_throughput": "peak_throughput",
        }.items()
    }
    names = tuple(str(name) for name in _column(table, "name", path))
    return EuclidBands(
        filters=Passbands(
            names=names + r_band.names, in_cube=np.arange(len(names) + 1) < len(names), **shapes
        ),
        stamp_pixels=np.array(_column(table, "stamp_pixels", path), dtype=np.int64),
        n_exposures=np.array(_column(table, "n_exposures", path), dtype=np.int64),
        **{
            field: _floats(table, column, path)
            for field, column in {
                "pixel_scale_arcsec": "pixel_scale",
                "psf_fwhm_arcsec": "psf_fwhm",
                "zero_point_mag": "zero_point",
                "sky_mag_arcsec2": "sky",
                "exposure_s": "exposure",
                "read_noise_electrons": "read_noise",
            }.items()
        },
    )


def read_composite_lines(folder: Path) -> CompositeLines:
    """Read the lines of ``quasar_lines.ecsv`` that have no luminosity trend of their own.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    path = folder / LINES_FILE
    table = _read_ecsv(path)
    keep = ~np.array(_column(table, "in_trends", path), dtype=bool)
    return CompositeLines(
        wavelength_A=_floats(table, "wavelength", path)[keep],
        equivalent_width_A=_floats(table, "equivalent_width", path)[keep],
        width_A=_floats(table, "width", path)[keep],
        iron=np.array(_column(table, "iron", path), dtype=bool)[keep],
    )


def read_line_trends(folder: Path) -> LineTrends:
    """Read ``quasar_line_trends.ecsv``.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    path = folder / TRENDS_FILE
    table = _read_ecsv(path)

    def trend(quantity: str) -> Trend:
        columns = [
            [_floats(table, f"{quantity}_{which}_{part}", path) for which in ("mean", "lo", "hi")]
            for part in ("slope", "intercept")
        ]
        return Trend(slope=np.array(columns[0]), intercept=np.array(columns[1]))

    return LineTrends(
        names=tuple(str(name) for name in _column(table, "name", path)),
        wavelength_A=trend("wavelength"),
        log_ew=trend("log_ew"),
        log_width=trend("log_width"),
    )


def read_galaxy_templates() -> GalaxyTemplates:
    """Read the rest-frame template spectra that the package kcorrect carries (Blanton & Roweis 2007).

    Its five basis templates and its luminous red galaxy, each scaled to a mean f_λ of 1 at 5500–6500 Å.
    """
    spectra: list[FloatArray] = []
    names: list[str] = []
    wavelength = np.empty(0)
    folder = files("kcorrect") / "data" / "templates"
    for file, prefix in (("kcorrect-default-v4.fits", "basis"), ("kcorrect-lrg1-v4.fits", "lrg")):
        with as_file(folder / file) as path, fits.open(path) as hdus:
            row = hdus["FLUX"].data[0]
            wavelength = np.array(row["wave"], dtype=np.float64)
            flux = np.array(row["flux"], dtype=np.float64).reshape(-1, wavelength.size)
        spectra.extend(flux)
        names.extend(f"{prefix}{k}" for k in range(len(flux)))
    # Beyond 2.3 µm nothing falls into a band, even of Euclid: drop it, interpolation is faster on the rest.
    used = (wavelength > 900.0) & (wavelength < 23000.0)
    normal = (wavelength > 5500.0) & (wavelength < 6500.0)
    scaled = np.array([spectrum[used] / spectrum[normal].mean() for spectrum in spectra])
    return GalaxyTemplates(names=tuple(names), wavelength_A=wavelength[used], f_lambda=scaled)


def _read_ecsv(path: Path) -> Table:
    if not path.is_file():
        raise UserError(f"{path}: no such file; run `dvc repro data.dvc` to bring the tables from catalogs/")
    try:
        return Table.read(path, format="ascii.ecsv")
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read as ECSV: {error}") from None


def _column(table: Table, name: str, path: Path) -> Table.Column:
    if name not in table.colnames:
        raise UserError(f"{path}: column {name} is missing")
    return table[name]


def _floats(table: Table, name: str, path: Path) -> FloatArray:
    values = np.array(_column(table, name, path), dtype=np.float64)
    if not np.isfinite(values).all():
        raise UserError(
            f"{path}: column {name} holds {int((~np.isfinite(values)).sum())} value(s) that are not finite"
        )
    return values
