"""Tables of a J-PAS dataset for the gate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.gate.image_facts import Rows, comparable, image_facts, pseudo_spectra_error, sample_rows
from lensfinder.gate.tables import arrays_table, beside_catalogue, images_table, named, times_used
from lensfinder.sky.passbands import FilterSet, flux_of_magnitude_ujy
from lensfinder.surveys.jpas.columns import IMAGES_MAX
from lensfinder.surveys.jpas.suites.shortcuts import jpas_shortcuts
from lensfinder.typing import FloatArray

SPLIT_ATTRIBUTES = ("object_id", "label", "kind", "tile")
"""Columns of the splits that repeat the catalogue's."""

CATALOGUE_LINKS = ("sample", "galaxy_id", "quasar_id")
"""Columns of the catalogue that decide into which part an object may go."""

COMPARED_OBJECTS = 256
"""Pseudo-spectra that are compared with the sums of their cubes."""


R_BANDS_STEP = 3
"""Of the bands inside rSDSS every so many are added up: enough to know how bright a cube is, and fast."""

BORDER_PART = 8
"""This part of a stamp is left out at each side when light is added up: a star just outside shines there."""


def r_bands(filters: FilterSet) -> slice:
    """Return the bands of a cube, in the order of their wavelengths, that stand for rSDSS."""
    cube, r = filters.cube(), filters.names.index("rSDSS")
    offset = np.abs(cube.wavelength_mean_A - filters.wavelength_mean_A[r])
    inside = np.flatnonzero(offset < filters.fwhm_A[r] / 2)
    return slice(int(inside[0]), int(inside[-1]) + 1, R_BANDS_STEP)


def jpas_tables(
    catalogue: pd.DataFrame,
    splits: pd.DataFrame,
    cubes: Rows,
    pseudo_spectra: Rows,
    light_bands: slice,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Make all tables of a J-PAS dataset; reads every image once.

    Parameters
    ----------
    light_bands
        Result of :func:`r_bands`.
    seed
        Chooses the :data:`COMPARED_OBJECTS` whose pseudo-spectra are compared with their cubes.
    """
    arrays = {"cubes": cubes, "pseudo_spectra": pseudo_spectra}
    n_objects = len(catalogue)
    border = cubes.shape[1] // BORDER_PART if len(cubes.shape) > 1 else 0
    inner = slice(border, -border or None)
    light = (inner, inner, light_bands)
    facts = {
        "cubes": image_facts(cubes, n_objects, light),
        "pseudo_spectra": image_facts(pseudo_spectra, n_objects),
    }
    names = named(catalogue)
    parts = named(splits).drop_duplicates("object_id").set_index("object_id")["part"]
    objects = names[["object_id", "kind"]].assign(part=names["object_id"].map(parts).fillna(""))
    coverage = names[["object_id", "sample", "kind", "tile"]]
    errors = sums_error(cubes, pseudo_spectra, n_objects, seed) | brightness(names, facts["cubes"])
    images = images_table(objects, facts, errors)
    return {
        "catalogue": catalogue_table(catalogue),
        "splits": beside_catalogue(splits, catalogue, SPLIT_ATTRIBUTES, CATALOGUE_LINKS),
        "coverage": coverage.assign(times_in_splits=times_used(coverage, splits)),
        "arrays": arrays_table(arrays),
        "images": images,
        "shortcuts": jpas_shortcuts(names, images),
    }


def brightness(catalogue: pd.DataFrame, cubes: pd.DataFrame) -> dict[str, FloatArray]:
    """Compare the light in the inner part of each cube with the catalogue, give or take 5σ of the noise.

    Columns ``cubes_light_min`` (the most light that it may have, over that of galaxy and quasar in rSDSS) and
    ``cubes_light_max`` (the least, over that of galaxy, quasar and neighbours, each as bright as the
    brightest).
    """
    own = _flux_ujy(catalogue["galaxy_r_mag"]) + _flux_ujy(catalogue["quasar_r_mag_observed"])
    most = own + catalogue["n_neighbours"].to_numpy() * _flux_ujy(catalogue["neighbour_r_mag"])
    flux, noise = cubes["flux"].to_numpy(), 5 * cubes["flux_error"].to_numpy()
    return {"cubes_light_min": (flux + noise) / own, "cubes_light_max": (flux - noise) / most}


def _flux_ujy(mag: pd.Series[float]) -> FloatArray:
    """Flux of an AB magnitude; 0 of none."""
    return np.nan_to_num(flux_of_magnitude_ujy(mag.to_numpy(dtype=np.float64)))


def sums_error(cubes: Rows, pseudo_spectra: Rows, n_objects: int, seed: int) -> dict[str, FloatArray]:
    """Compare pseudo-spectra with their cubes: column ``pseudo_spectra_error``, NaN of all not drawn."""
    error = np.full(n_objects, np.nan)
    if comparable(cubes, pseudo_spectra):
        rows = sample_rows(min(n_objects, cubes.shape[0], pseudo_spectra.shape[0]), COMPARED_OBJECTS, seed)
        error[rows] = pseudo_spectra_error(cubes, pseudo_spectra, rows)
    return {"pseudo_spectra_error": error}


def catalogue_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Add to the catalogue what follows from several of its columns.

    New columns: ``n_images_listed`` (images with a position), ``image_reach_arcsec`` (largest distance from
    the stamp's centre along x or y), ``magnification_error`` (relative difference between ``magnification``
    and Σ|μ| of the images listed) and ``separation_error_arcsec`` (between the separation of a pair and the
    distance of its two positions). A missing name becomes "".
    """
    table = named(catalogue)
    x = _image_columns(catalogue, "x_arcsec")
    y = _image_columns(catalogue, "y_arcsec")
    reach = np.fmax(np.abs(x), np.abs(y))
    table["n_images_listed"] = (np.isfinite(x) & np.isfinite(y)).sum(axis=1)
    table["image_reach_arcsec"] = np.fmax.reduce(reach, axis=1)
    total = np.nansum(np.abs(_image_columns(catalogue, "magnification")), axis=1)
    table["magnification_error"] = (table["magnification"] / total - 1).abs()
    table["separation_error_arcsec"] = (
        table["separation_arcsec"]
        - np.hypot(table["galaxy_x_arcsec"] - x[:, 0], table["galaxy_y_arcsec"] - y[:, 0])
    ).abs()
    return table


def _image_columns(catalogue: pd.DataFrame, name: str) -> FloatArray:
    columns = [f"image_{i}_{name}" for i in range(1, IMAGES_MAX + 1)]
    values: FloatArray = catalogue[columns].to_numpy(dtype=np.float64)
    return values
