"""Readers of the small tables on sky and instruments (ECSV with units) and of the galaxy templates."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from lensfinder.errors import UserError
from lensfinder.sky.galaxy_spectra import GalaxyTemplates
from lensfinder.sky.passbands import FilterSet
from lensfinder.sky.quasar_spectra import CompositeLines, LineTrends, Trend
from lensfinder.typing import FloatArray

LINES_FILE = "quasar_lines.ecsv"
TRENDS_FILE = "quasar_line_trends.ecsv"


def read_filter_set(path: Path) -> FilterSet:
    """Read a table of bands.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    table = read_ecsv(path)
    return FilterSet(
        names=tuple(str(name) for name in column(table, "name", path)),
        in_cube=np.array(column(table, "in_cube", path), dtype=bool),
        trays=np.array(column(table, "tray", path), dtype=np.int64),
        **{
            field: floats(table, of, path)
            for field, of in {
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


def read_composite_lines(folder: Path) -> CompositeLines:
    """Read the lines of ``quasar_lines.ecsv`` that have no luminosity trend of their own.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    path = folder / LINES_FILE
    table = read_ecsv(path)
    keep = ~np.array(column(table, "in_trends", path), dtype=bool)
    return CompositeLines(
        wavelength_A=floats(table, "wavelength", path)[keep],
        equivalent_width_A=floats(table, "equivalent_width", path)[keep],
        width_A=floats(table, "width", path)[keep],
        iron=np.array(column(table, "iron", path), dtype=bool)[keep],
    )


def read_line_trends(folder: Path) -> LineTrends:
    """Read ``quasar_line_trends.ecsv``.

    Raises
    ------
    UserError
        If the file is missing, cannot be read, or lacks a column.
    """
    path = folder / TRENDS_FILE
    table = read_ecsv(path)

    def trend(quantity: str) -> Trend:
        columns = [
            [floats(table, f"{quantity}_{which}_{part}", path) for which in ("mean", "lo", "hi")]
            for part in ("slope", "intercept")
        ]
        return Trend(slope=np.array(columns[0]), intercept=np.array(columns[1]))

    return LineTrends(
        names=tuple(str(name) for name in column(table, "name", path)),
        wavelength_A=trend("wavelength"),
        log_ew=trend("log_ew"),
        log_width=trend("log_width"),
    )


def read_galaxy_templates() -> GalaxyTemplates:
    """Read the rest-frame template spectra that the package kcorrect carries (Blanton & Roweis 2007).

    Its five basis templates and its luminous red galaxy, each scaled to a mean f_λ of 1 at 5500–6500 Å. In
    the files f_λ is in erg/s/cm²/Å at 10 pc, per solar mass of stars formed, of which MREMAIN remain.
    """
    spectra: list[FloatArray] = []
    remaining_msun: list[float] = []
    names: list[str] = []
    wavelength = np.empty(0)
    folder = files("kcorrect") / "data" / "templates"
    for file, prefix in (("kcorrect-default-v4.fits", "basis"), ("kcorrect-lrg1-v4.fits", "lrg")):
        with as_file(folder / file) as path, fits.open(path) as hdus:
            row = hdus["FLUX"].data[0]
            wavelength = np.array(row["wave"], dtype=np.float64)
            flux = np.array(row["flux"], dtype=np.float64).reshape(-1, wavelength.size)
            remaining_msun.extend(np.array(hdus["MREMAIN"].data, dtype=np.float64))
        spectra.extend(flux)
        names.extend(f"{prefix}{k}" for k in range(len(flux)))
    # Beyond 2.3 µm nothing falls into a band, even of Euclid: drop it, interpolation is faster on the rest.
    used = (wavelength > 900.0) & (wavelength < 23000.0)
    normal = (wavelength > 5500.0) & (wavelength < 6500.0)
    mean = np.array([spectrum[normal].mean() for spectrum in spectra])
    return GalaxyTemplates(
        names=tuple(names),
        wavelength_A=wavelength[used],
        f_lambda=np.array([spectrum[used] for spectrum in spectra]) / mean[:, None],
        mass_msun=np.array(remaining_msun) / mean,
    )


def read_ecsv(path: Path) -> Table:
    """Read a table with units; it is missing or cannot be read: UserError."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; run `dvc repro data.dvc` to bring the tables from catalogs/")
    try:
        return Table.read(path, format="ascii.ecsv")
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read as ECSV: {error}") from None


def column(table: Table, name: str, path: Path) -> Table.Column:
    """Return a column of a table that was read from ``path``; it is missing: UserError."""
    if name not in table.colnames:
        raise UserError(f"{path}: column {name} is missing")
    return table[name]


def floats(table: Table, name: str, path: Path) -> FloatArray:
    """Return a column of finite numbers; it is missing, or some are not finite: UserError."""
    values = np.array(column(table, name, path), dtype=np.float64)
    if not np.isfinite(values).all():
        raise UserError(
            f"{path}: column {name} holds {int((~np.isfinite(values)).sum())} value(s) that are not finite"
        )
    return values
