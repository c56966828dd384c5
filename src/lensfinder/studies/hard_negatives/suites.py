"""What is expected of the hard negatives: none is a lens, and none shares anything with training or test."""

from __future__ import annotations

import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import ExpectColumnsToBeFinite, Suite, about, threshold
from lensfinder.gate.image_checks import ImageArray, arrays_suite
from lensfinder.gate.image_facts import Rows, comparable, image_facts, pseudo_spectra_error, sample_rows
from lensfinder.gate.tables import arrays_table, images_table, named
from lensfinder.params import IMPOSTOR_KINDS, Jpas
from lensfinder.studies.hard_negatives.columns import PARTS
from lensfinder.surveys.jpas.suites.suites import images_suite
from lensfinder.surveys.jpas.suites.tables import COMPARED_OBJECTS

NAMES = ("object_id", "tile", "galaxy_id", "spectrum_id")
"""What the set shares with no other."""

ALWAYS_FINITE = (
    "theta_e_arcsec",
    "separation_arcsec",
    "mimic_r_mag",
    "snr_median",
    "psf_fwhm_median_arcsec",
    *(f"part_{i}_{name}" for i in PARTS for name in ("r_mag", "x_arcsec", "y_arcsec")),
)
WITH_MAGNITUDE_CUT = ("star_near_galaxy", "two_stars", "quasar_pair")
"""Kinds in which point sources stand for quasar images: they pass the quasars' own cut."""


def hard_negative_tables(
    impostors: pd.DataFrame, catalogue: pd.DataFrame, cubes: Rows, pseudo_spectra: Rows, seed: int
) -> dict[str, pd.DataFrame]:
    """Make the tables that :func:`hard_negative_suites` looks at; reads every image once.

    ``catalogue`` is that of training and test. New columns of ``impostors``: ``<name>_shared`` for each of
    :data:`NAMES`, and ``reach_arcsec``, the largest distance of a part from the stamp's centre along x or y.
    """
    table = named(impostors)
    shared = {f"{name}_shared": table[name].isin(set(catalogue[name]) - {""}) for name in NAMES}
    places = [f"part_{i}_{axis}_arcsec" for i in PARTS for axis in "xy"]
    table = table.assign(**shared, reach_arcsec=np.abs(impostors[places].to_numpy()).max(axis=1))
    arrays = {"cubes": cubes, "pseudo_spectra": pseudo_spectra}
    n = len(impostors)
    error = np.full(n, np.nan)
    if comparable(cubes, pseudo_spectra):
        rows = sample_rows(min(n, cubes.shape[0], pseudo_spectra.shape[0]), COMPARED_OBJECTS, seed)
        error[rows] = pseudo_spectra_error(cubes, pseudo_spectra, rows)
    facts = {name: image_facts(array, n) for name, array in arrays.items()}
    return {
        "impostors": table,
        "arrays": arrays_table(arrays),
        "images": images_table(table[["object_id", "kind"]], facts, {"pseudo_spectra_error": error}),
    }


def hard_negative_suites(jpas: Jpas, n_bands: int) -> list[Suite]:
    """Return what must hold before the models are asked."""
    pixels = jpas.observation.stamp_pixels
    arrays = [
        ImageArray("cubes", "cube", (pixels, pixels, n_bands)),
        ImageArray("pseudo_spectra", "pair of pseudo-spectra", (2, n_bands, pixels)),
    ]
    return [
        impostors_suite(jpas),
        arrays_suite(arrays, jpas.hard_negatives.counts.total),
        Suite("images", ("object_id", "kind"), images_suite(arrays).expectations, {}),
    ]


def impostors_suite(jpas: Jpas) -> Suite:
    """Return what is expected of the catalogue of hard negatives."""
    counts, limits = jpas.hard_negatives.counts, jpas.systems.quasar_r_mag_observed
    half_width = 0.5 * jpas.observation.stamp_pixels * jpas.observation.pixel_scale_arcsec
    thresholds = {
        **{kind: counts.of(kind) for kind in IMPOSTOR_KINDS},
        "reach_max": half_width - jpas.systems.companion_margin_arcsec,
        "r_mag_min": limits.low,
        "r_mag_max": limits.high,
    }
    alone = [
        gxe.ExpectColumnValuesToBeInSet(
            column=f"{name}_shared",
            value_set=[False],
            **about(f"{name}_not_shared", f"no {name} is in training, validation or test"),
        )
        for name in NAMES
    ]
    sized = [
        gxe.ExpectTableRowCountToEqual(
            value=threshold(kind),
            row_condition=Column("kind") == kind,
            **about(f"count_{kind}", f"there are {counts.of(kind)} of the kind {kind}, as declared"),
        )
        for kind in IMPOSTOR_KINDS
    ]
    expectations = [
        gxe.ExpectColumnValuesToBeUnique(
            column="object_id", **about("object_id_unique", "no two objects have the same name")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="label", value_set=[0], **about("label_zero", "no hard negative is a lens: its label is 0")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="kind",
            value_set=list(IMPOSTOR_KINDS),
            **about("kind_known", f"the kind is one of {', '.join(IMPOSTOR_KINDS)}"),
        ),
        *alone,
        *sized,
        ExpectColumnsToBeFinite(
            column_list=list(ALWAYS_FINITE),
            **about("numbers_present", "all numbers that every object has are there and finite"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="reach_arcsec",
            max_value=threshold("reach_max"),
            **about("inside_stamp", "both parts lie inside the stamp by the margin"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="mimic_r_mag",
            min_value=threshold("r_mag_min"),
            max_value=threshold("r_mag_max"),
            row_condition=Column("kind").is_in(list(WITH_MAGNITUDE_CUT)),
            **about("magnitude_cut", "stars and quasars pass the cut on the magnitude of all quasar images"),
        ),
    ]
    return Suite("impostors", ("object_id", "kind", "tile"), tuple(expectations), thresholds)
