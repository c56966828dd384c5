"""What is expected of the hard negatives: none is a lens, and none shares anything with training or test."""

from __future__ import annotations

import numpy as np
import pandas as pd
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import between, finite, known, one_of, row_count, unique
from lensfinder.gate.expectations import Suite
from lensfinder.gate.image_checks import arrays_suite
from lensfinder.gate.image_facts import Rows, image_facts
from lensfinder.gate.tables import arrays_table, images_table, named
from lensfinder.studies.hard_negatives.columns import PARTS
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS, HardNegatives
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.suites.suites import image_arrays, images_suite
from lensfinder.surveys.jpas.suites.tables import sums_error

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
    facts = {name: image_facts(array, n) for name, array in arrays.items()}
    errors = sums_error(cubes, pseudo_spectra, n, seed)
    return {
        "impostors": table,
        "arrays": arrays_table(arrays),
        "images": images_table(table[["object_id", "kind"]], facts, errors),
    }


def hard_negative_suites(jpas: Jpas, n_bands: int) -> list[Suite]:
    """Return what must hold before the models are asked."""
    arrays = image_arrays(jpas, n_bands)
    return [
        impostors_suite(jpas),
        arrays_suite(arrays, jpas.study(HardNegatives).counts.total),
        Suite("images", ("object_id", "kind"), images_suite(arrays).expectations, {}),
    ]


def impostors_suite(jpas: Jpas) -> Suite:
    """Return what is expected of the catalogue of hard negatives."""
    counts, limits = jpas.study(HardNegatives).counts, jpas.systems.quasar_r_mag_observed
    thresholds = {
        **{kind: counts.of(kind) for kind in IMPOSTOR_KINDS},
        "reach_max": jpas.observation.half_width_arcsec,
        "r_mag_min": limits.low,
        "r_mag_max": limits.high,
    }
    present = "all numbers that every object has are there and finite"
    cut = "stars and quasars pass the cut on the magnitude of all quasar images"
    points = Column("kind").is_in(list(WITH_MAGNITUDE_CUT))
    expectations = [
        unique("object_id_unique", "no two objects have the same name"),
        one_of("label_zero", "no hard negative is a lens: its label is 0", "label", [0]),
        known("kind", IMPOSTOR_KINDS),
        *(
            one_of(
                f"{name}_not_shared",
                f"no {name} is in training, validation or test",
                f"{name}_shared",
                [False],
            )
            for name in NAMES
        ),
        *(
            row_count(
                f"count_{kind}",
                f"there are {counts.of(kind)} of the kind {kind}, as declared",
                kind,
                Column("kind") == kind,
            )
            for kind in IMPOSTOR_KINDS
        ),
        finite("numbers_present", present, ALWAYS_FINITE),
        between("inside_stamp", "both parts lie inside the stamp", "reach_arcsec", high="reach_max"),
        between("magnitude_cut", cut, "mimic_r_mag", low="r_mag_min", high="r_mag_max", where=points),
    ]
    return Suite("impostors", ("object_id", "kind", "tile"), tuple(expectations), thresholds)
