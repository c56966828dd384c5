"""From what was measured on noise-free images to the columns of the catalogue."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.lensing.caustics import einstein_area_arcsec2, n_critical_curves
from lensfinder.lensing.images import find_images
from lensfinder.sky.passbands import ab_magnitude
from lensfinder.surveys.euclid.params import Selection
from lensfinder.surveys.euclid.selection import assessable_labels
from lensfinder.surveys.euclid.simulation.camera import Camera
from lensfinder.surveys.euclid.simulation.render_compiled import Measures
from lensfinder.surveys.euclid.simulation.scenes import Scenes
from lensfinder.typing import BoolArray, FloatArray, IntArray

BRIGHT_MAGNIFICATION = 0.1
"""An image counts as one when it is brighter than a tenth of the unlensed source."""
_RAD2_PER_ARCSEC2 = (np.pi / 180 / 3600) ** 2


def complete_catalogue(
    catalogue: pd.DataFrame, scenes: Scenes, measures: Measures, camera: Camera, selection: Selection
) -> pd.DataFrame:
    """Fill in all columns that follow from lensing and imaging; rows and scenes are the same n objects.

    An object's main source is the one that is brightest after lensing; the columns that describe a source
    describe it.
    """
    filled = catalogue.copy()
    main = main_sources(scenes, measures.flux_of_source_ujy)
    has_source = main >= 0
    _describe_source(filled, scenes, main)
    lensed = np.zeros(len(filled), dtype=bool)
    lensed[has_source] = scenes.sources.theta_e_arcsec[main[has_source]] > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        magnification = measures.lensed_flux_ujy / measures.unlensed_flux_ujy
    filled["mag_eff"] = np.select([lensed, has_source], [magnification, 1.0], np.nan)
    filled["n_pix_source"] = np.where(has_source, measures.n_pix_source, 0.0)
    filled["source_flux"] = np.where(has_source, measures.source_flux_ujy, 0.0)
    filled["n_pix_lens"], filled["lens_flux"] = measures.n_pix_lens, measures.lens_flux_ujy
    filled["arc_snr"] = measures.arc_snr
    filled["ein_area"], filled["n_crit"] = np.nan, 0.0
    rows = np.flatnonzero(lensed)
    if rows.size:
        lens = scenes.lenses(main[rows])
        filled.loc[rows, "ein_area"] = einstein_area_arcsec2(lens) * _RAD2_PER_ARCSEC2
        filled.loc[rows, "n_crit"] = n_critical_curves(lens).astype(float)
    filled["n_source_im"] = _images_in_stamp(scenes, main, lensed, camera).astype(float)
    filled["label"] = assessable_labels(filled, selection)
    return filled


def main_sources(scenes: Scenes, flux_of_source_ujy: FloatArray) -> IntArray:
    """Source of each object that is brightest after lensing, of shape (n,); −1 where there is none."""
    owner = scenes.sources.owner
    main = np.full(len(scenes), -1)
    # Of the sources in order of rising flux, the last one that an object owns stays.
    order = np.argsort(flux_of_source_ujy, kind="stable")
    main[owner[order]] = order
    return main


def _describe_source(catalogue: pd.DataFrame, scenes: Scenes, main: IntArray) -> None:
    sources = scenes.sources
    has_source = main >= 0
    n_clumps = np.bincount(sources.clump_owner, minlength=len(sources.owner))
    flux = sources.disc_flux_ujy[:, 0] + np.bincount(
        sources.clump_owner, sources.clump_flux_ujy[:, 0], minlength=len(sources.owner)
    )
    for column, values in (
        ("z_source", sources.z),
        ("mag_source", ab_magnitude(flux)),
        ("theta_e_arcsec", sources.theta_e_arcsec),
        ("source_x_arcsec", sources.x_arcsec),
        ("source_y_arcsec", sources.y_arcsec),
        ("source_r_eff_arcsec", sources.r_eff_arcsec),
        ("n_clumps", n_clumps.astype(float)),
    ):
        described = np.full(len(main), np.nan)
        described[has_source] = values[main[has_source]]
        catalogue[column] = described


def _images_in_stamp(scenes: Scenes, main: IntArray, lensed: BoolArray, camera: Camera) -> IntArray:
    """Bright images of the main source's centre that lie in the stamp, of shape (n,)."""
    number = np.zeros(len(main), dtype=np.int64)
    half = 0.5 * camera.vis_pixels * camera.vis_scale_arcsec
    mass, sources = scenes.mass, scenes.sources
    rows = np.flatnonzero(lensed)
    if rows.size:
        k = main[rows]
        images = find_images(scenes.lenses(k), sources.x_arcsec[k], sources.y_arcsec[k])
        x, y = images.x_arcsec + mass.x_arcsec[rows, None], images.y_arcsec + mass.y_arcsec[rows, None]
        seen = (np.abs(images.magnification) > BRIGHT_MAGNIFICATION) & (np.abs(x) < half) & (np.abs(y) < half)
        number[rows] = seen.sum(axis=1)
    rows = np.flatnonzero(~lensed & (main >= 0))
    x, y = (
        sources.x_arcsec[main[rows]] + mass.x_arcsec[rows],
        sources.y_arcsec[main[rows]] + mass.y_arcsec[rows],
    )
    number[rows] = (np.abs(x) < half) & (np.abs(y) < half)
    return number
